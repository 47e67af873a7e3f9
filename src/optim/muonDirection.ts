// Muon (Jordan et al. 2024): momentum whose matrices are made orthogonal, which is the steepest descent in the spectral norm.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { mul } from "../ops/arithmetic.js";
import { reduceSum } from "../ops/broadcast.js";
import { meanAhead } from "./adam.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { nextMean } from "./moments.js";
import { type NewtonSchulzCoefficients, checkCoefficients, orthogonalized } from "./newtonSchulz.js";
import { checkCount } from "./requirements.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface MuonState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean of the gradients. */
  readonly mu: Params;
  /** What the last update applied. */
  readonly hyperparams: Applied<"beta">;
}

export interface ScaleByMuonOptions {
  /** The coefficients of the iteration; Jordan's (3.4445, −4.775, 2.0315) by default. */
  readonly nsCoeffs?: NewtonSchulzCoefficients;
  /** Its steps; 5 by default. */
  readonly nsSteps?: number;
  /** What stays of the mean at each step; 0.95 by default. */
  readonly beta?: Hyperparameter;
  /** Added to the length that a matrix is divided by; 1e-8 by default. */
  readonly eps?: number;
  /** Whether the momentum looks one step ahead; true by default. */
  readonly nesterov?: boolean;
  /** Whether updates are multiplied by the scalar product of momentum and update (Bernstein and Newhouse 2024); false by default. */
  readonly adaptive?: boolean;
}

export const scaleByMuonNames = ["nsCoeffs", "nsSteps", "beta", "eps", "nesterov", "adaptive"] as const;

const jordan: NewtonSchulzCoefficients = [3.4445, -4.775, 2.0315];

/** `√max(1, columns / rows) · u`: the update of one unit of a layer has a size that does not depend on the layer's. */
const scaledBySides = (u: NDArray): NDArray => mul(u, Math.sqrt(Math.max(1, u.shape[1] / u.shape[0])));

/**
 * The momentum of each matrix, made orthogonal by Newton–Schulz steps. All leaves must be matrices; `muon` leaves the others
 * to Adam. As `optax.contrib.scale_by_muon`.
 *
 * @throws OptionError for an unknown option, or one out of range; ShapeError when `update` meets what is no matrix.
 * @example optim.chain(optim.scaleByMuon(), optim.scaleByLearningRate(0.02))
 */
export function scaleByMuon<Params = unknown>(options: ScaleByMuonOptions = {}): Transformation<Params, MuonState<Params>> {
  const op = "scaleByMuon";
  checkOptions(op, options, scaleByMuonNames);
  const { nsCoeffs = jordan, nsSteps = 5, beta = 0.95, eps = 1e-8, nesterov = true, adaptive = false } = options;
  checkCoefficients(op, nsCoeffs);
  checkCount(op, "nsSteps", nsSteps);
  checkHyperparameter(op, "beta", beta, { from: 0, below: 1 });
  const evaluate = hyperparameters(op, { beta });
  const direction = (m: NDArray): NDArray => {
    const u = orthogonalized(m, nsCoeffs, nsSteps, eps);
    return scaledBySides(adaptive ? mul(u, reduceSum(mul(u, m))) : u);
  };
  return transformation<Params, MuonState<Params>>({
    floating: "scaleByMuon",
    like: (state) => state.mu,
    init: (params) => ({ count: noSteps(), mu: zerosOf(params), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, state) => {
      const { values, applied } = evaluate(state.count);
      const count = oneMore(state.count);
      const mu = nextMean(values.beta, grads, state.mu);
      const momentum = meanAhead(values.beta, count, grads, mu, nesterov);
      return [mapLeaves(direction, momentum), { count, mu, hyperparams: applied }];
    },
  });
}
