// From a function and example arguments to its program, and to the types of its results.

import { AbstractArray, type NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import { type DType, checkDType } from "../core/dtype.js";
import { type Shape, checkShape } from "../core/shape.js";
import { stage } from "../core/staging.js";
import { type TreeStructure, treeUnflatten } from "../tree/index.js";
import { type AnyFunction, type Inputs, type Output, checkFunction, describe } from "./functions.js";
import { flattenArrays } from "./leaves.js";
import { checkSameProgram } from "./sideEffects.js";
import { FlatFunction, settled } from "./vjp.js";

/** A program with the structure of the tree that its outputs form. */
export interface Staged {
  readonly program: ClosedJaxpr;
  readonly outStructure: TreeStructure;
}

/** Traces `f` on leaves of the given types; `argumentsOf` makes its arguments of them. */
export function stageFunction(
  transform: string,
  f: AnyFunction,
  leaves: readonly NDArray[],
  argumentsOf: (leaves: readonly NDArray[]) => readonly unknown[],
): Staged {
  const op = describe(transform, f);
  const flat = new FlatFunction(transform, f, argumentsOf, false);
  const trace = (): ClosedJaxpr =>
    stage(
      op,
      leaves.map((x) => x.aval),
      (...xs) => flat.run(...xs).map(settled),
    );
  const program = trace();
  if (debugSettings.checkSideEffects) checkSameProgram(op, program, trace());
  return { program, outStructure: flat.outStructure as TreeStructure };
}

const stageOn = (transform: string, f: AnyFunction, args: readonly unknown[]): Staged => {
  checkFunction(transform, f);
  const { leaves, structure } = flattenArrays(args, transform, "arguments");
  return stageFunction(transform, f, leaves, (xs) => treeUnflatten(structure, xs) as readonly unknown[]);
};

/**
 * A function that returns the program of `f` on arguments of the types it is given, for reading: `toString()` prints it
 * in JAX's form. Like `jax.make_jaxpr`.
 *
 * @example
 * String(makeJaxpr((x: NDArray) => x.mul(2))(np.ones([3]))); // "{ lambda ; a:f32[3]. let b:f32[3] = mul a 2.0:f32[] in (b,) }"
 */
export const makeJaxpr =
  <F extends AnyFunction>(f: F): ((...args: Inputs<F>) => ClosedJaxpr) =>
  (...args) =>
    stageOn("makeJaxpr", f, args).program;

/**
 * The shapes and dtypes of what `f` returns, without computing it: a tree of arrays without elements. Arguments may be
 * such arrays themselves (`shapeDtype`). Like `jax.eval_shape`.
 *
 * @example evalShape((x: NDArray) => np.matmul(x, x), shapeDtype([3, 3], "float32")).shape // [3, 3]
 */
export function evalShape<F extends AnyFunction>(f: F, ...args: Inputs<F>): Output<F> {
  const { program, outStructure } = stageOn("evalShape", f, args);
  return treeUnflatten(
    outStructure,
    program.outAvals.map((a) => new AbstractArray(a)),
  ) as Output<F>;
}

/**
 * An array without elements: a shape and a dtype, to stand for an argument where only types matter.
 *
 * @throws ShapeError, DTypeError
 */
export const shapeDtype = (shape: Shape, dtype: DType = "float32"): NDArray =>
  new AbstractArray(aval(checkShape(shape, "shapeDtype"), checkDType(dtype, "shapeDtype")));
