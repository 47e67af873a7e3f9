// Jacobians and Hessians: forward or reverse mode, batched over a basis.

import type { NDArray } from "../core/array.js";
import { type Aval, showAval, strong } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import { isFloat } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import { convertElementType } from "../ops/convert.js";
import { add } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { iota, moveAxis, reshape } from "../ops/layout.js";
import { sliceInDim } from "../ops/slice.js";
import { type Arrays, type TreeStructure, treeUnflatten } from "../tree/index.js";
import { batchFlat, materializeBatch } from "./batch.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Argnums, type Inputs, checkFunction, describe, isOptions, normalizeArgnums } from "./functions.js";
import { instantiate, jvpFlat } from "./jvp.js";
import { type FlatTree, checkFloats, flattenArrays } from "./leaves.js";
import { FlatFunction, vjpFlat } from "./vjp.js";

export interface JacobianOptions {
  /** Which arguments to differentiate; 0 unless said otherwise. A list gives a list of Jacobians. */
  readonly argnums?: Argnums;
}

/** The Jacobian of a result of type `R` in an argument of type `P`: for each array of the result, a tree like the argument. */
export type Jacobian<R, P> = R extends NDArray ? Arrays<P> : { [K in keyof R]: Jacobian<R[K], P> };

/** By `argnums`: one Jacobian, or a list of them for each array of the result. */
export type JacobianOf<F extends AnyFunction, O> = O extends { readonly argnums: infer N }
  ? N extends number
    ? Jacobian<Arrays<ReturnType<F>>, Parameters<F>[N]>
    : N extends readonly number[]
      ? Jacobian<Arrays<ReturnType<F>>, { -readonly [K in keyof N]: N[K] extends number ? Parameters<F>[N[K]] : never }>
      : never
  : Jacobian<Arrays<ReturnType<F>>, Parameters<F>[0]>;

/** One row of the identity for each element of all leaves: entry k is the batch of tangents of leaf k, batch axis first. */
function basisOf(avals: readonly Aval[]): readonly NDArray[] {
  const total = avals.reduce((sum, a) => sum + sizeOf(a.shape), 0);
  let start = 0;
  return avals.map((a) => {
    const n = sizeOf(a.shape);
    const offset = start;
    start += n;
    const isOne = eq(iota("int32", [total, n], 0), add(iota("int32", [total, n], 1), offset));
    return reshape(convertElementType(isOne, a.dtype), [total, ...a.shape]);
  });
}

/** The rows of a batch that belong to each leaf, `[n, …]` each. */
function rowsOf(avals: readonly Aval[], batch: NDArray): readonly NDArray[] {
  let start = 0;
  return avals.map((a) => sliceInDim(batch, start, (start += sizeOf(a.shape)), 1, 0));
}

interface Problem {
  readonly input: FlatTree;
  readonly flat: FlatFunction;
  /** Whether argnums was a number, so that there is one argument and no list of them. */
  readonly single: boolean;
}

function takeApart(op: string, f: AnyFunction, args: readonly unknown[], options: JacobianOptions): Problem {
  const argnums = options.argnums ?? 0;
  const positions = normalizeArgnums(op, "argnums", argnums, args.length);
  const single = typeof argnums === "number";
  const input = flattenArrays(
    single ? args[positions[0]] : positions.map((position) => args[position]),
    op,
    single ? `argument ${positions[0]}` : "arguments",
  );
  checkFloats(op, input, single ? `argument ${positions[0]}` : "arguments");
  const argumentsOf = (xs: readonly NDArray[]): readonly unknown[] => {
    const tree = treeUnflatten(input.structure, xs);
    const full = [...args];
    positions.forEach((position, i) => (full[position] = single ? tree : (tree as readonly unknown[])[i]));
    return full;
  };
  return { input, flat: new FlatFunction(op, f, argumentsOf, false), single };
}

/** The tree of results with, for each of its arrays, a tree of inputs. `blocks[i][j]`: result i in input j. */
function assemble({ input, flat }: Problem, blocks: readonly (readonly NDArray[])[]): unknown {
  const trees = blocks.map((row) => treeUnflatten(input.structure, row));
  return treeUnflatten(flat.outStructure as TreeStructure, trees);
}

const shapeOfBlock = (out: Aval, x: Aval): readonly number[] => [...out.shape, ...x.shape];

function jacobianForward(op: string, f: AnyFunction, args: readonly unknown[], options: JacobianOptions): unknown {
  const problem = takeApart(op, f, args, options);
  const { input, flat } = problem;
  const avals = input.leaves.map((x) => strong(x.aval));
  const basis = basisOf(avals);
  const total = basis.length === 0 ? 0 : basis[0].shape[0];
  let outAvals: readonly Aval[] = [];
  const push = (...dxs: NDArray[]): readonly NDArray[] => {
    const [outs, tangents] = jvpFlat(describe(op, f), flat.checkedRun, input.leaves, dxs);
    outAvals = outs.map((y) => strong(y.aval));
    checkFloatOutputs(op, outAvals);
    return tangents.map(instantiate);
  };
  const [batches, dims] = batchFlat(
    describe(op, f),
    total,
    push,
    basis,
    basis.map(() => 0),
  );
  const blocks = batches.map((batch, i) =>
    rowsOf(avals, materializeBatch(total, batch, dims[i], 0)).map((rows, j) =>
      reshape(moveAxis(rows, 0, rows.ndim - 1), shapeOfBlock(outAvals[i], avals[j])),
    ),
  );
  return assemble(problem, blocks);
}

