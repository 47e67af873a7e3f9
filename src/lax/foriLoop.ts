// lax.foriLoop: a loop over integers; a scan where its bounds are known when it is traced, else a whileLoop.

import { type ArrayLike, ConcreteArray, type NDArray, asArray } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import { isInteger } from "../core/dtype.js";
import { DTypeError, OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { add } from "../ops/arithmetic.js";
import { lt } from "../ops/compare.js";
import { iota } from "../ops/layout.js";
import { operandsAlike } from "../ops/operands.js";
import { inTypes } from "../transform/control/tracing.js";
import { type AnyFunction, call, checkFunction } from "../transform/functions.js";
import type { Arrays } from "../tree/index.js";
import { scanTree } from "./scan.js";
import { type AnyTree, type Returned, named } from "./trees.js";
import { whileTree } from "./whileLoop.js";

export interface ForiOptions {
  /** A hint, as `scan`'s; only for bounds that are known. */
  readonly unroll?: number | boolean;
}

/** One wrapper for each body, so that it is traced once. */
interface Wrappers {
  readonly step: (carry: unknown, i: NDArray) => readonly [unknown, null];
  readonly next: (state: readonly [NDArray, NDArray, unknown]) => readonly unknown[];
}

const wrappers = new WeakMap<AnyFunction, Wrappers>();

function wrappersOf(body: AnyFunction): Wrappers {
  let found = wrappers.get(body);
  if (found === undefined) {
    found = {
      step: named((carry, i) => [call(body, [i, carry]), null], body),
      next: named(([i, end, carry]) => [add(i, 1), end, call(body, [i, carry])], body),
    };
    wrappers.set(body, found);
  }
  return found;
}

const goesOn = ([i, end]: readonly [NDArray, NDArray, unknown]): NDArray => lt(i, end);

/**
 * Runs `body(i, carry)` for `i` from `lower` up to, not including, `upper`, and gives the last carry. Like `jax.lax.fori_loop`.
 *
 * With bounds that are known when it is traced it is a `scan`, so reverse mode works; with traced bounds it is a
 * `whileLoop`, for forward mode alone. `i` is an int32 scalar, or of the dtype of the bounds.
 *
 * @throws DTypeError for bounds that are no integers; TreeError, ShapeError or DTypeError when the carry changes, by path.
 * @example lax.foriLoop(0, 4, (i: NDArray, x: NDArray) => x.mul(2), np.array(1)) // 16
 */
export function foriLoop<C extends AnyTree>(
  lower: ArrayLike,
  upper: ArrayLike,
  body: (i: NDArray, carry: Arrays<C>) => Returned<Arrays<C>>,
  init: C,
  options: ForiOptions = {},
): Arrays<C> {
  const op = "foriLoop";
  checkFunction(op, body, "pass a function of index and carry as the body");
  checkOptions(op, options, ["unroll"]);
  const [from, to] = boundsOf(op, lower, upper);
  const { step, next } = wrappersOf(body);
  if (from instanceof ConcreteArray && to instanceof ConcreteArray) {
    const indices = add(iota(from.dtype, [Math.max(0, to.data[0] - from.data[0])]), from);
    return scanTree(op, step, init, indices, options)[0] as Arrays<C>;
  }
  if (options.unroll !== undefined) {
    throw new OptionError({
      op,
      expected: "bounds that are known when it is traced, with unroll",
      received: "traced bounds",
      remedy: "leave unroll out, or pass numbers as bounds",
    });
  }
  const last = whileTree(op, goesOn, next, [from, to, init]) as readonly [NDArray, NDArray, Arrays<C>];
  return last[2];
}

function boundsOf(op: string, lower: ArrayLike, upper: ArrayLike): readonly NDArray[] {
  const given = [asArray(lower, op), asArray(upper, op)];
  const bad = given.find(({ ndim, dtype, aval: a }) => ndim > 0 || !(a.weak === "integer" || isInteger(dtype)));
  if (bad !== undefined) {
    throw new DTypeError({
      op,
      expected: "bounds that are integer scalars",
      received: showAval(bad.aval),
      remedy: 'convert them with x.astype("int32")',
    });
  }
  const typed = given.some((x) => x.aval.weak === undefined);
  const int32 = aval([], "int32");
  return typed ? operandsAlike(op, ...given) : inTypes(op, given, [int32, int32]);
}
