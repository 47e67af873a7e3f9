// The Muon optimizer: scaleByMuon for matrices, AdamW for everything else.

import { requireOptions } from "../core/options.js";
import { type AdamWState, adamw } from "./adam.js";
import { chain } from "./chain.js";
import { type DecayState, addDecayedWeights } from "./decay.js";
import type { Hyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import type { Mask } from "./masks.js";
import { type MuonState, type ScaleByMuonOptions, scaleByMuon, scaleByMuonNames } from "./muonDirection.js";
import { type LabelFunction, partition } from "./partition.js";
import type { Transformation } from "./transformation.js";

export interface MuonOptions extends ScaleByMuonOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The matrices' decoupled weight decay; 0 by default. */
  readonly weightDecay?: Hyperparameter;
  /** The matrices that decay; all by default. */
  readonly weightDecayMask?: Mask;
  /** The learning rate of what is no matrix; the same by default. */
  readonly adamLearningRate?: LearningRate;
  /** What stays of Adam's mean at each step; 0.9 by default. */
  readonly adamB1?: Hyperparameter;
  /** What stays of Adam's mean of squares at each step; 0.999 by default. */
  readonly adamB2?: Hyperparameter;
  /** Added under Adam's root; 0 by default. */
  readonly adamEpsRoot?: Hyperparameter;
  /** The weight decay of what is no matrix; 0 by default. */
  readonly adamWeightDecay?: Hyperparameter;
}

/** The state of `muon`: two, each with `null` for the other's leaves. */
export interface MuonOptimizerState<Params> {
  readonly innerStates: {
    readonly muon: readonly [MuonState<Params>, DecayState, LearningRateState];
    readonly adam: AdamWState<Params>;
  };
}

const adamNames = ["adamLearningRate", "adamB1", "adamB2", "adamEpsRoot", "adamWeightDecay"];
const label: LabelFunction = (_, leaf) => (leaf.ndim === 2 ? "muon" : "adam");

/**
 * The Muon optimizer for matrices, AdamW for all other parameters. As `optax.contrib.muon`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when `update`
 * gets no parameters.
 * @example
 * const optimizer = optim.muon({ learningRate: 0.02, adamLearningRate: 1e-3 });
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function muon<Params = unknown>(options: MuonOptions): Transformation<Params, MuonOptimizerState<Params>>;
export function muon(options: MuonOptions): Transformation<unknown, MuonOptimizerState<unknown>> {
  requireOptions("muon", options, ["learningRate", "weightDecay", "weightDecayMask", ...scaleByMuonNames, ...adamNames]);
  const {
    learningRate,
    weightDecay = 0,
    weightDecayMask: mask,
    adamLearningRate = learningRate,
    adamB1,
    adamB2,
    adamEpsRoot,
    ...rest
  } = options;
  const { adamWeightDecay = 0, ...direction } = rest;
  const { eps = 1e-8, nesterov = true } = direction;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return partition(
    {
      muon: chain(scaleByMuon(direction), decay, scaleByLearningRate(learningRate)),
      adam: adamw({
        learningRate: adamLearningRate,
        b1: adamB1 ?? 0.9,
        b2: adamB2 ?? 0.999,
        eps,
        epsRoot: adamEpsRoot ?? 0,
        nesterov,
        weightDecay: adamWeightDecay,
      }),
    },
    label,
  );
}
