// Products of vectors, matrices and tensors. All are sums of products over labelled axes (contract.ts), so each is one dot
// product, whose gradient is one too. Axes that broadcast are never repeated in memory.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import type { DType } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { normalizeAxes, range, showShape } from "../core/shape.js";
import { mul } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { moveAxis, reshape } from "../ops/layout.js";
import { contract, countingBool, inOrder } from "./contract.js";
import { checkOptions } from "../core/options.js";
import { promote } from "./promote.js";

/** Options of products. */
export interface ProductOptions {
  /** The dtype to sum in: int32 for int8 and uint8; the operands' own if not given. */
  readonly preferredElementType?: DType;
}

const multiplied = (
  op: string,
  x: ArrayLike,
  y: ArrayLike,
  { preferredElementType }: ProductOptions,
  product: (x: NDArray, y: NDArray, preferred: DType | undefined) => NDArray,
): NDArray => countingBool(promote(op, x, y), ([a, b]) => product(a, b, preferredElementType));

/** The product with the labels `x` and `y` of the operands' axes; the axes of the result are `out`. */
function product(
  x: NDArray,
  xLabels: readonly string[],
  y: NDArray,
  yLabels: readonly string[],
  out: readonly string[],
  preferred?: DType,
): NDArray {
  const kept = new Set(out);
  return inOrder(
    contract({ array: x, labels: xLabels }, { array: y, labels: yLabels }, (label) => kept.has(label), preferred),
    out,
  );
}

function checkNotScalar(op: string, ...xs: readonly NDArray[]): void {
  if (xs.every((x) => x.ndim > 0)) return;
  throw new ShapeError({
    op,
    expected: "arrays with at least one axis",
    received: xs.map((x) => showAval(x.aval)).join(" and "),
    remedy: "multiply by a scalar with x.mul(s)",
  });
}

function checkPaired(op: string, x: NDArray, xAxis: number, y: NDArray, yAxis: number): void {
  if (x.shape[xAxis] === y.shape[yAxis]) return;
  throw new ShapeError({
    op,
    expected: `axis ${xAxis} of the first array and axis ${yAxis} of the second to have one size`,
    received: `${x.shape[xAxis]} and ${y.shape[yAxis]}, in ${showAval(x.aval)} and ${showAval(y.aval)}`,
    remedy: "transpose or reshape one of them so that the sizes agree",
  });
}

/** Labels of leading axes that broadcast: numbered from the last, so that they line up. */
const batchLabels = (count: number): string[] => range(0, count).map((k) => `batch${count - 1 - k}`);

function checkBatch(op: string, x: NDArray, xCore: number, y: NDArray, yCore: number): void {
  const [xEnd, yEnd] = [x.ndim - xCore, y.ndim - yCore];
  for (let k = 1; k <= Math.min(xEnd, yEnd); k++) {
    const [m, n] = [x.shape[xEnd - k], y.shape[yEnd - k]];
    if (m === n || m === 1 || n === 1) continue;
    throw new ShapeError({
      op,
      expected: `leading axes that broadcast: sizes equal or 1 at axis ${xEnd - k} of the first array and axis ${yEnd - k} of the second`,
      received: `${m} and ${n}, in ${showAval(x.aval)} and ${showAval(y.aval)}`,
      remedy: "reshape or expandDims one of them so that the leading axes line up",
    });
  }
}

/** A product of the trailing axes, labelled `xCore` and `yCore`; leading axes broadcast. The label `k` is contracted. */
function stacked(
  op: string,
  x: NDArray,
  xCore: readonly string[],
  y: NDArray,
  yCore: readonly string[],
  preferred: DType | undefined,
): NDArray {
  const [xLead, yLead] = [x.ndim - xCore.length, y.ndim - yCore.length];
  checkPaired(op, x, xLead + xCore.indexOf("k"), y, yLead + yCore.indexOf("k"));
  checkBatch(op, x, xCore.length, y, yCore.length);
  const core = [...xCore, ...yCore].filter((label) => label !== "k");
  const out = [...batchLabels(Math.max(xLead, yLead)), ...core];
  return product(x, [...batchLabels(xLead), ...xCore], y, [...batchLabels(yLead), ...yCore], out, preferred);
}

/**
 * The matrix product `[…, n, k] · […, k, m] → […, n, m]`. Leading axes broadcast; an operand of one axis is a row on the
 * left, a column on the right, and its axis disappears from the result.
 *
 * @throws ShapeError for scalars, and when sizes do not fit, naming the axes.
 * @example np.matmul(np.array([[1, 2], [3, 4]]), np.array([1, 1])) // [3, 7]
 */
