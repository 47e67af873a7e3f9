// The public names of what wraps and limits transformations, and of the optimizers that are more than a chain.

export { addNoise, type AddNoiseOptions, type AddNoiseState } from "./addNoise.js";
export { applyIfFinite, type ApplyIfFiniteState } from "./applyIfFinite.js";
export { centralize } from "./centralize.js";
export { adaptiveGradClip, type AdaptiveGradClipOptions, clip, clipByBlockRms, clipByGlobalNorm } from "./clipping.js";
export { type ConditionalState, conditionallyMask, conditionallyTransform, type StepCondition } from "./conditionally.js";
export { keepParamsNonnegative, zeroNans, type ZeroNansState } from "./constraining.js";
export { ema, type EmaOptions, type EmaState } from "./ema.js";
export { injectHyperparams, type InjectHyperparamsState } from "./injectHyperparams.js";
export { type LbfgsState, scaleByLbfgs, type ScaleByLbfgsOptions } from "./lbfgsDirection.js";
export {
  type Lookahead,
  lookahead,
  type LookaheadOptions,
  type LookaheadParams,
  lookaheadParams,
  type LookaheadState,
} from "./lookahead.js";
export { masked, type MaskedState } from "./masked.js";
export type { Mask, MaskFunction } from "./masks.js";
export { multiSteps, type MultiStepsOptions, type MultiStepsState, skipLargeUpdates, skipNotFinite } from "./multiSteps.js";
export { muon, type MuonOptimizerState, type MuonOptions } from "./muon.js";
export { type MuonState, scaleByMuon, type ScaleByMuonOptions } from "./muonDirection.js";
export type { NewtonSchulzCoefficients } from "./newtonSchulz.js";
export { normalize } from "./normalize.js";
export { globalNorm } from "./norms.js";
export { freeze, type LabelFunction, type Labels, partition, type PartitionState, setToZero } from "./partition.js";
export { polyakSgd, type PolyakSgdOptions, type PolyakSgdState, type PolyakState, scaleByPolyak } from "./polyak.js";
export type { ScaleByPolyakOptions } from "./polyak.js";
export { prodigy, type ProdigyOptions, type ProdigyState } from "./prodigy.js";
export { sam, type SamOptions, type SamState } from "./sam.js";
export { scheduleFree, scheduleFreeEvalParams, type ScheduleFreeOptions, type ScheduleFreeState } from "./scheduleFree.js";
export { scheduleFreeAdamw, type ScheduleFreeAdamWOptions, type ScheduleFreeAdamWState } from "./scheduleFreeOptimizers.js";
export { scheduleFreeSgd, type ScheduleFreeSgdOptions, type ScheduleFreeSgdState } from "./scheduleFreeOptimizers.js";
export { lbfgs, type LbfgsOptimizerState, type LbfgsOptions } from "./lbfgs.js";
export { type BacktrackingInfo, type BacktrackingLinesearchOptions, type BacktrackingLinesearchState } from "./linesearch/backtracking.js";
export { scaleByBacktrackingLinesearch } from "./linesearch/backtracking.js";
export { valueAndGradFromState } from "./linesearch/fromState.js";
export { scaleByZoomLinesearch, type ZoomInfo, type ZoomLinesearchOptions, type ZoomLinesearchState } from "./linesearch/zoom.js";
