// One number as a function of the step along a line, and what its difference quotients say about a claimed derivative.
// For a right derivative the remainder |y(h) − y(0) − h·J| falls with h² until rounding takes over: the quotients settle at J.
// For a wrong one it falls with h alone: they settle elsewhere. Where left and right settle at different values there is a kink.

/** The values of one number along a line, at the steps ±h, largest step first. */
export interface Series {
  readonly steps: readonly number[];
  readonly up: ArrayLike<number>;
  readonly down: ArrayLike<number>;
  readonly centre: number;
  /** The magnitude of what was added up for the number: its rounding is some units of the last place of this. */
  readonly magnitude: number;
}

/** How exactly a derivative must agree. */
export interface Bounds {
  readonly rtol: number;
  readonly atol: number;
}

export type Verdict =
  /** The remainder falls faster than the step, down to the tolerance or to rounding. */
  | "agrees"
  /** Left and right derivatives differ, or the function jumps; the derivative is one of those between. */
  | "kink"
  /** The function is too flat, or too noisy, for differences to say more than that nothing contradicts. */
  | "unresolved"
  /** The remainder falls with the step alone. */
  | "disagrees"
  /** The derivative or the function is NaN or infinite. */
  | "not finite";

export interface Judgement {
  readonly verdict: Verdict;
  readonly analytic: number;
  /** What the difference quotients settle at. */
  readonly numeric: number;
  /** How far they are from settled. */
  readonly error: number;
  /** The slope of the remainder over the step where the quotients have settled: 1 for a wrong derivative. */
  readonly slope: number;
  /** The derivatives to the left and to the right, where they differ; Infinity stands for a jump of either sign. */
  readonly sides?: readonly [left: number, right: number];
}

const EPSILON = 2 ** -52;
/** Units in the last place by which a value of the function may be off, when nothing is known of it. */
const ROUNDING = 8;
/** Steps, relative to a leaf, that float32 hardly sees. */
const NARROW = 1e-6;
/** What cancellation leaves of numbers around 1, times 1e6, is no jump. */
const ROUNDOFF = 1e-3;
/** Consecutive quotients that must agree; rounding errors differ tenfold within them. */
const WINDOW = 5;
/** An error of the quotients beyond this part of the derivative leaves it unresolved. */
const RESOLVED = 0.1;

/** Rounding error of a difference quotient. */
export const roundingOf = (magnitude: number, step: number): number => (ROUNDING * EPSILON * magnitude) / step;

interface Plateau {
  readonly value: number;
  readonly error: number;
  /** The place of its largest step. */
  readonly from: number;
}

const nowhere: Plateau = { value: NaN, error: Infinity, from: 0 };

interface Quotients {
  readonly values: readonly number[];
  /** Rounding error of each. */
  readonly noise: readonly number[];
  /** Where the function did not move at all. */
  readonly stuck: readonly boolean[];
}

function windowsOf({ values, noise, stuck }: Quotients): Plateau[] {
  const windows = values.flatMap((_, k) => {
    const window = values.slice(k, k + WINDOW);
    if (window.length < WINDOW || !window.every(Number.isFinite)) return [];
    const sorted = window.toSorted((a, b) => a - b);
    const error = sorted[WINDOW - 1] - sorted[0] + Math.max(...noise.slice(k, k + WINDOW));
    return [{ value: sorted[WINDOW >> 1], error, from: k, still: stuck.slice(k, k + WINDOW).every(Boolean) }];
  });
  // A function of narrower precision does not move for small steps, which is no sign that it is constant.
  const moves = windows.some(({ value, error, still }) => !still && error <= 0.01 * Math.abs(value));
  return moves ? windows.filter(({ still }) => !still) : windows;
}

/** Where the quotients settle best. */
const plateauOf = (quotients: Quotients): Plateau => windowsOf(quotients).reduce((best, w) => (w.error < best.error ? w : best), nowhere);

function quotients({ steps, up, down, centre, magnitude }: Series, side: "both" | "left" | "right"): Quotients {
  const rise = (k: number): number => {
    if (side === "both") return (up[k] - down[k]) / 2;
    return side === "right" ? up[k] - centre : centre - down[k];
  };
  const still = (k: number): boolean => (side === "left" || up[k] === centre) && (side === "right" || down[k] === centre);
  return {
    values: steps.map((h, k) => rise(k) / h),
    noise: steps.map((h) => roundingOf(magnitude, h)),
    stuck: steps.map((_, k) => still(k)),
  };
}

/**
 * A place at larger steps where the quotients had settled at another value before, when the best place lies below the
 * resolution of float32: a function that computes in float32 in some of its parts does not move there in those parts.
 */
function coarser({ steps }: Series, all: Quotients, best: Plateau): readonly Plateau[] {
  if (!(steps[best.from] < NARROW)) return [];
  return windowsOf(all).filter(
    ({ value, error, from }) =>
      from + WINDOW <= best.from && error <= 0.01 * Math.abs(value) && Math.abs(value - best.value) > 10 * (error + best.error),
  );
}

