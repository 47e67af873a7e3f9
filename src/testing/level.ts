// The checks of one function at one order: every mode along every direction, against differences and against each other.
// What disagrees is given to `failure`, which never comes back.

import { type NDArray, fromTypedArray } from "../core/array.js";
import { sameType, showAval } from "../core/aval.js";
import { typedArray } from "../core/dtype.js";
import { type Direction, directionsOf, weightsOf } from "./directions.js";
import { elementsOf, type Problem, showIndex } from "./flat.js";
import { type Findings, Line, everyElement, joined, weighted } from "./line.js";
import { type Mode, type Vectors, pulled, pushed } from "./modes.js";
import type { Judgement } from "./quotients.js";
import type { GradientCheck } from "./report.js";
import type { Settings } from "./settings.js";

export interface Level {
  readonly problem: Problem;
  readonly order: number;
  /** The modes that made this function of the one below. */
  readonly trail: readonly Mode[];
  readonly settings: Settings;
}

/** What went wrong, and along which direction. */
export interface Failure {
  readonly level: Level;
  readonly mode: Mode;
  readonly direction: Direction;
  readonly weights: Vectors;
  readonly check: GradientCheck;
  /** The element of the joined outputs that disagrees; undefined for their weighted sum. */
  readonly place: number | undefined;
  readonly what: "differences" | "modes" | "kink";
}

export interface Sink {
  pass(check: GradientCheck): void;
  fail(failure: Failure): never;
  /** A derivative whose types are not those of what it belongs to. */
  wrongType(level: Level, mode: Mode, where: string, expected: string, received: string): never;
}

/** The claims of one direction. */
interface Claims {
  readonly level: Level;
  readonly direction: Direction;
  readonly weights: Vectors;
  readonly line: Line;
  readonly outputs: readonly NDArray[];
}

/** Rounding that the inner products of the two modes may differ by, relative to the root of the sum of squared terms. */
const PRODUCTS = 1e-6;

/** What slopes around 1 may leave by cancellation, for unit vectors. */
const ROUNDING = 2 ** -50;

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/** The point in the precision of the derivatives. */
export const pointOf = ({ problem, settings }: Level): NDArray[] =>
  problem.xs.map((x) => fromTypedArray(typedArray(settings.dtype, elementsOf(x)), x.shape, settings.dtype));

/** Where an element of the joined outputs stands: `the result.y[2]`. */
export function placeOf(outputs: readonly NDArray[], paths: readonly string[], place: number): string {
  let offset = 0;
  for (const [k, y] of outputs.entries()) {
    if (place < offset + y.size) return `${paths[k]}${showIndex(place - offset, y.shape)}`;
    offset += y.size;
  }
  return "the result";
}

const rank: Readonly<Record<Judgement["verdict"], number>> = { agrees: 0, unresolved: 1, kink: 2, disagrees: 3, "not finite": 4 };
const distance = ({ analytic, numeric }: Judgement): number =>
  Math.abs(analytic - numeric) / (Math.max(Math.abs(analytic), Math.abs(numeric)) || 1);

/** The gravest of the judgements; without suspects, agreement at the element with the largest derivative. */
function gravest({ suspects, numeric }: Findings, analytic: Float64Array): { readonly place: number; readonly judgement: Judgement } {
  const [first, ...rest] = suspects;
  if (first === undefined) {
    const place = analytic.reduce((best, v, i) => (Math.abs(v) > Math.abs(analytic[best]) ? i : best), 0);
    return {
      place,
      judgement: { verdict: "agrees", analytic: analytic[place] ?? 0, numeric: numeric[place] ?? 0, error: 0, slope: Infinity },
    };
  }
  return rest.reduce((worst, found) => {
    const order = rank[found.judgement.verdict] - rank[worst.judgement.verdict];
    return order > 0 || (order === 0 && distance(found.judgement) > distance(worst.judgement)) ? found : worst;
  }, first);
}

function checkTypes(
  level: Level,
  mode: Mode,
  paths: readonly string[],
  expected: readonly NDArray[],
  received: readonly NDArray[],
  sink: Sink,
): void {
  expected.forEach((x, i) => {
    const given = received[i];
    if (!sameType(x.aval, given.aval)) sink.wrongType(level, mode, paths[i], showAval(x.aval), showAval(given.aval));
  });
}