function jacobianReverse(op: string, f: AnyFunction, args: readonly unknown[], options: JacobianOptions): unknown {
  const problem = takeApart(op, f, args, options);
  const { input, flat } = problem;
  const avals = input.leaves.map((x) => strong(x.aval));
  const { outs, pullback } = vjpFlat(
    describe(op, f),
    flat.checkedRun,
    input.leaves,
    avals.map(() => true),
  );
  const outAvals = outs.map((y) => strong(y.aval));
  checkFloatOutputs(op, outAvals);
  const basis = basisOf(outAvals);
  const total = basis.length === 0 ? 0 : basis[0].shape[0];
  const [batches, dims] = batchFlat(
    describe(op, f),
    total,
    (...cts) => pullback(cts).map(instantiate),
    basis,
    basis.map(() => 0),
  );
  const columns = batches.map((batch, j) =>
    rowsOf(outAvals, materializeBatch(total, batch, dims[j], 0)).map((rows, i) => reshape(rows, shapeOfBlock(outAvals[i], avals[j]))),
  );
  return assemble(
    problem,
    outAvals.map((_, i) => columns.map((column) => column[i])),
  );
}

function checkFloatOutputs(op: string, avals: readonly Aval[]): void {
  const wrong = avals.find((a) => !isFloat(a.dtype));
  if (wrong === undefined) return;
  throw new DTypeError({
    op,
    expected: "a function whose results are floating point",
    received: showAval(wrong),
    remedy: "differentiate a function that returns floats only",
  });
}

type JacobianFunction<F extends AnyFunction, O extends JacobianOptions> = (...args: Inputs<F>) => JacobianOf<F, O>;

/**
 * The Jacobian by forward mode: one pass for each element of the argument, all in one batch. Best where the argument is
 * smaller than the result. For a result of shape `s` and an argument of shape `t`, an array of shape `[...s, ...t]`; for
 * trees, a tree of results holding trees of arguments. Like `jax.jacfwd`.
 *
 * @throws DTypeError unless argument and result are floating point.
 * @example jacfwd((x: NDArray) => np.sin(x))(np.zeros([2])) // the 2x2 identity
 */
export function jacfwd<const F extends AnyFunction | JacobianOptions, const O extends JacobianOptions = Record<never, never>>(
  f: F,
  options?: O,
): F extends AnyFunction
  ? JacobianFunction<F, O>
  : F extends JacobianOptions
    ? <G extends AnyFunction>(g: G) => JacobianFunction<G, F>
    : never;
export function jacfwd(f: AnyFunction | JacobianOptions, options: JacobianOptions = {}): unknown {
  return transform("jacfwd", jacobianForward, f, options);
}

/**
 * The Jacobian by reverse mode: one pass for each element of the result, all in one batch. Best where the result is
 * smaller than the argument. Shapes as for `jacfwd`. Like `jax.jacrev`.
 *
 * @throws DTypeError unless argument and result are floating point.
 * @example jacrev((x: NDArray) => np.sin(x))(np.zeros([2])) // the 2x2 identity
 */
export function jacrev<const F extends AnyFunction | JacobianOptions, const O extends JacobianOptions = Record<never, never>>(
  f: F,
  options?: O,
): F extends AnyFunction
  ? JacobianFunction<F, O>
  : F extends JacobianOptions
    ? <G extends AnyFunction>(g: G) => JacobianFunction<G, F>
    : never;
export function jacrev(f: AnyFunction | JacobianOptions, options: JacobianOptions = {}): unknown {
  return transform("jacrev", jacobianReverse, f, options);
}

type JacobianMode = (op: string, f: AnyFunction, args: readonly unknown[], options: JacobianOptions) => unknown;

function transform(op: string, mode: JacobianMode, f: AnyFunction | JacobianOptions, options: JacobianOptions): unknown {
  if (isOptions(f)) {
    checkOptions(op, f, ["argnums"]);
    return (g: AnyFunction) => transform(op, mode, g, f);
  }
  checkFunction(op, f);
  checkOptions(op, options, ["argnums"]);
  return (...args: readonly unknown[]) => mode(op, f, args, options);
}

function hessianOf(op: string, f: AnyFunction, args: readonly unknown[], options: JacobianOptions): unknown {
  const inner = (...xs: readonly unknown[]): unknown => jacobianReverse(op, f, xs, options);
  return jacobianForward(op, Object.defineProperty(inner, "name", { value: f.name }), args, options);
}

/** Second derivatives of a result of type `R` in arguments chosen by `O`. */
export type HessianOf<F extends AnyFunction, O> = O extends { readonly argnums: infer N }
  ? N extends number
    ? Jacobian<Jacobian<Arrays<ReturnType<F>>, Parameters<F>[N]>, Parameters<F>[N]>
    : N extends readonly number[]
      ? Jacobian<JacobianOf<F, O>, { -readonly [K in keyof N]: N[K] extends number ? Parameters<F>[N[K]] : never }>
      : never
  : Jacobian<Jacobian<Arrays<ReturnType<F>>, Parameters<F>[0]>, Parameters<F>[0]>;

/**
 * The Hessian: forward mode over reverse mode. For an argument of shape `t` and a scalar result, an array of shape
 * `[...t, ...t]`. Like `jax.hessian`.
 *
 * @throws DTypeError unless argument and result are floating point.
 * @example hessian((x: NDArray) => x.mul(x).sum())(np.ones([2])) // [[2, 0], [0, 2]]
 */
export function hessian<const F extends AnyFunction | JacobianOptions, const O extends JacobianOptions = Record<never, never>>(
  f: F,
  options?: O,
): F extends AnyFunction
  ? (...args: Inputs<F>) => HessianOf<F, O>
  : F extends JacobianOptions
    ? <G extends AnyFunction>(g: G) => (...args: Inputs<G>) => HessianOf<G, F>
    : never;
export function hessian(f: AnyFunction | JacobianOptions, options: JacobianOptions = {}): unknown {
  return transform("hessian", hessianOf, f, options);
}
