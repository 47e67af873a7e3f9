// Random directions. Each moves some leaves: first each leaf alone (so that no leaf is drowned by a steeper one), then all
// together. Within a leaf no element stands still, and steps are relative to the leaf's own size.

import { elementsOf, type Problem } from "./flat.js";
import type { Vectors } from "./modes.js";
import { numbersOf, scaleOf, signed } from "./noise.js";

export interface Direction {
  readonly number: number;
  /** The inputs that move. */
  readonly leaves: readonly number[];
  readonly v: Vectors;
}

/** So many parts of a tree are moved each on its own: at first order, and at higher ones. */
const PARTS = [8, 2];

/** Sets the weights apart from the directions of the same seed. */
const WEIGHTS = 7919;

/** A direction in the given leaves, and standing still in the others. */
function directionOf({ xs }: Problem, leaves: readonly number[], seed: number, number: number): Direction {
  const v = xs.map((x, i) => {
    if (!leaves.includes(i)) return new Float64Array(x.size);
    return signed(x.size, scaleOf(elementsOf(x)), numbersOf(seed, number, i));
  });
  return { number, leaves, v };
}

/** Consecutive parts of a list, as even as can be. */
function partsOf(list: readonly number[], count: number): number[][] {
  const bounds = Array.from({ length: count + 1 }, (_, k) => Math.round((k * list.length) / count));
  return bounds.slice(1).map((end, k) => list.slice(bounds[k], end));
}

/** The directions of a check at an order. */
export function directionsOf(problem: Problem, count: number, seed: number, order: number): Direction[] {
  const all = problem.xs.flatMap((x, i) => (x.size > 0 ? [i] : []));
  if (all.length === 0) return [];
  const parts = partsOf(all, Math.min(all.length, PARTS[Math.min(order, PARTS.length) - 1]));
  const together = Array.from({ length: order === 1 ? count : 1 }, () => all);
  return [...(parts.length > 1 ? parts : []), ...together].map((leaves, number) =>
    directionOf(problem, leaves, seed + 1000 * order, number),
  );
}

/** Smaller values may be what cancellation leaves, and are not blown up. */
const SMALLEST = 1e-12;

/** Weights for the outputs: each output counts alike, whatever its size. */
export function weightsOf(outputs: readonly Float64Array[], seed: number, number: number): Vectors {
  return outputs.map((y, k) => signed(y.length, 1 / Math.max(scaleOf(y), SMALLEST), numbersOf(seed, WEIGHTS, number, k)));
}