/** Compares one mode with differences; gives the claimed numbers. */
function compare(claims: Claims, mode: Mode, sink: Sink): Float64Array {
  const { level, direction, weights, line, outputs } = claims;
  const { problem, order, trail, settings } = level;
  const xs = pointOf(level);
  const forward = mode === "forward";
  const found = (forward ? pushed(problem.f, direction.v) : pulled(problem.f, weights))(...xs);
  checkTypes(level, mode, forward ? problem.outputs : problem.inputs, forward ? problem.f(...xs) : xs, found, sink);
  const elements = joined(found.map(elementsOf));
  const claim = forward ? elements : Float64Array.of(product(elements, joined(direction.v)));
  const findings = line.examine(claim, forward ? everyElement : weighted(joined(weights)));
  const { place, judgement } = gravest(findings, claim);
  const check: GradientCheck = {
    order,
    modes: [...trail, mode],
    leaves: direction.leaves.map((i) => problem.inputs[i]),
    direction: direction.number,
    output: forward ? placeOf(outputs, problem.outputs, place) : "the weighted sum of the results",
    analytic: judgement.analytic,
    numeric: judgement.numeric,
    error: judgement.error,
    slope: judgement.verdict === "disagrees" ? judgement.slope : findings.slope,
    ...(judgement.sides === undefined ? {} : { sides: judgement.sides }),
    verdict: judgement.verdict,
  };
  const wrong = judgement.verdict === "disagrees" || judgement.verdict === "not finite";
  const failure = { level, mode, direction, weights, check, place: forward ? place : undefined };
  if (wrong) sink.fail({ ...failure, what: "differences" });
  if (judgement.verdict === "kink" && settings.kinks === "fail") sink.fail({ ...failure, what: "kink" });
  sink.pass(check);
  return claim;
}

const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + (v === 0 || b[i] === 0 ? 0 : v * b[i]), 0);

/** ⟨J v, w⟩ against ⟨v, Jᵀ w⟩. */
function compareModes({ level, direction, weights }: Claims, tangents: Float64Array, pulled: number, sink: Sink): void {
  const { problem, order, trail, settings } = level;
  const w = joined(weights);
  const pushed = product(tangents, w);
  const size = Math.sqrt(tangents.reduce((sum, v, i) => sum + (v * w[i]) ** 2, 0));
  const bound =
    Math.max(PRODUCTS, settings.rtol) * Math.max(size, Math.abs(pulled)) +
    settings.atol * Math.max(1, size) +
    ROUNDING * norm(w) * norm(joined(direction.v));
  if (Math.abs(pushed - pulled) <= bound) return;
  const check: GradientCheck = {
    order,
    modes: [...trail, "reverse"],
    leaves: direction.leaves.map((i) => problem.inputs[i]),
    direction: direction.number,
    output: "the weighted sum of the results",
    analytic: pulled,
    numeric: pushed,
    error: bound,
    slope: NaN,
    verdict: "disagrees",
  };
  sink.fail({ level, mode: "reverse", direction, weights, check, place: undefined, what: "modes" });
}

/** Checks one function at one order; gives the first joint direction and its weights, along which the next order goes on. */
export function checkLevel(level: Level, sink: Sink): { readonly v: Vectors; readonly w: Vectors } | undefined {
  const { problem, order, settings } = level;
  const outputs = problem.f(...problem.xs);
  const bounds = { rtol: settings.rtol, atol: settings.atol };
  const directions = outputs.some((y) => y.size > 0) ? directionsOf(problem, settings.directions, settings.seed, order) : [];
  let widest: { readonly v: Vectors; readonly w: Vectors } | undefined;
  for (const direction of directions) {
    const line = new Line(problem, direction.v, settings.eps, bounds);
    const weights = weightsOf(outputs.map(elementsOf), settings.seed + 1000 * order, direction.number);
    const claims: Claims = { level, direction, weights, line, outputs };
    const [forward, reverse] = (["forward", "reverse"] as const).map((mode) =>
      settings.modes.includes(mode) ? compare(claims, mode, sink) : undefined,
    );
    // At a kink the two may choose different derivatives of those between; both have been found admissible.
    if (forward !== undefined && reverse !== undefined) compareModes(claims, forward, reverse[0], sink);
    if (widest === undefined || direction.leaves.length > 1) widest = { v: direction.v, w: weights };
  }
  return widest;
}
