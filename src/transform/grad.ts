// Gradients of scalar functions.

import type { NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { Zero } from "../core/primitive.js";
import { type Arrays, type TreeStructure, treeUnflatten } from "../tree/index.js";
import { full } from "../ops/layout.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Argnums, type Inputs, checkFunction, describe, isOptions, normalizeArgnums } from "./functions.js";
import { instantiate } from "./jvp.js";
import { type FlatTree, checkFloats, flattenArrays } from "./leaves.js";
import { FlatFunction, vjpFlat } from "./vjp.js";

export interface GradOptions {
  /** Which arguments to differentiate; 0 unless said otherwise. A list gives a list of gradients. */
  readonly argnums?: Argnums;
  /** The function returns `[value, aux]`; `aux` is passed on and not differentiated. */
  readonly hasAux?: boolean;
}

/** The type of the gradient: that of the argument, or a list of such. */
export type Gradient<P extends readonly unknown[], O extends GradOptions> = O extends { readonly argnums: infer N }
  ? N extends number
    ? Arrays<P[N]>
    : N extends readonly number[]
      ? { -readonly [K in keyof N]: N[K] extends number ? Arrays<P[N[K]]> : never }
      : never
  : Arrays<P[0]>;

type ValueOf<R, O extends GradOptions> = O extends { readonly hasAux: true }
  ? R extends readonly [infer V, infer A]
    ? [value: Arrays<V>, aux: Arrays<A>]
    : never
  : Arrays<R>;

type WithAux<G, R, O extends GradOptions> = O extends { readonly hasAux: true }
  ? R extends readonly [unknown, infer A]
    ? [grads: G, aux: Arrays<A>]
    : never
  : G;

/** The function that `grad` makes of `F`. */
export type Grad<F extends AnyFunction, O extends GradOptions = Record<never, never>> = (
  ...args: Inputs<F>
) => WithAux<Gradient<Parameters<F>, O>, ReturnType<F>, O>;

/** The function that `valueAndGrad` makes of `F`. */
export type ValueAndGrad<F extends AnyFunction, O extends GradOptions = Record<never, never>> = (
  ...args: Inputs<F>
) => [value: ValueOf<ReturnType<F>, O>, grads: Gradient<Parameters<F>, O>];

interface Evaluated {
  readonly value: unknown;
  readonly grads: unknown;
  readonly aux: unknown;
}

function evaluate(op: string, f: AnyFunction, args: readonly unknown[], options: GradOptions): Evaluated {
  const argnums = options.argnums ?? 0;
  const positions = normalizeArgnums(op, "argnums", argnums, args.length);
  const trees = positions.map((position) => {
    const tree = flattenArrays(args[position], op, `argument ${position}`);
    checkFloats(op, tree, `argument ${position}`);
    return tree;
  });
  const leaves = trees.flatMap((tree) => tree.leaves);
  const rebuild = (xs: readonly NDArray[]): readonly unknown[] => {
    const full = [...args];
    splitBy(trees, xs).forEach((part, i) => (full[positions[i]] = treeUnflatten(trees[i].structure, part)));
    return full;
  };
  const flat = new FlatFunction(op, f, rebuild, options.hasAux ?? false);
  const { outs, pullback } = vjpFlat(
    describe(op, f),
    flat.checkedRun,
    leaves,
    leaves.map(() => true),
  );
  const y = scalarValue(op, outs, flat);
  const cts = outs.map((out, i) => (i === 0 ? full([], 1, y.dtype) : new Zero(out.aval)));
  const grads = splitBy(trees, pullback(cts).map(instantiate)).map((part, i) => treeUnflatten(trees[i].structure, part));
  return {
    value: flat.value(outs),
    grads: typeof argnums === "number" ? grads[0] : grads,
    aux: flat.hasAux ? flat.aux(outs) : undefined,
  };
}

function splitBy<T>(trees: readonly FlatTree[], xs: readonly T[]): readonly (readonly T[])[] {
  let start = 0;
  return trees.map(({ leaves }) => xs.slice(start, (start += leaves.length)));
}

function scalarValue(op: string, outs: readonly NDArray[], flat: FlatFunction): NDArray {
  const y = outs[0];
  const structure = flat.outStructure as TreeStructure;
  if (flat.outCount !== 1 || structure.toString() !== "*") {
    throw new ShapeError({
      op,
      expected: "a function that returns one scalar",
      received: `a tree ${structure}`,
      remedy: "return a single scalar; with more to return, use hasAux and return [loss, aux]",
    });
  }
  if (y.ndim > 0) {
    throw new ShapeError({
      op,
      expected: "a function that returns a scalar",
      received: showAval(y.aval),
      remedy: "reduce it with .sum() or .mean(), or use jacrev or vjp for functions with several outputs",
    });
  }
  if (isFloat(y.dtype)) return y;
  throw new DTypeError({
    op,
    expected: "a function that returns a floating-point scalar",
    received: showAval(y.aval),
    remedy: "differentiate the loss itself, not a count or a comparison",
  });
}

const allowed = ["argnums", "hasAux"];

/**
 * The gradient of a scalar function: a function of the same arguments that returns a tree like the argument it
 * differentiates. Called with options alone, it waits for the function.
 *
 * @throws ShapeError or DTypeError (when called) if `f` does not return a floating-point scalar; DTypeError if a
 *   differentiated leaf is not floating point.
 * @example
 * const loss = (w: NDArray) => w.mul(w).sum();
 * grad(loss)(np.array([1, 2])); // [2, 4]
 */
export function grad<const F extends AnyFunction | GradOptions, const O extends GradOptions = Record<never, never>>(
  f: F,
  options?: O,
): F extends AnyFunction ? Grad<F, O> : F extends GradOptions ? <G extends AnyFunction>(g: G) => Grad<G, F> : never;
export function grad(f: AnyFunction | GradOptions, options: GradOptions = {}): unknown {
  if (isOptions(f)) {
    checkOptions("grad", f, allowed);
    return (g: AnyFunction) => grad(g, f);
  }
  checkFunction("grad", f);
  checkOptions("grad", options, allowed);
  return (...args: readonly unknown[]) => {
    const { grads, aux } = evaluate("grad", f, args, options);
    return options.hasAux === true ? [grads, aux] : grads;
  };
}

/**
 * Value and gradient of a scalar function in one pass: `[value, grads]`, or `[[value, aux], grads]` with `hasAux`.
 * Called with options alone, it waits for the function.
 *
 * @throws as `grad`.
 * @example
 * const [value, grads] = valueAndGrad((w: NDArray) => w.mul(w).sum())(np.array([1, 2])); // 5, [2, 4]
 */
export function valueAndGrad<const F extends AnyFunction | GradOptions, const O extends GradOptions = Record<never, never>>(
  f: F,
  options?: O,
): F extends AnyFunction ? ValueAndGrad<F, O> : F extends GradOptions ? <G extends AnyFunction>(g: G) => ValueAndGrad<G, F> : never;
export function valueAndGrad(f: AnyFunction | GradOptions, options: GradOptions = {}): unknown {
  if (isOptions(f)) {
    checkOptions("valueAndGrad", f, allowed);
    return (g: AnyFunction) => valueAndGrad(g, f);
  }
  checkFunction("valueAndGrad", f);
  checkOptions("valueAndGrad", options, allowed);
  return (...args: readonly unknown[]) => {
    const { value, grads, aux } = evaluate("valueAndGrad", f, args, options);
    return [options.hasAux === true ? [value, aux] : value, grads];
  };
}
