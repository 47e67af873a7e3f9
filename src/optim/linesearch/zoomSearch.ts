// The search for a step that satisfies the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6): first an
// interval that holds one is sought with growing steps, then it is made smaller around minima of interpolating polynomials.
// Both phases try one step an iteration, so an iteration evaluates the loss once, whichever phase it is in.

import type { NDArray } from "../../core/array.js";
import { whileLoop } from "../../lax/whileLoop.js";
import { abs, add, div, max, min, mul, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot, bitOr } from "../../ops/bitwise.js";
import { eq, ge, gt, le, lt, ne } from "../../ops/compare.js";
import { full } from "../../ops/layout.js";
import { select } from "../../ops/select.js";
import { chooseTree } from "../choose.js";
import { noSteps } from "../transformation.js";
import { type Place, type SlopedPlace, cubicMinimum, parabolaMinimum } from "./interpolation.js";
import type { Line } from "./line.js";

export interface ZoomSettings {
  readonly maxLinesearchSteps: number;
  readonly maxLearningRate: number;
  readonly tol: number;
  readonly increaseFactor: number;
  readonly slopeRtol: number;
  readonly curvRtol: number;
  readonly approxDecRtol: number | null;
  readonly stepsizePrecision: number;
}

/** A step that was tried, with the gradient after it. */
export interface Tried<Params> extends SlopedPlace {
  readonly grad: Params;
}

/** How the search stands; all numbers are float64 scalars, all answers bool scalars. */
export interface ZoomState<Params> {
  readonly tries: NDArray;
  /** The step tried last: the result when the search ends. */
  readonly current: Tried<Params>;
  /** The best step with a sufficient decrease; 0 while there is none. */
  readonly safe: Tried<Params>;
  readonly decreaseError: NDArray;
  readonly curvatureError: NDArray;
  readonly intervalFound: NDArray;
  readonly done: NDArray;
  readonly failed: NDArray;
  /** The ends of the interval: `low` has the smaller value. It may lie right of `high`. */
  readonly low: SlopedPlace;
  readonly high: SlopedPlace;
  /** A third place for the cubic. */
  readonly reference: Place;
}

/** What one iteration finds out about the step that it tries. */
interface Trial<Params> {
  readonly tried: Tried<Params>;
  readonly decreaseError: NDArray;
  readonly curvatureError: NDArray;
  readonly good: NDArray;
}

type Moved<Params> = Pick<ZoomState<Params>, "safe" | "intervalFound" | "done" | "failed" | "low" | "high" | "reference">;

const placeOf = ({ step, value, slope }: SlopedPlace): SlopedPlace => ({ step, value, slope });

/** By how much a condition is missed: not below 0, and infinite where it is no number. */
const missed = (error: NDArray): NDArray => select(ne(error, error), Infinity, max(error, 0));

function tryStep<Params>(line: Line<Params>, step: NDArray, settings: ZoomSettings): Trial<Params> {
  const { slopeRtol, curvRtol, approxDecRtol, tol } = settings;
  const tried = { step, ...line.slopeAt(step) };
  const armijo = sub(sub(tried.value, line.value), mul(mul(step, slopeRtol), line.slope));
  const decreaseError = missed(approxDecRtol === null ? armijo : min(approximate(line, tried, slopeRtol, approxDecRtol), armijo));
  const curvatureError = missed(sub(abs(tried.slope), mul(abs(line.slope), curvRtol)));
  return { tried, decreaseError, curvatureError, good: le(max(decreaseError, curvatureError), tol) };
}

/** The condition of Hager and Zhang (2006, equations 23, 26, 27): by slopes, which stay exact where values hardly differ. */
function approximate<Params>(line: Line<Params>, tried: SlopedPlace, slopeRtol: number, approxDecRtol: number): NDArray {
  const bySlopes = sub(tried.slope, mul(line.slope, 2 * slopeRtol - 1));
  const byValues = sub(sub(tried.value, line.value), mul(abs(line.value), approxDecRtol));
  return max(bySlopes, byValues);
}

/** Algorithm 3.5: the next larger step. */
function largerStep<Params>({ tries, current }: ZoomState<Params>, first: NDArray, settings: ZoomSettings): NDArray {
  return min(select(eq(tries, 0), first, mul(current.step, settings.increaseFactor)), settings.maxLearningRate);
}

