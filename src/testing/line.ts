// A flat function along a line through the point, and the judgement of claimed derivatives on it. A few coarse steps settle
// most elements; what they do not settle is looked at again on a long series of steps.

import type { NDArray } from "../core/array.js";
import { arrayOf, elementsOf, type Problem } from "./flat.js";
import type { Vectors } from "./modes.js";
import { type Bounds, type Judgement, type Series, judge, roundingOf, slopeThrough } from "./quotients.js";

/** The coarse steps: each an eighth of the one before. */
const COARSE = 5;
/**
 * The long series goes from 256 times the first step down to a rounding error's width. Its ratio is no power of two: a
 * function of narrower precision would round all steps alike, and its quotients settle at a wrong value.
 */
const LONG = 50;
const RATIO = 0.55;
/** Where the series says no, it is repeated so much lower. */
const LOWER = [1, 1e-7, 1e-14];
/** Elements that are looked at again, at most; those that disagree most come first. */
const SUSPECTS = 1000;

interface Pair {
  readonly step: number;
  readonly up: Float64Array;
  readonly down: Float64Array;
}

/** What is observed: numbers that the outputs are made into, and their magnitudes (for rounding). */
export interface Observer {
  numbers(outputs: Float64Array): Float64Array;
  magnitudes(outputs: Float64Array): Float64Array;
}

/** Every element for itself. */
export const everyElement: Observer = { numbers: (outputs) => outputs, magnitudes: (outputs) => outputs.map(Math.abs) };

/** The sum of the elements with weights: one number. */
export const weighted = (weights: Float64Array): Observer => ({
  numbers: (outputs) => Float64Array.of(outputs.reduce((sum, y, i) => sum + weights[i] * y, 0)),
  magnitudes: (outputs) => Float64Array.of(outputs.reduce((sum, y, i) => sum + Math.abs(weights[i] * y), 0)),
});

/** One list of the elements of several arrays. */
export function joined(vectors: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(vectors.reduce((n, v) => n + v.length, 0));
  let offset = 0;
  for (const vector of vectors) {
    all.set(vector, offset);
    offset += vector.length;
  }
  return all;
}

/** What the quotients say about a list of claimed derivatives. */
export interface Findings {
  /** The judgements of elements that the coarse steps did not settle. */
  readonly suspects: readonly { readonly place: number; readonly judgement: Judgement }[];
  /** The slope of the remainder over the steps; 2 is right, 1 is wrong, Infinity where nothing but rounding remains. */
  readonly slope: number;
  /** The quotients at the step that is best for most functions. */
  readonly numeric: Float64Array;
}

/** The function at `x + h v` for any h. */
export class Line {
  readonly centre: Float64Array;
  readonly #points: Vectors;
  readonly #coarse: readonly Pair[];

  constructor(
    readonly problem: Problem,
    readonly direction: Vectors,
    readonly eps: number,
    readonly bounds: Bounds,
  ) {
    this.#points = problem.xs.map(elementsOf);
    this.centre = this.#at(0);
    this.#coarse = Array.from({ length: COARSE }, (_, k) => this.#pair(eps * 8 ** -k));
  }

  #at(h: number): Float64Array {
    const moved = this.problem.xs.map((x, i): NDArray => {
      const [point, v] = [this.#points[i], this.direction[i]];
      return arrayOf(h === 0 ? point : point.map((value, j) => value + h * v[j]), x.shape);
    });
    return joined(this.problem.f(...moved).map(elementsOf));
  }

  #pair(step: number): Pair {
    return { step, up: this.#at(step), down: this.#at(-step) };
  }

