// lax.map: a function of one slice on all slices, one after the other, or some at a time.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { checkOptions, showValue } from "../core/options.js";
import { reshape } from "../ops/layout.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { checkLength } from "../transform/control/checks.js";
import { type AnyFunction, call, checkFunction } from "../transform/functions.js";
import { vmap } from "../transform/vmap.js";
import { type Arrays, treeMapArrays } from "../tree/index.js";
import { scanTree } from "./scan.js";
import { type AnyTree, leavesOf, named } from "./trees.js";

export interface MapOptions {
  /** How many slices are done at once, as by `vmap`; one by one if not given. */
  readonly batchSize?: number;
}

type Step = (carry: null, x: unknown) => readonly [null, unknown];

const steps = new WeakMap<AnyFunction, Step>();
const batchedSteps = new WeakMap<AnyFunction, Step>();

/** The body for `f`, made once, so that it is traced once. */
function stepOf(cache: WeakMap<AnyFunction, Step>, f: AnyFunction, make: () => Step): Step {
  let step = cache.get(f);
  if (step === undefined) cache.set(f, (step = named(make(), f)));
  return step;
}

/**
 * `f` of each slice of `xs` along the leading axis, the results stacked. Like `vmap`, but one slice after the other (or
 * `batchSize` at a time), so that only their intermediate values need memory. Like `jax.lax.map`.
 *
 * @throws ShapeError when the arrays of `xs` differ in length; OptionError for a batch size that is no positive integer.
 * @example lax.map((x: NDArray) => x.mul(x), np.array([1, 2, 3])) // [1, 4, 9]
 */
export function map<X extends AnyTree, Y>(f: (x: Arrays<X>) => Y, xs: X, options: MapOptions = {}): Arrays<Y> {
  const op = "map";
  checkFunction(op, f);
  checkOptions(op, options, ["batchSize"]);
  const { batchSize } = options;
  if (batchSize === undefined) return oneByOne(op, f, xs) as Arrays<Y>;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new OptionError({
      op,
      expected: "batchSize: a positive integer",
      received: showValue(batchSize),
      remedy: "pass a number of slices",
    });
  }
  return inBatches(op, f, xs, batchSize) as Arrays<Y>;
}

const oneByOne = (op: string, f: AnyFunction, xs: unknown): unknown =>
  scanTree(
    op,
    stepOf(steps, f, () => (_, x) => [null, call(f, [x])]),
    null,
    xs,
    {},
  )[1];

function inBatches(op: string, f: AnyFunction, xs: unknown, size: number): unknown {
  const { leaves, structure } = leavesOf(op, xs, "xs");
  const length = checkLength(op, leaves, structure, undefined);
  const whole = Math.floor(length / size);
  const batched: AnyFunction = vmap(f as (x: NDArray) => NDArray);
  const part = (from: number, to: number): unknown => treeMapArrays((x: NDArray) => sliceInDim(x, from, to), xs);
  const rest = (): unknown => call(batched, [part(whole * size, length)]);
  if (whole === 0) return length === 0 ? oneByOne(op, f, xs) : rest();
  const cut = treeMapArrays((x: NDArray) => reshape(x, [whole, size, ...x.shape.slice(1)]), part(0, whole * size));
  const step = stepOf(batchedSteps, f, () => (_, x) => [null, call(batched, [x])]);
  const stacked = scanTree(op, step, null, cut, {})[1];
  const flat = treeMapArrays((y: NDArray) => reshape(y, [whole * size, ...y.shape.slice(2)]), stacked);
  return whole * size === length ? flat : treeMapArrays((y: NDArray, z: NDArray) => concatenate([y, z], 0), flat, rest());
}
