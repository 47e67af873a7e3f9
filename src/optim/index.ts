// Optimization: losses, and optimizers as pure pairs of init and update over trees of parameters.

import "../install.js";

export { appliedHyperparams } from "./appliedHyperparams.js";
export { andThen, type Chain, chain, type ChainState, type EmptyState } from "./chain.js";
export type { Applied, Hyperparameter, Schedule, Varying } from "./hyperparameters.js";
export { identity } from "./identity.js";
export * from "./losses.js";
export * from "./optimizers.js";
export { plotSchedule, type PlotScheduleOptions } from "./plotSchedule.js";
export { reduceOnPlateau, type ReduceOnPlateauOptions, type ReduceOnPlateauState } from "./reduceOnPlateau.js";
export * from "./schedules/index.js";
export { applyUpdates, type Extras, type GradientTransformation, type ParamsOf, type Rules, type StateOf } from "./transformation.js";
export { type AnyTransformation, type Transformation, transformation, type TreeTransformation } from "./transformation.js";
export * from "./wrappers.js";
