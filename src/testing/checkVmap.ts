// checkVmap: a function mapped over a batch against the same function in a loop, for each way to carry the batch.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Inputs, checkArguments, checkFunction } from "../transform/functions.js";
import { settled } from "../transform/vjp.js";
import { vmap } from "../transform/vmap.js";
import { type Listed, expectAgreement, listedOf } from "./agreement.js";
import { type Closeness, checkCloseness, closenessNames } from "./close.js";
import { stackAt, variation } from "./examples.js";
import { numbersOf } from "./noise.js";
import { environmentSeed } from "./seed.js";

export interface VmapCheckOptions extends Closeness {
  /** Examples in a batch; 3 unless said otherwise. */
  readonly batch?: number | undefined;
  /** Ways to carry the batch that are tried at most; 64 unless said otherwise. Beyond that they are drawn by the seed. */
  readonly combinations?: number | undefined;
  /** What the further examples, and the ways beyond the bound, are drawn from. 0, or COTANGENT_SEED of the environment. */
  readonly seed?: number | undefined;
}

/** What `checkVmap` tried. */
export interface VmapReport {
  /** For each way the axis of each array among the arguments; null where it was not mapped. */
  readonly inAxes: readonly (readonly (number | null)[])[];
}

type Axes = readonly (number | null)[];

/** Every way to map at least one of the arrays, or so many of them. */
function waysOf(xs: readonly NDArray[], most: number, seed: number): Axes[] {
  const choices = xs.map((x): Axes => [0, ...Array.from({ length: x.ndim }, (_, k) => k + 1), null]);
  const total = choices.reduce((product, list) => product * list.length, 1);
  const mapped = (way: Axes): boolean => way.some((axis) => axis !== null);
  if (total - 1 <= most)
    return choices.reduce<Axes[]>((ways, list) => ways.flatMap((way) => list.map((axis) => [...way, axis])), [[]]).filter(mapped);
  const next = numbersOf(seed, xs.length);
  const drawn = Array.from({ length: most }, () => choices.map((list) => list[Math.floor(next() * list.length)]));
  // All of them together, and each alone, are what goes wrong most often.
  const alone = xs.map((_, i) => xs.map((_, k) => (k === i ? 0 : null)));
  return [xs.map(() => 0), ...alone, ...drawn].slice(0, most).filter(mapped);
}

/** What the function gives over a batch: mapped, and in a loop. */
function compare(
  { name, f, xs, inputs, outputs }: Listed,
  others: readonly NDArray[][],
  way: Axes,
  outAxis: number,
  closeness: Closeness,
): void {
  const examples = [xs, ...others];
  const stacked = xs.map((x, i) => {
    const axis = way[i];
    return axis === null
      ? x
      : stackAt(
          examples.map((list) => list[i]),
          axis,
        );
  });
  const looped = examples.map((list) => f(...list.map((x, i) => (way[i] === null ? xs[i] : x))));
  const expected = looped[0].map((y, k) =>
    stackAt(
      looped.map((ys) => ys[k]),
      outAxis < 0 ? y.ndim : outAxis,
    ),
  );
  const where = inputs.map((path, i) => `${path}: ${way[i]}`).join(", ");
  const out = outAxis === 0 ? "" : ` and outAxes ${outAxis}`;
  expectAgreement(vmap(f, { inAxes: way, outAxes: outAxis })(...stacked), expected, closeness, {
    op: `checkVmap of ${name}`,
    transformed: `vmap over ${examples.length} examples with inAxes (${where})${out}`,
    plain: "a loop over the examples",
    remedy: "look for an axis counted from the front, a shape that is written out, or a batching rule that is wrong",
    outputs: outputs(),
  });
}

const count = (option: string, value: number): number => {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new OptionError({
    op: "checkVmap",
    expected: `${option}: at least 1`,
    received: String(value),
    remedy: "correct it, or leave it out",
  });
};

/**
 * Checks `vmap(f)` against `f` in a loop, for each combination of mapped and not mapped arrays along each axis, with a batch of
 * several examples and of one. `args` is one example; the others are made of it: floats a few percent away, integers and
 * bools in another order. Leaves that are no arrays are held fixed.
 *
 * @throws TransformCheckError that names the combination, the leaf and the element; OptionError for a wrong option.
 * @example
 * checkVmap((x: NDArray, y: NDArray) => np.dot(x, y), [np.array([1, 2]), np.array([3, 4])]).inAxes.length; // 8
 */
export function checkVmap<F extends AnyFunction>(f: F, args: Inputs<F>, options: VmapCheckOptions = {}): VmapReport {
  checkFunction("checkVmap", f);
  checkArguments("checkVmap", "args", args);
  checkOptions("checkVmap", options, ["batch", "combinations", "seed", ...closenessNames]);
  checkCloseness("checkVmap", options);
  const listed = listedOf("checkVmap", f, args);
  return checkListed({ ...listed, xs: listed.xs.map(settled) }, options);
}

/** The same for a function of lists. */
export function checkListed(listed: Listed, options: VmapCheckOptions): VmapReport {
  const { batch = 3, combinations = 64, seed = environmentSeed() ?? 0 } = options;
  const { rtol, atol, ulp } = options;
  const ways = waysOf(listed.xs, count("combinations", combinations), seed);
  const others = Array.from({ length: count("batch", batch) - 1 }, (_, n) => listed.xs.map((x, i) => variation(x, seed, n, i)));
  ways.forEach((way, n) => compare(listed, others, way, n % 2 === 0 ? 0 : -1, { rtol, atol, ulp }));
  if (ways.length > 0) compare(listed, [], ways[0], 0, { rtol, atol, ulp });
  return { inAxes: ways };
}
