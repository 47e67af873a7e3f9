// Explicit Runge–Kutta methods for y′ = f(t, y): with steps of one size, as a scan, and with steps chosen by the error, as a while loop.
// A method is its table of coefficients. The state is an array `[n]`; what f closes over may be differentiated.
// (Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, sections II.1, II.4 and II.5.)

import { type NDArray, lax, numpy as np, stopGradient } from "cotangent";

export type VectorField = (t: NDArray, y: NDArray) => NDArray;

/** Stage i is taken at t + cᵢ h from y + h Σ aᵢⱼ kⱼ; the step is h Σ bᵢ kᵢ, and h Σ eᵢ kᵢ estimates its error. */
export interface Method {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly e?: readonly number[];
}

/** Kutta 1901. */
export const rk4: Method = { a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]], b: [1 / 6, 1 / 3, 1 / 3, 1 / 6] };

/** Dormand and Prince 1980, of order 5 with an error estimate of order 4. The last stage is the first one of the next step. */
export const dormandPrince: Method & { readonly e: readonly number[] } = {
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
  e: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
};

/** Σ wᵢ kᵢ, without the terms that are zero. */
const combine = (weights: readonly number[], ks: readonly NDArray[]): NDArray =>
  weights.flatMap((w, i) => (w === 0 ? [] : [ks[i].mul(w)])).reduce((sum, term) => sum.add(term));

/** The slopes of all stages; the first may be known already. */
function stages(f: VectorField, { a }: Method, t: NDArray, y: NDArray, h: NDArray, first?: NDArray): NDArray[] {
  return a.reduce<NDArray[]>((ks, row, i) => {
    if (i === 0) return [first ?? f(t, y)];
    const c = row.reduce((sum, x) => sum + x, 0);
    return [...ks, f(t.add(h.mul(c)), y.add(combine(row, ks).mul(h)))];
  }, []);
}

/** `[steps + 1, n]`: the states from t0 to t1, `steps` steps of one size. */
export function integrate(f: VectorField, y0: NDArray, [t0, t1]: readonly [number, number], steps: number, method = rk4): NDArray {
  const h = np.array((t1 - t0) / steps, { dtype: y0.dtype });
  const step = (y: NDArray, i: NDArray): [NDArray, NDArray] => {
    const next = y.add(combine(method.b, stages(f, method, h.mul(i).add(t0), y, h)).mul(h));
    return [next, next];
  };
  const [, ys] = lax.scan(step, y0, np.arange(steps, { dtype: y0.dtype }));
  return np.concatenate([np.expandDims(y0, 0), ys]);
}

export interface AdaptiveOptions {
  /** The error that each step may make, absolute and relative to the state. */
  readonly tolerance: number;
  /** Steps after which it gives up, and the state is NaN; reverse mode keeps memory for as many. */
  readonly maxSteps: number;
}

interface Progress {
  readonly t: NDArray;
  readonly y: NDArray;
  /** f(t, y), the last stage of the step before. */
  readonly slope: NDArray;
  readonly h: NDArray;
  readonly steps: NDArray;
}

/** The root mean square of the error estimate, in units of what is tolerated. */
const errorOf = (estimate: NDArray, y: NDArray, next: NDArray, tolerance: number): NDArray =>
  np.sqrt(estimate.div(np.maximum(y.abs(), next.abs()).add(1).mul(tolerance)).square().mean());

/**
 * The state at t1 and the number of steps tried, by Dormand and Prince's method. The sizes of steps count as constants when it is
 * differentiated: the derivative is that of the method with these very steps.
 */
export function integrateAdaptively(
  f: VectorField,
  y0: NDArray,
  [t0, t1]: readonly [NDArray, NDArray],
  { tolerance, maxSteps }: AdaptiveOptions,
): { readonly y: NDArray; readonly steps: NDArray } {
  const step = ({ t, y, slope, h, steps }: Progress): Progress => {
    const ks = stages(f, dormandPrince, t, y, h, slope);
    const next = y.add(combine(dormandPrince.b, ks).mul(h));
    const error = errorOf(stopGradient(combine(dormandPrince.e, ks).mul(h)), stopGradient(y), stopGradient(next), tolerance);
    const fits = error.lessEqual(1);
    const factor = np.clip(np.power(np.maximum(error, 1e-10), -1 / 5).mul(0.9), 0.2, 5);
    const reached = np.where(fits, t.add(h), t);
    return {
      t: reached,
      y: np.where(fits, next, y),
      slope: np.where(fits, ks[6], slope),
      // Never past the end.
      h: np.minimum(h.mul(factor), t1.sub(reached)),
      steps: steps.add(1),
    };
  };
  const before = ({ t }: Progress): NDArray => t.less(t1);
  const start: Progress = { t: t0, y: y0, slope: f(t0, y0), h: t1.sub(t0).mul(0.01), steps: np.array(0, { dtype: "int32" }) };
  const { t, y, steps } = lax.whileLoop(before, step, start, { maxSteps });
  return { y: np.where(before({ t, y, slope: y, h: t, steps }), NaN, y), steps };
}
