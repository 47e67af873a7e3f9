// Training as a fold: states, steps, batches, hooks, metrics and checkpoints. States are plain trees; a run that was interrupted
// and goes on from a checkpoint ends with the same bits as one that was not.

import "../install.js";

export { type BatchOptions, type Batches, batches, type Loader } from "./batches.js";
export type { Checkpoint } from "./checkpointFile.js";
export {
  checkpoints,
  type CheckpointsOptions,
  latestCheckpoint,
  type LatestOptions,
  saveCheckpoint,
  type SaveOptions,
} from "./checkpoints.js";
export { type Draft, edit } from "./edit.js";
export { fit, type FitOptions, type FitResult } from "./fit.js";
export type { Every, Hook, Measured, Moment, Outcome, Run, RunningHook } from "./hook.js";
export {
  each,
  earlyStop,
  type EarlyStopOptions,
  evaluate,
  type EvaluateOptions,
  type History,
  history,
  type HistoryRow,
  log,
  type LogOptions,
} from "./hooks.js";
export type { Json } from "./json.js";
export { accuracy, confusionMatrix, mean, type MeanState, type Metric, type MetricState, moments, type MomentsState } from "./metrics.js";
export { prefetch } from "./prefetch.js";
export { progress, type ProgressOptions, type Terminal } from "./progress.js";
export { repeat, type RepeatOptions } from "./repeat.js";
export { initState, type StateOptions, type Stepped, type TrainState } from "./state.js";
export {
  type CompiledStep,
  type Loss,
  type LossWithAux,
  makeStep,
  type Step,
  type StepContext,
  type StepMetrics,
  type StepOptions,
  type StepWithAuxOptions,
} from "./step.js";
