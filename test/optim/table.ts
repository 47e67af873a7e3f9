// The table of optimizers: a row for everything that the library exports and that has `init` and `update`. The laws of
// laws.test.ts hold for every row. A new optimizer without a row does not compile.

import { type NDArray, numpy as np, optim } from "../../src/index.js";
import type { Shape } from "../../src/core/shape.js";

/** The parameters that the laws use; transformations take any tree. */
export type Tree = unknown;
export type Optimizer = optim.GradientTransformation<Tree, unknown>;

type Exports = typeof optim;
type Made<K extends keyof Exports> = Exports[K] extends (...args: never[]) => infer R ? R : never;

/** The names of all functions of `optim` that make a transformation. */
export type OptimizerName = {
  [K in keyof Exports]: Made<K> extends optim.AnyTransformation ? ([Made<K>] extends [never] ? never : K) : never;
}[keyof Exports];

export interface Row {
  make(): Optimizer;
  /** What updates are on zero gradients, at the first step: nothing, minus a part of the parameters, or something else. */
  readonly onZeros: "nothing" | "decay" | "other";
  /**
   * What makes steps downhill of the updates: nothing more (`optimizer`), a factor (`direction`: they point as gradients do),
   * or they are never meant to (`none`).
   */
  readonly descends?: "optimizer" | "direction" | "none";
  /** The factor that makes steps of a direction; 0.05 unless said otherwise. */
  readonly factor?: number;
  /** Steps for a quadratic to fall below half of what it was; 40 unless said otherwise. */
  readonly steps?: number;
  /** Whether only matrices are taken. */
  readonly matrices?: boolean;
  /** How far compiled and eager float32 results may be apart, relative to the larger of 1 and the value; 1e-5 unless said otherwise. */
  readonly tolerance?: number;
  /** Whether the loss is looked at, to find a step or to see a plateau. */
  readonly searches?: boolean;
  /** Whether a zero gradient has no finite derivative, because a root of squares is taken there (Adam's `epsRoot` is for that). */
  readonly rootAtZero?: boolean;
}

const rate = 0.1;
const schedule = (step: NDArray): NDArray => step.astype("float32").add(1).pow(-0.5).mul(0.1);
const sgd = (): optim.TreeTransformation<unknown> => optim.sgd({ learningRate: rate, momentum: 0.9 });
const isMatrix = (_: unknown, leaf: { readonly shape: Shape }): boolean => leaf.shape.length > 1;

/** Fast and slow parameters as one optimizer of the fast ones, which keeps the slow ones in its state. */
function lookahead(): Optimizer {
  const both = optim.lookahead<Tree, unknown>(sgd(), { syncPeriod: 3, slowStepSize: 0.5 });
  type State = readonly [Tree, ReturnType<typeof both.init>];
  return optim.transformation<Tree, State>({
    init: (params) => {
      const { slow } = optim.lookaheadParams(params);
      return [slow, both.init({ fast: params, slow })];
    },
    update: (grads, [slow, state], params, extras) => {
      const [updates, next] = both.update(grads, state, { fast: params, slow }, extras);
      return [updates.fast, [optim.applyUpdates(slow, updates.slow), next]];
    },
  });
}

