// Optimization: losses, and optimizers as pure pairs of init and update over trees of parameters.

import "../install.js";

export { adam, type AdamOptimizerState, type AdamOptions, type AdamState, scaleByAdam, type ScaleByAdamOptions } from "./adam.js";
export { type LearningRate, type LearningRateState, scaleByLearningRate, type Schedule } from "./learningRate.js";
export {
  type AxisOptions,
  cosineDistance,
  type CosineOptions,
  cosineSimilarity,
  hingeLoss,
  huberLoss,
  klDivergence,
  l2Loss,
  logCosh,
  sigmoidBinaryCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyWithIntegerLabels,
  squaredError,
} from "./losses.js";
export { sgd, type SgdOptions, type SgdState, trace, type TraceOptions, type TraceState } from "./sgd.js";
export { applyUpdates, chain, type GradientTransformation, type StateOf } from "./transformation.js";