/** Algorithm 3.5: what the trial says of where a good step lies. */
function seekInterval<Params>(state: ZoomState<Params>, trial: Trial<Params>, settings: ZoomSettings): Moved<Params> {
  const { tried, decreaseError, good } = trial;
  const before = placeOf(state.current);
  const tooFar = bitOr(gt(decreaseError, 0), bitAnd(ge(tried.value, before.value), gt(state.tries, 0)));
  const uphill = bitAnd(ge(tried.slope, 0), bitNot(tooFar));
  const intervalFound = bitOr(bitOr(tooFar, uphill), good);
  const low = chooseTree(uphill, placeOf(tried), before);
  const atLimit = bitAnd(ge(tried.step, settings.maxLearningRate), bitNot(intervalFound));
  const done = bitOr(good, atLimit);
  return {
    safe: chooseTree(le(decreaseError, settings.tol), tried, state.safe),
    intervalFound,
    done,
    failed: bitAnd(ge(add(state.tries, 1), settings.maxLinesearchSteps), bitNot(done)),
    low,
    high: chooseTree(uphill, before, placeOf(tried)),
    reference: { step: low.step, value: low.value },
  };
}

/** Algorithm 3.6: a step within the interval, by the cubic, else the parabola, else the middle, which must keep off the ends. */
function stepWithin<Params>({ low, high, reference }: ZoomState<Params>): NDArray {
  const [left, right] = [min(low.step, high.step), max(low.step, high.step)];
  const width = sub(right, left);
  const inside = (step: NDArray, margin: number): NDArray =>
    bitAnd(gt(step, add(left, mul(width, margin))), lt(step, sub(right, mul(width, margin))));
  const [cubic, parabola] = [cubicMinimum(low, high, reference), parabolaMinimum(low, high)];
  const middle = div(add(low.step, high.step), 2);
  return select(inside(cubic, 0.2), cubic, select(inside(parabola, 0.1), parabola, middle));
}

/** Algorithm 3.6: the smaller interval. */
function narrow<Params>(state: ZoomState<Params>, trial: Trial<Params>, settings: ZoomSettings): Moved<Params> {
  const { tried, decreaseError, good } = trial;
  const { low, high } = state;
  const place = placeOf(tried);
  const better = bitAnd(le(decreaseError, settings.tol), lt(tried.value, state.safe.value));
  const safe = chooseTree(better, tried, state.safe);
  const worse = bitOr(gt(decreaseError, 0), ge(tried.value, low.value));
  const beyond = bitAnd(ge(mul(tried.slope, sub(high.step, low.step)), 0), bitNot(worse));
  const highMoves = bitOr(worse, beyond);
  const tooNarrow = bitAnd(le(abs(sub(high.step, low.step)), settings.stepsizePrecision), gt(safe.step, 0));
  const usedUp = ge(add(state.tries, 1), settings.maxLinesearchSteps);
  return {
    safe,
    intervalFound: state.intervalFound,
    done: good,
    failed: bitAnd(bitOr(usedUp, tooNarrow), bitNot(good)),
    low: chooseTree(worse, low, place),
    high: chooseTree(worse, place, chooseTree(beyond, low, high)),
    reference: {
      step: select(highMoves, high.step, low.step),
      value: select(highMoves, high.value, low.value),
    },
  };
}

function iterate<Params>(line: Line<Params>, state: ZoomState<Params>, first: NDArray, settings: ZoomSettings): ZoomState<Params> {
  const { intervalFound } = state;
  const trial = tryStep(line, select(intervalFound, stepWithin(state), largerStep(state, first, settings)), settings);
  const moved = chooseTree(intervalFound, narrow(state, trial, settings), seekInterval(state, trial, settings));
  // A search that has failed goes back to a step that was good enough, or to none where the loss was no number.
  const retreats = bitAnd(moved.failed, bitOr(gt(moved.safe.step, 0), eq(trial.decreaseError, Infinity)));
  return {
    ...moved,
    tries: add(state.tries, 1),
    current: chooseTree(retreats, moved.safe, trial.tried),
    decreaseError: trial.decreaseError,
    curvatureError: trial.curvatureError,
  };
}

/** Searches along the line, beginning with the step `first`. */
export function zoomSearch<Params>(line: Line<Params>, first: NDArray, settings: ZoomSettings): ZoomState<Params>;
export function zoomSearch(line: Line<unknown>, first: NDArray, settings: ZoomSettings): ZoomState<unknown> {
  const number = (value: number): NDArray => full([], value, "float64");
  const no = full([], false, "bool");
  const start: Tried<unknown> = { step: number(0), value: line.value, slope: line.slope, grad: line.grad };
  const place = placeOf(start);
  const initial: ZoomState<unknown> = {
    tries: noSteps(),
    current: start,
    safe: start,
    decreaseError: number(Infinity),
    curvatureError: number(Infinity),
    intervalFound: no,
    done: no,
    failed: no,
    low: place,
    high: place,
    reference: { step: place.step, value: place.value },
  };
  return whileLoop<ZoomState<unknown>>(
    ({ done, failed }) => bitNot(bitOr(done, failed)),
    (state) => iterate(line, state, first, settings),
    initial,
    { maxSteps: settings.maxLinesearchSteps },
  );
}