/** Rows: `make`, then how it differs from a plain optimizer that does nothing on zero gradients. */
export const table: Readonly<Record<OptimizerName | "lookahead", Row>> = {
  // Framework
  chain: { make: () => optim.chain(optim.clipByGlobalNorm(1), sgd()), onZeros: "nothing" },
  transformation: {
    make: () => optim.transformation({ init: () => [], update: (grads, state) => [grads, state] }),
    onZeros: "nothing",
    descends: "direction",
  },
  identity: { make: () => optim.identity(), onZeros: "nothing", descends: "direction" },
  scale: { make: () => optim.scale(-0.1), onZeros: "nothing" },
  scaleByLearningRate: { make: () => optim.scaleByLearningRate(schedule), onZeros: "nothing" },
  addDecayedWeights: { make: () => optim.addDecayedWeights(0.01, { mask: isMatrix }), onZeros: "decay", descends: "direction" },
  trace: { make: () => optim.trace({ decay: 0.9, nesterov: true }), onZeros: "nothing", descends: "direction" },
  scaleByAdadelta: { make: () => optim.scaleByAdadelta(), onZeros: "nothing", descends: "direction", factor: 1, steps: 200 },
  scaleByAdamax: { make: () => optim.scaleByAdamax(), onZeros: "nothing", descends: "direction" },
  scaleByAmsgrad: { make: () => optim.scaleByAmsgrad(), onZeros: "nothing", rootAtZero: true, descends: "direction" },
  scaleByBelief: { make: () => optim.scaleByBelief(), onZeros: "nothing", descends: "direction" },
  scaleByFactoredRms: {
    make: () => optim.scaleByFactoredRms({ minDimSizeToFactor: 2 }),
    onZeros: "nothing",
    rootAtZero: true,
    descends: "direction",
  },
  scaleByLion: { make: () => optim.scaleByLion(), onZeros: "nothing", descends: "direction" },
  scaleByNadam: { make: () => optim.scaleByNadam(), onZeros: "nothing", rootAtZero: true, descends: "direction" },
  scaleByNovograd: { make: () => optim.scaleByNovograd(), onZeros: "nothing", rootAtZero: true, descends: "direction" },
  scaleByParamBlockNorm: { make: () => optim.scaleByParamBlockNorm(), onZeros: "nothing", descends: "direction" },
  scaleByParamBlockRms: { make: () => optim.scaleByParamBlockRms(), onZeros: "nothing", descends: "direction" },
  scaleByRadam: { make: () => optim.scaleByRadam(), onZeros: "nothing", rootAtZero: true, descends: "direction" },
  scaleByRms: { make: () => optim.scaleByRms(), onZeros: "nothing", descends: "direction" },
  scaleByRprop: { make: () => optim.scaleByRprop({ learningRate: 0.01 }), onZeros: "nothing", descends: "direction" },
  scaleByRss: { make: () => optim.scaleByRss(), onZeros: "nothing", descends: "direction" },
  scaleBySign: { make: () => optim.scaleBySign(), onZeros: "nothing", descends: "direction" },
  scaleBySm3: { make: () => optim.scaleBySm3(), onZeros: "nothing", descends: "direction" },
  scaleByStddev: { make: () => optim.scaleByStddev(), onZeros: "nothing", descends: "direction" },
  scaleByTrustRatio: { make: () => optim.scaleByTrustRatio(), onZeros: "nothing", descends: "direction" },
  scaleByYogi: { make: () => optim.scaleByYogi(), onZeros: "other", descends: "direction" },
  scaleByAdam: { make: () => optim.scaleByAdam(), onZeros: "nothing", rootAtZero: true, descends: "direction" },

  // Named
  sgd: { make: () => optim.sgd({ learningRate: schedule, momentum: 0.9, nesterov: true }), onZeros: "nothing" },
  adam: { make: () => optim.adam({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  adamw: { make: () => optim.adamw({ learningRate: rate, weightDecay: 0.01 }), onZeros: "decay", rootAtZero: true },
  amsgrad: { make: () => optim.amsgrad({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  adamax: { make: () => optim.adamax({ learningRate: rate }), onZeros: "nothing" },
  adamaxw: { make: () => optim.adamaxw({ learningRate: rate, weightDecay: 0.01 }), onZeros: "decay" },
  nadam: { make: () => optim.nadam({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  nadamw: { make: () => optim.nadamw({ learningRate: rate, weightDecay: 0.01 }), onZeros: "decay", rootAtZero: true },
  radam: { make: () => optim.radam({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  yogi: { make: () => optim.yogi({ learningRate: rate }), onZeros: "other" },
  adabelief: { make: () => optim.adabelief({ learningRate: rate }), onZeros: "nothing" },
  rmsprop: { make: () => optim.rmsprop({ learningRate: rate, centered: true, momentum: 0.9 }), onZeros: "nothing" },
  adagrad: { make: () => optim.adagrad({ learningRate: rate }), onZeros: "nothing" },
  adadelta: { make: () => optim.adadelta({ learningRate: 1 }), onZeros: "nothing", steps: 200 },
  lion: { make: () => optim.lion({ learningRate: 0.01, weightDecay: 0.01 }), onZeros: "decay" },
  lamb: { make: () => optim.lamb({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  lars: { make: () => optim.lars({ learningRate: 5 }), onZeros: "nothing" },
  novograd: { make: () => optim.novograd({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  sm3: { make: () => optim.sm3({ learningRate: rate }), onZeros: "nothing" },
  adafactor: { make: () => optim.adafactor({ learningRate: rate, minDimSizeToFactor: 2 }), onZeros: "nothing", rootAtZero: true },
  rprop: { make: () => optim.rprop({ learningRate: 0.01 }), onZeros: "nothing" },

  // Limits
  clip: { make: () => optim.clip(0.5), onZeros: "nothing", descends: "direction" },
  clipByGlobalNorm: { make: () => optim.clipByGlobalNorm(1), onZeros: "nothing", descends: "direction" },
  clipByBlockRms: { make: () => optim.clipByBlockRms(0.5), onZeros: "nothing", descends: "direction" },
  adaptiveGradClip: { make: () => optim.adaptiveGradClip(0.5), onZeros: "nothing", descends: "direction" },
  centralize: { make: () => optim.centralize(), onZeros: "nothing", descends: "none" },
  normalize: { make: () => optim.normalize(), onZeros: "nothing", descends: "direction" },
  keepParamsNonnegative: { make: () => optim.keepParamsNonnegative(), onZeros: "other", descends: "none" },
  zeroNans: { make: () => optim.zeroNans(), onZeros: "nothing", descends: "direction" },
  setToZero: { make: () => optim.setToZero(), onZeros: "nothing", descends: "none" },
  addNoise: { make: () => optim.addNoise({ eta: 1e-4, gamma: 0.55, seed: 3 }), onZeros: "other", descends: "direction" },
  ema: { make: () => optim.ema({ decay: 0.9 }), onZeros: "nothing", descends: "direction" },

  // Wrappers
  applyIfFinite: { make: () => optim.applyIfFinite(sgd(), 2), onZeros: "nothing" },
  masked: { make: () => optim.masked(optim.scale(-0.1), () => true), onZeros: "nothing" },
  freeze: { make: () => optim.freeze(isMatrix), onZeros: "nothing", descends: "none" },
  partition: {
    make: () =>
      optim.partition({ matrix: optim.adam({ learningRate: rate }), rest: sgd() }, (_, leaf) => (leaf.ndim > 1 ? "matrix" : "rest")),
    onZeros: "nothing",
    rootAtZero: true,
  },
  multiSteps: { make: () => optim.multiSteps(sgd(), 3), onZeros: "nothing" },
  lookahead: { make: lookahead, onZeros: "nothing" },
  injectHyperparams: {
    make: () => optim.injectHyperparams(optim.adam, { learningRate: schedule, b1: 0.8 }),
    onZeros: "nothing",
    rootAtZero: true,
  },
  conditionallyTransform: {
    make: () => optim.conditionallyTransform(optim.clip(0.5), (step) => step.less(1)),
    onZeros: "nothing",
    descends: "direction",
  },
  conditionallyMask: { make: () => optim.conditionallyMask(sgd(), (step) => np.remainder(step, 2).equal(0)), onZeros: "nothing" },

  // Special
  scaleByLbfgs: { make: () => optim.scaleByLbfgs({ memorySize: 3 }), onZeros: "nothing", descends: "direction" },
  lbfgs: { make: () => optim.lbfgs({ memorySize: 3 }), onZeros: "nothing", searches: true },
  scaleByBacktrackingLinesearch: {
    make: () => optim.chain(optim.scale(-1), optim.scaleByBacktrackingLinesearch({ maxBacktrackingSteps: 5, storeGrad: true })),
    onZeros: "nothing",
    searches: true,
  },
  scaleByZoomLinesearch: {
    make: () => optim.chain(optim.scale(-1), optim.scaleByZoomLinesearch({ maxLinesearchSteps: 6 })),
    onZeros: "nothing",
    searches: true,
  },
  scaleByMuon: { make: () => optim.scaleByMuon(), onZeros: "nothing", descends: "direction", matrices: true },
  muon: { make: () => optim.muon({ learningRate: 0.05 }), onZeros: "nothing", rootAtZero: true },
  scheduleFree: { make: () => optim.scheduleFree(optim.sgd({ learningRate: rate }), { learningRate: rate }), onZeros: "nothing" },
  scheduleFreeSgd: { make: () => optim.scheduleFreeSgd({ learningRate: rate, warmupSteps: 3 }), onZeros: "nothing" },
  scheduleFreeAdamw: { make: () => optim.scheduleFreeAdamw({ learningRate: rate }), onZeros: "nothing", rootAtZero: true },
  prodigy: { make: () => optim.prodigy({ estimLr0: 0.01 }), onZeros: "nothing" },
  sam: { make: () => optim.sam(sgd(), optim.chain(optim.normalize(), optim.sgd({ learningRate: 0.05 }))), onZeros: "other" },
  scaleByPolyak: { make: () => optim.scaleByPolyak(), onZeros: "nothing", descends: "direction" },
  polyakSgd: { make: () => optim.polyakSgd(), onZeros: "nothing" },
  reduceOnPlateau: {
    make: () => optim.reduceOnPlateau({ factor: 0.5, patience: 5 }),
    onZeros: "nothing",
    descends: "direction",
    searches: true,
  },
};