  /** The verdicts on derivatives of what is observed. */
  examine(analytic: Float64Array, observer: Observer): Findings {
    const centre = observer.numbers(this.centre);
    const magnitudes = observer.magnitudes(this.centre);
    const pairs = this.#coarse.map(({ step, up, down }) => ({ step, up: observer.numbers(up), down: observer.numbers(down) }));
    const largest = analytic.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1);
    const bounds = { rtol: this.bounds.rtol, atol: this.bounds.atol * largest };
    const places = doubtful(pairs, centre, magnitudes, analytic, bounds);
    const numeric = pairs[COARSE - 2].up.map((v, i) => (v - pairs[COARSE - 2].down[i]) / (2 * pairs[COARSE - 2].step));
    const suspects = places.length === 0 ? [] : this.#again(places, observer, analytic, bounds);
    return { suspects, slope: slopeOf(pairs, centre, magnitudes, analytic), numeric };
  }

  /** The suspects on the long series; what disagrees there, or jumps, has another chance at ever smaller steps. */
  #again(places: readonly number[], observer: Observer, analytic: Float64Array, bounds: Bounds): Findings["suspects"] {
    const [first, ...others] = LOWER;
    const found = new Map(this.#onSeries(first, places, observer, analytic, bounds));
    for (const factor of others) {
      const open = [...found].filter(([, judgement]) => isOpen(judgement)).map(([place]) => place);
      if (open.length === 0) break;
      for (const [place, judgement] of this.#onSeries(factor, open, observer, analytic, bounds)) {
        // Only what settles better than before is believed, and a function that does not move says nothing.
        const better = uncertainty(judgement) < uncertainty(found.get(place));
        if (judgement.verdict === "agrees" && judgement.numeric !== 0 && better) found.set(place, judgement);
      }
    }
    return [...found].map(([place, judgement]) => ({ place, judgement }));
  }

  #onSeries(factor: number, places: readonly number[], observer: Observer, analytic: Float64Array, bounds: Bounds): [number, Judgement][] {
    const steps = Array.from({ length: LONG }, (_, k) => 256 * this.eps * factor * RATIO ** k);
    // Of each evaluation only the suspects are kept: a large result does not stay a hundred times.
    const pick = (h: number): Float64Array => {
      const numbers = observer.numbers(this.#at(h));
      return Float64Array.from(places, (place) => numbers[place]);
    };
    const [ups, downs] = [1, -1].map((sign) => steps.map((step) => pick(sign * step)));
    const centre = observer.numbers(this.centre);
    const magnitudes = observer.magnitudes(this.centre);
    return places.map((place, k) => {
      const [up, down] = [ups, downs].map((values) => values.map((list) => list[k]));
      const series: Series = { steps, up, down, centre: centre[place], magnitude: magnitudes[place] };
      return [place, judge(series, analytic[place], bounds)];
    });
  }
}

/** The error of the quotients, relative to what they settle at. */
const uncertainty = (judgement: Judgement | undefined): number => {
  const ratio = judgement === undefined ? NaN : judgement.error / Math.abs(judgement.numeric);
  return Number.isNaN(ratio) ? Infinity : ratio;
};

/** Whether smaller steps may know better: a pole or the edge of a domain may be nearer than the smallest step. */
const isOpen = ({ verdict, sides, analytic }: Judgement): boolean =>
  Number.isFinite(analytic) &&
  (verdict === "disagrees" || verdict === "not finite" || (verdict === "kink" && sides?.every(Number.isFinite) === false));

/** The elements that two consecutive coarse steps do not confirm, or that look like kinks; the worst first. */
function doubtful(
  pairs: readonly Pair[],
  centre: Float64Array,
  magnitudes: Float64Array,
  analytic: Float64Array,
  { rtol }: Bounds,
): readonly number[] {
  const found: { place: number; rest: number }[] = [];
  const [before, last] = pairs.slice(-2);
  for (let i = 0; i < analytic.length; i++) {
    const claim = analytic[i];
    let [confirmed, streak, rest] = [false, 0, 0];
    for (const { step, up, down } of pairs) {
      const quotient = (up[i] - down[i]) / (2 * step);
      rest = Math.abs(quotient - claim);
      streak = rest <= rtol * Math.max(Math.abs(quotient), Math.abs(claim)) ? streak + 1 : 0;
      confirmed ||= streak >= 2;
    }
    const bend = ({ step, up, down }: Pair): number => Math.abs(up[i] - centre[i] + (down[i] - centre[i])) / (2 * step);
    // The even part of a smooth function falls with the square of the step, that of a kink with the step.
    const size = Math.max(Math.abs(claim), Math.abs(last.up[i] - centre[i]) / last.step);
    const bends = bend(last) > 0.25 * bend(before) && bend(last) > 1e-4 * size + roundingOf(magnitudes[i], last.step);
    if (!confirmed || bends) found.push({ place: i, rest: Number.isNaN(rest) ? Infinity : rest / (size || 1) });
  }
  if (found.length > SUSPECTS) found.sort((a, b) => b.rest - a.rest);
  return found.slice(0, SUSPECTS).map(({ place }) => place);
}

/** The slope of the logarithm of `‖y(h) − y(0) − h J‖` over that of h, where the remainder is more than rounding. */
function slopeOf(pairs: readonly Pair[], centre: Float64Array, magnitudes: Float64Array, analytic: Float64Array): number {
  const points = pairs.flatMap(({ step, up }) => {
    let [rest, rounding] = [0, 0];
    for (let i = 0; i < analytic.length; i++) {
      const remainder = up[i] - centre[i] - step * analytic[i];
      if (!Number.isFinite(remainder)) return [];
      rest = Math.hypot(rest, remainder);
      rounding = Math.hypot(rounding, roundingOf(magnitudes[i] + step * Math.abs(analytic[i]), 1));
    }
    return rest > 4 * rounding ? [[Math.log(step), Math.log(rest)] as const] : [];
  });
  return slopeThrough(points.slice(-3));
}

/** One element alone. */
export const oneElement = (place: number): Observer => ({
  numbers: (outputs) => outputs.slice(place, place + 1),
  magnitudes: (outputs) => outputs.slice(place, place + 1).map(Math.abs),
});