export function matmul(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("matmul", options, ["preferredElementType"]);
  return multiplied("matmul", x, y, options, (a, b, preferred) => {
    checkNotScalar("matmul", a, b);
    return stacked("matmul", a, a.ndim === 1 ? ["k"] : ["n", "k"], b, b.ndim === 1 ? ["k"] : ["k", "m"], preferred);
  });
}

/**
 * Matrices by vectors: `[…, n, k] · […, k] → […, n]`. Leading axes broadcast.
 *
 * @throws ShapeError unless the first has two axes or more, the second one or more, and sizes fit.
 * @example np.matvec(np.ones([2, 3]), np.ones([5, 3])).shape // [5, 2]
 */
export function matvec(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("matvec", options, ["preferredElementType"]);
  return multiplied("matvec", x, y, options, (a, b, preferred) => {
    checkMatrix("matvec", a, b, a);
    return stacked("matvec", a, ["n", "k"], b, ["k"], preferred);
  });
}

/**
 * Vectors by matrices: `[…, k] · […, k, m] → […, m]`. Leading axes broadcast.
 *
 * @throws ShapeError unless the first has one axis or more, the second two or more, and sizes fit.
 * @example np.vecmat(np.ones([5, 3]), np.ones([3, 2])).shape // [5, 2]
 */
export function vecmat(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("vecmat", options, ["preferredElementType"]);
  return multiplied("vecmat", x, y, options, (a, b, preferred) => {
    checkMatrix("vecmat", a, b, b);
    return stacked("vecmat", a, ["k"], b, ["k", "m"], preferred);
  });
}

function checkMatrix(op: string, x: NDArray, y: NDArray, matrix: NDArray): void {
  checkNotScalar(op, x, y);
  if (matrix.ndim >= 2) return;
  throw new ShapeError({
    op,
    expected: `a matrix on the ${matrix === x ? "left" : "right"}: at least two axes`,
    received: showAval(matrix.aval),
    remedy: "use np.vecdot for the product of two vectors",
  });
}

/** Options of `vecdot`. */
export interface VecdotOptions extends ProductOptions {
  /** The axis to contract; the last by default. */
  readonly axis?: number;
}

/**
 * The dot product of vectors along an axis: `[…, k] · […, k] → […]`. Leading axes broadcast.
 *
 * @throws ShapeError for scalars, and when sizes do not fit.
 * @example np.vecdot(np.array([[1, 2], [3, 4]]), np.array([1, 1])) // [3, 7]
 */
export function vecdot(x: ArrayLike, y: ArrayLike, options: VecdotOptions = {}): NDArray {
  checkOptions("vecdot", options, ["axis", "preferredElementType"]);
  const { axis = -1 } = options;
  return multiplied("vecdot", x, y, options, (a, b, preferred) => {
    checkNotScalar("vecdot", a, b);
    return stacked("vecdot", moveAxis(a, axis, -1), ["k"], moveAxis(b, axis, -1), ["k"], preferred);
  });
}

/** The product over pairs of axes; what is left of the first comes before what is left of the second. */
function contractAxes(op: string, x: NDArray, xAxes: readonly number[], y: NDArray, yAxes: readonly number[], preferred?: DType): NDArray {
  xAxes.forEach((axis, k) => checkPaired(op, x, axis, y, yAxes[k]));
  const labels = (z: NDArray, prefix: string, axes: readonly number[]): string[] =>
    range(0, z.ndim).map((axis) => (axes.includes(axis) ? `k${axes.indexOf(axis)}` : `${prefix}${axis}`));
  const [xLabels, yLabels] = [labels(x, "x", xAxes), labels(y, "y", yAxes)];
  const out = [...xLabels, ...yLabels].filter((label) => !label.startsWith("k"));
  return product(x, xLabels, y, yLabels, out, preferred);
}

/** Multiplication by a scalar, in the dtype that a product is asked to sum in. */
function scaled(x: NDArray, y: NDArray, preferred: DType | undefined): NDArray {
  const [a, b] = [x, y].map((z) => convertElementType(z, preferred ?? z.dtype));
  return mul(a, b);
}

/**
 * NumPy's `dot`: the last axis of `x` contracted with the last but one of `y` (its only one if it has one axis); with a
 * scalar, multiplication. `np.matmul` broadcasts leading axes instead.
 *
 * @throws ShapeError when the contracted axes differ in size.
 * @example np.dot(np.array([1, 2, 3]), np.array([4, 5, 6])) // 32
 */
export function dot(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("dot", options, ["preferredElementType"]);
  return multiplied("dot", x, y, options, (a, b, preferred) =>
    a.ndim === 0 || b.ndim === 0 ? scaled(a, b, preferred) : contractAxes("dot", a, [a.ndim - 1], b, [Math.max(0, b.ndim - 2)], preferred),
  );
}

const flat = (x: NDArray): NDArray => reshape(x, [x.size]);

