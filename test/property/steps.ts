// The steps of random programs: each picks operands that fit among the values there are, by numbers that the program
// holds, and gives a new value; where none fits it gives nothing. Values stay moderate, so that every derivative is finite.

import { type NDArray, scalar } from "../../src/core/array.js";
import { type DType, isFloat } from "../../src/core/dtype.js";
import { sameShape } from "../../src/core/shape.js";
import * as np from "../../src/numpy/index.js";
import { abs, add, max, min, mul, neg, square, sub } from "../../src/ops/arithmetic.js";
import { bitAnd, bitNot, bitOr, bitXor } from "../../src/ops/bitwise.js";
import { eq, ge, lt } from "../../src/ops/compare.js";
import { convertElementType } from "../../src/ops/convert.js";
import { cumlogsumexp, cummax, cumprod, cumsum } from "../../src/ops/cumulative.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { dynamicSlice, dynamicUpdateSlice } from "../../src/ops/dynamic.js";
import { logistic, sqrt } from "../../src/ops/exponential.js";
import { gather, scatterAdd } from "../../src/ops/gather.js";
import { broadcastInDim, reshape, reverse, transpose } from "../../src/ops/layout.js";
import { argmax, reduceMax, reduceProd, reduceSum } from "../../src/ops/reduce.js";
import { clamp, select } from "../../src/ops/select.js";
import { concatenate, pad, sliceInDim } from "../../src/ops/slice.js";
import { sort } from "../../src/ops/sort.js";
import { stopGradient } from "../../src/ops/stop.js";
import { cos, sin, tanh } from "../../src/ops/trigonometric.js";
import { reduceWindow } from "../../src/ops/window.js";
import { checkpoint } from "../../src/transform/checkpoint.js";
import { jvp } from "../../src/transform/forward.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { vmap } from "../../src/transform/vmap.js";

/** Chooses among the values of a program by the numbers of a step, one after the other. */
export class Picker {
  #next = 0;

  constructor(
    readonly values: readonly NDArray[],
    readonly numbers: readonly number[],
  ) {}