/** Whether the function does not come back to its value as the step goes to zero. */
function jumps({ steps, up, down, centre, magnitude }: Series): readonly [left: boolean, right: boolean] {
  const last = steps.length - 1;
  const jump = (values: ArrayLike<number>): boolean => {
    const [near, far, farthest] = [last, last - 10, 0].map((k) => Math.abs(values[k] - centre));
    // A step of a narrower precision is no jump.
    return near > 0.5 * far && near > 1e6 * EPSILON * Math.max(magnitude, ROUNDOFF) && !(near < 1e-4 * farthest);
  };
  return [jump(down), jump(up)];
}

const isResolved = ({ value, error }: Plateau, analytic = 0): boolean =>
  error <= RESOLVED * Math.max(Math.abs(value), Math.abs(analytic)) || error === 0;

/** How far from the plateau the derivative may be: quotients are uncertain by their own spread, three times over. */
const allowance = ({ value, error }: Plateau, analytic: number, { rtol, atol }: Bounds): number =>
  rtol * Math.max(Math.abs(value), Math.abs(analytic)) + atol + 3 * error;

const fits = (plateau: Plateau, analytic: number, bounds: Bounds): boolean =>
  Math.abs(plateau.value - analytic) <= allowance(plateau, analytic, bounds);

/** The derivatives on either side, where the two differ; undefined where the function is smooth, or too noisy to tell. */
function cornerOf(left: Plateau, right: Plateau): readonly [Plateau, Plateau] | undefined {
  const gap = Math.abs(left.value - right.value);
  const size = Math.max(Math.abs(left.value), Math.abs(right.value));
  return gap > 10 * (left.error + right.error) && gap > 1e-5 * size ? [left, right] : undefined;
}

/** The verdict on the derivative `analytic` from a long series of steps. */
export function judge(series: Series, analytic: number, bounds: Bounds): Judgement {
  const both = quotients(series, "both");
  const central = plateauOf(both);
  const found = { analytic, numeric: central.value, error: central.error, slope: slopeOf(series, analytic, central) };
  if (!Number.isFinite(analytic) || !Number.isFinite(series.centre)) return { ...found, verdict: "not finite" };
  const [left, right] = (["left", "right"] as const).map((side) => plateauOf(quotients(series, side)));
  const jump = jumps(series);
  if (jump[0] || jump[1]) {
    // No derivative exists here, so none is wrong.
    const sides = [jump[0] ? Infinity : left.value, jump[1] ? Infinity : right.value] as const;
    return { ...found, verdict: "kink", sides };
  }
  const corner = cornerOf(left, right);
  if (corner !== undefined) {
    const [low, high] = corner.toSorted((a, b) => a.value - b.value);
    const between = analytic >= low.value - allowance(low, analytic, bounds) && analytic <= high.value + allowance(high, analytic, bounds);
    return { ...found, verdict: between ? "kink" : "disagrees", sides: [left.value, right.value] };
  }
  // At the edge of a domain only one side exists.
  const plateau = [central, left, right].find(({ error }) => Number.isFinite(error));
  if (plateau === undefined) return { ...found, verdict: "not finite" };
  const numbers = { analytic, numeric: plateau.value, error: plateau.error, slope: slopeOf(series, analytic, plateau) };
  if (!fits(plateau, analytic, bounds)) {
    const before = plateau === central ? coarser(series, both, central) : [];
    return { ...numbers, verdict: before.some((p) => fits(p, analytic, bounds)) ? "agrees" : "disagrees" };
  }
  const within = 3 * plateau.error <= bounds.atol || isResolved(plateau, analytic) || vanishes(series, analytic);
  return { ...numbers, verdict: within ? "agrees" : "unresolved" };
}

/** At a stationary point quotients and derivative go to zero together, and no part of them is ever resolved. */
function vanishes({ steps, up, down }: Series, analytic: number): boolean {
  const rest = (k: number): number => Math.abs((up[k] - down[k]) / (2 * steps[k]) - analytic);
  const start = steps.findIndex((_, k) => Number.isFinite(rest(k)));
  return start >= 0 && rest(steps.length - 1) <= 1e-6 * rest(start);
}

/** The slope of log |y(h) − y(0) − h J| over log h where the quotients have settled: 1 when they settle elsewhere than at J. */
function slopeOf({ steps, up, centre }: Series, analytic: number, { from }: Plateau): number {
  const places = Array.from({ length: WINDOW }, (_, k) => from + k);
  return slopeThrough(places.map((k) => [Math.log(steps[k]), Math.log(Math.abs(up[k] - centre - steps[k] * analytic))] as const));
}

/** The slope of the line that fits points best; Infinity for fewer than two. */
export function slopeThrough(points: readonly (readonly [number, number])[]): number {
  if (points.length < 2) return Infinity;
  const [x, y] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
  const along = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return along / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}