/**
 * The sum of the products of all elements of `x` and `y`, flattened: a scalar.
 *
 * @throws ShapeError when they differ in their number of elements.
 * @example np.vdot(np.array([[1, 2], [3, 4]]), np.array([[1, 1], [1, 1]])) // 10
 */
export function vdot(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("vdot", options, ["preferredElementType"]);
  return multiplied("vdot", x, y, options, (a, b, preferred) => contractAxes("vdot", flat(a), [0], flat(b), [0], preferred));
}

/**
 * The product over the last axes of `x` and `y`: `[…, k] · [+++, k] → […, +++]`; with a scalar, multiplication.
 *
 * @throws ShapeError when the last axes differ in size.
 * @example np.inner(np.ones([2, 3]), np.ones([4, 3])).shape // [2, 4]
 */
export function inner(x: ArrayLike, y: ArrayLike, options: ProductOptions = {}): NDArray {
  checkOptions("inner", options, ["preferredElementType"]);
  return multiplied("inner", x, y, options, (a, b, preferred) =>
    a.ndim === 0 || b.ndim === 0 ? scaled(a, b, preferred) : contractAxes("inner", a, [a.ndim - 1], b, [b.ndim - 1], preferred),
  );
}

/**
 * All products of an element of `x` with one of `y`, both flattened: `[n] ⊗ [m] → [n, m]`.
 *
 * @example np.outer(np.array([1, 2]), np.array([3, 4])) // [[3, 4], [6, 8]]
 */
export const outer = (x: ArrayLike, y: ArrayLike): NDArray =>
  multiplied("outer", x, y, {}, (a, b) => contractAxes("outer", flat(a), [], flat(b), []));

/** How many axes to contract, or which of each operand. */
export type TensordotAxes = number | readonly [number | readonly number[], number | readonly number[]];

function tensordotAxes(x: NDArray, y: NDArray, axes: TensordotAxes): [number[], number[]] {
  if (typeof axes === "number") {
    const valid = Number.isInteger(axes) && axes >= 0 && axes <= Math.min(x.ndim, y.ndim);
    if (valid) return [range(x.ndim - axes, x.ndim), range(0, axes)];
    throw new ShapeError({
      op: "tensordot",
      expected: `a number of axes from 0 to ${Math.min(x.ndim, y.ndim)}`,
      received: `${axes}, for ${showAval(x.aval)} and ${showAval(y.aval)}`,
      remedy: "contract no more axes than both operands have",
    });
  }
  const [xAxes, yAxes] = [normalizeAxes(axes[0], x.ndim, "tensordot"), normalizeAxes(axes[1], y.ndim, "tensordot")];
  if (xAxes.length === yAxes.length) return [xAxes, yAxes];
  throw new ShapeError({
    op: "tensordot",
    expected: "as many axes of the first array as of the second",
    received: `${showShape(xAxes)} and ${showShape(yAxes)}`,
    remedy: "pair each axis of one with an axis of the other",
  });
}

/**
 * The product over several axes: the last `axes` of `x` with the first of `y`, or the pairs that two lists name. The result
 * has the axes left of `x`, then those left of `y`.
 *
 * @throws ShapeError when the axes do not exist, pair up, or agree in size.
 * @example np.tensordot(np.ones([2, 3, 4]), np.ones([4, 3, 5]), [[1, 2], [1, 0]]).shape // [2, 5]
 */
export function tensordot(x: ArrayLike, y: ArrayLike, axes: TensordotAxes = 2, options: ProductOptions = {}): NDArray {
  checkOptions("tensordot", options, ["preferredElementType"]);
  return multiplied("tensordot", x, y, options, (a, b, preferred) => {
    const [xAxes, yAxes] = tensordotAxes(a, b, axes);
    return contractAxes("tensordot", a, xAxes, b, yAxes, preferred);
  });
}

/**
 * The Kronecker product: `x` with each element replaced by its product with all of `y`; axis sizes multiply.
 *
 * @example np.kron(np.array([1, 10]), np.array([1, 2])) // [1, 2, 10, 20]
 */
export function kron(x: ArrayLike, y: ArrayLike): NDArray {
  return multiplied("kron", x, y, {}, (a, b) => {
    const ndim = Math.max(a.ndim, b.ndim);
    const [p, q] = [a, b].map((z) => reshape(z, [...new Array<number>(ndim - z.ndim).fill(1), ...z.shape]));
    const interleaved = range(0, ndim).flatMap((axis) => [`x${axis}`, `y${axis}`]);
    const even = interleaved.filter((_, k) => k % 2 === 0);
    const odd = interleaved.filter((_, k) => k % 2 === 1);
    const all = product(p, even, q, odd, interleaved);
    return reshape(
      all,
      p.shape.map((n, axis) => n * q.shape[axis]),
    );
  });
}