  number(below: number): number {
    return this.numbers[this.#next++ % this.numbers.length] % below;
  }

  /** A value that fits; newer ones first, since small numbers pick them. Throws `Nothing` where there is none. */
  value(fits: (x: NDArray) => boolean): NDArray {
    const candidates = this.values.filter(fits).toReversed();
    if (candidates.length === 0) throw new Nothing();
    return candidates[this.number(candidates.length)];
  }

  axis(x: NDArray): number {
    return this.number(x.ndim);
  }
}

/** No operand fits: the step is left out. */
export class Nothing extends Error {}

const float = (x: NDArray): boolean => isFloat(x.dtype);
const number = (x: NDArray): boolean => x.dtype !== "bool";
const bool = (x: NDArray): boolean => x.dtype === "bool";
const shaped = (x: NDArray): boolean => x.ndim > 0;
const both =
  (...tests: readonly ((x: NDArray) => boolean)[]) =>
  (x: NDArray): boolean =>
    tests.every((test) => test(x));
const like =
  (y: NDArray) =>
  (x: NDArray): boolean =>
    x.dtype === y.dtype && sameShape(x.shape, y.shape);
const beside =
  (y: NDArray) =>
  (x: NDArray): boolean =>
    x.dtype === y.dtype && (x.ndim === 0 || sameShape(x.shape, y.shape));
const ofDType =
  (dtype: DType) =>
  (x: NDArray): boolean =>
    x.dtype === dtype;

/** A float within −1 … 1; integers as they are. */
const bounded = (x: NDArray): NDArray => (float(x) ? sin(x) : x);

const unary =
  (f: (x: NDArray) => NDArray, fits: (x: NDArray) => boolean) =>
  (p: Picker): NDArray =>
    f(p.value(fits));
const binary =
  (f: (x: NDArray, y: NDArray) => NDArray, fits: (x: NDArray) => boolean) =>
  (p: Picker): NDArray => {
    const x = p.value(fits);
    return f(x, p.value(beside(x)));
  };
const along =
  (f: (x: NDArray, axis: number) => NDArray, fits: (x: NDArray) => boolean) =>
  (p: Picker): NDArray => {
    const x = p.value(both(shaped, fits, (y) => y.size > 0));
    return f(x, p.axis(x));
  };

/** Rows of `x` at the positions in a vector. */
const takeRows = (x: NDArray, positions: NDArray): NDArray =>
  gather(
    x,
    reshape(positions, [positions.size, 1]),
    { offsetDims: x.shape.slice(1).map((_, k) => k + 1), collapsedSliceDims: [0], startIndexMap: [0] },
    [1, ...x.shape.slice(1)],
    { mode: "clip" },
  );

const addRows = (x: NDArray, positions: NDArray): NDArray =>
  scatterAdd(
    x,
    reshape(positions, [positions.size, 1]),
    broadcastInDim(
      bounded(sliceInDim(x, 0, 1)),
      [positions.size, ...x.shape.slice(1)],
      x.shape.map((_, k) => k),
    ),
    { updateWindowDims: x.shape.slice(1).map((_, k) => k + 1), insertedWindowDims: [0], scatterDimsToOperandDims: [0] },
    { mode: "fill" },
  );

const indexed =
  (f: (x: NDArray, positions: NDArray) => NDArray, fits: (x: NDArray) => boolean) =>
  (p: Picker): NDArray => {
    const x = p.value(both(shaped, fits, (y) => y.shape[0] > 0));
    return f(x, p.value(both(ofDType("int32"), (y) => y.ndim === 1)));
  };

const converted =
  (dtypes: readonly DType[]) =>
  (p: Picker): NDArray => {
    const x = p.value(() => true);
    const target = dtypes[p.number(dtypes.length)];
    // A float is moved off the integers by a tenth, so that rounding decides nothing.
    return convertElementType(float(x) && !isFloat(target) ? clamp(scalar(-100, x.dtype), x, scalar(100, x.dtype)) : x, target);
  };

const matrixProduct = (p: Picker): NDArray => {
  const x = p.value(both(shaped, number));
  const y = p.value(both(ofDType(x.dtype), shaped, (z) => z.shape[0] === x.shape[x.ndim - 1]));
  return dotGeneral(x, bounded(y), [
    [[x.ndim - 1], [0]],
    [[], []],
  ]);
};

const chosen = (p: Picker): NDArray => {
  const which = p.value(bool);
  const x = p.value((y) => which.ndim === 0 || sameShape(y.shape, which.shape));
  return select(which, x, p.value(beside(x)));
};

const dynamicRow = (p: Picker): NDArray => {
  const x = p.value(both(shaped, (y) => y.shape[0] > 0));
  const start = p.value(both(ofDType("int32"), (y) => y.ndim === 0));
  const row = dynamicSlice(x, [start, ...x.shape.slice(1).map(() => 0)], x.shape.with(0, 1));
  return dynamicUpdateSlice(
    x,
    row,
    x.shape.map(() => 0),
  );
};

const stretched = (p: Picker): NDArray => {
  const x = p.value((y) => y.ndim < 3);
  const at = p.number(x.ndim + 1);
  return broadcastInDim(
    x,
    x.shape.toSpliced(at, 0, 1 + p.number(3)),
    x.shape.map((_, k) => (k < at ? k : k + 1)),
  );
};

const padded = along((x, axis) => {
  const config = x.shape.map((_, k) => (k === axis ? ([1, -1, 1] as const) : ([0, 0, 0] as const)));
  return pad(x, scalar(0, x.dtype), config);
}, number);

const windowed =
  (kind: "sum" | "max") =>
  (p: Picker): NDArray => {
    const x = p.value(both(shaped, float, (y) => y.size > 0));
    const axis = p.axis(x);
    const windowDimensions = x.shape.map((n, k) => (k === axis ? Math.min(2, n) : 1));
    return reduceWindow(x, kind, { windowDimensions, padding: "VALID" });
  };

const inner = (x: NDArray): NDArray => mul(tanh(x), add(cos(x), scalar(0.5, x.dtype)));

/** A transform of a function that closes over another value of the program. */
const closing =
  (transform: (f: (x: NDArray) => NDArray, x: NDArray) => NDArray, fits: (x: NDArray) => boolean = float) =>
  (p: Picker): NDArray => {
    const x = p.value(fits);
    const z = p.value(both(ofDType(x.dtype), (y) => y.ndim === 0));
    return transform((y) => mul(inner(y), sin(z)), x);
  };

const summed =
  (f: (x: NDArray) => NDArray) =>
  (x: NDArray): NDArray =>
    reduceSum(f(x));

const transforms = {
  jitClosing: closing((f, x) => jit(f)(x)),
  checkpointClosing: closing((f, x) => checkpoint(f)(x)),
  vmap: closing((f, x) => vmap(f)(x), both(float, shaped)),
  vmapJit: closing((f, x) => vmap(jit(f), { inAxes: -1, outAxes: -1 })(x), both(float, shaped)),
  grad: closing((f, x) => grad(summed(f))(x)),
  gradJit: closing((f, x) => sin(jit(grad(summed(f)))(x))),
  gradOfCheckpoint: closing((f, x) => sin(grad(summed(checkpoint(f)))(x))),
  jvp: closing((f, x) => jvp(f, [x], [cos(x)])[1]),
  vmapGrad: closing((f, x) => vmap(grad(summed(f)))(x), both(float, shaped)),
};

const lines =
  (x: NDArray) =>
  (y: NDArray): boolean => {
    const [a, b] = [x.shape.toReversed(), y.shape.toReversed()];
    const joins = a.every((n, k) => k >= b.length || n === b[k] || n === 1 || b[k] === 1);
    // No dtype holds uint32 and a signed integer.
    const unsigned = [x.dtype, y.dtype].includes("uint32") && [x.dtype, y.dtype].some((d) => d === "int32" || d === "int8");
    return joins && !unsigned;
  };

const promoting =
  (f: (x: NDArray, y: NDArray) => NDArray) =>
  (p: Picker): NDArray => {
    const x = p.value(() => true);
    return f(x, p.value(lines(x)));
  };

/** Functions of numpy: operands of any dtypes, which promote, and of shapes that broadcast. */
const mixed = {
  npAdd: promoting(np.add),
  npMultiply: promoting((x, y) => np.multiply(x, bounded(y))),
  npMaximum: promoting(np.maximum),
  npLess: promoting(np.less),
  npWhere: promoting((x, y) => np.where(np.less(y, x), x, y)),
  npHypot: promoting((x, y) => np.arctan2(bounded(x), np.add(np.abs(bounded(y)), 1.5))),
  npTake: promoting((x, y) =>
    np.take(x, np.clip(y.dtype === "int32" ? y : np.zeros([2], { dtype: "int32" }), 0, Math.max(0, x.size - 1)), null, { mode: "clip" }),
  ),
};

/** What a step may do; conversion is added by the program, which knows its dtypes. */
export const stepsOf = (dtypes: readonly DType[]) =>
  ({
    sin: unary(sin, float),
    cos: unary(cos, float),
    tanh: unary(tanh, float),
    logistic: unary(logistic, float),
    root: unary((x) => sqrt(add(square(sin(x)), scalar(0.5, x.dtype))), float),
    neg: unary(neg, number),
    abs: unary(abs, number),
    square: unary((x) => square(bounded(x)), number),
    stop: unary(stopGradient, () => true),
    not: unary(bitNot, bool),
    add: binary(add, number),
    sub: binary(sub, number),
    mul: binary((x, y) => mul(x, bounded(y)), number),
    max: binary(max, number),
    min: binary(min, () => true),
    lt: binary(lt, () => true),
    eq: binary(eq, () => true),
    ge: binary(ge, number),
    and: binary(bitAnd, bool),
    or: binary(bitOr, bool),
    xor: binary(bitXor, bool),
    select: chosen,
    convert: converted(dtypes),
    sum: along((x, axis) => reduceSum(x, [axis]), number),
    prod: along((x, axis) => reduceProd(bounded(x), [axis]), number),
    largest: along((x, axis) => reduceMax(x, [axis]), number),
    argmax: along(argmax, number),
    cumsum: along((x, axis) => cumsum(x, axis), number),
    cumprod: along((x, axis) => cumprod(bounded(x), axis), number),
    cummax: along((x, axis) => cummax(x, axis, { reverse: true }), number),
    cumlogsumexp: along((x, axis) => cumlogsumexp(x, axis), float),
    sort: along((x, axis) => sort(x, { dimension: axis }), number),
    reverse: along(
      (x, axis) => reverse(x, [axis]),
      () => true,
    ),
    slice: along(
      (x, axis) => sliceInDim(x, 0, x.shape[axis], 2, axis),
      () => true,
    ),
    pad: padded,
    flatten: unary((x) => reshape(x, [x.size]), shaped),
    transpose: unary(
      (x) =>
        transpose(
          x,
          x.shape.map((_, k) => x.ndim - 1 - k),
        ),
      shaped,
    ),
    stretch: stretched,
    join: along(
      (x, axis) => concatenate([x, reverse(x, [axis])], axis),
      () => true,
    ),
    joinTwo: (p) => {
      const x = p.value(shaped);
      return concatenate([x, p.value(like(x))], p.axis(x));
    },
    dot: matrixProduct,
    take: indexed(takeRows, () => true),
    scatter: indexed(addRows, number),
    dynamic: dynamicRow,
    windowSum: windowed("sum"),
    windowMax: windowed("max"),
    jit: unary((x) => jit(inner)(x), float),
    checkpoint: unary((x) => checkpoint(inner)(x), float),
    ...transforms,
    ...mixed,
  }) satisfies Record<string, (p: Picker) => NDArray>;

export type StepName = keyof ReturnType<typeof stepsOf>;
