// The public names of losses. Each gives one number for each element, or for each example where it reduces an axis, as Optax's do:
// take the mean or sum yourself. Predictions and targets are promoted to one floating dtype and broadcast.

export { type BinaryCrossEntropyOptions, type CrossEntropyOptions, type FocalLossOptions, klDivergence } from "./losses/classification.js";
export { klDivergenceWithLogTargets, sigmoidBinaryCrossEntropy, sigmoidFocalLoss, smoothLabels } from "./losses/classification.js";
export { softmaxCrossEntropy, softmaxCrossEntropyWithIntegerLabels } from "./losses/classification.js";
export { ctcLoss, type CtcOptions } from "./losses/ctc.js";
export { contrastiveLoss, hingeLoss, type MarginOptions, marginRankingLoss, multiclassHingeLoss } from "./losses/margins.js";
export { multiclassPerceptronLoss, perceptronLoss, tripletMarginLoss, type TripletMarginOptions } from "./losses/margins.js";
export type { AxisOptions, MaskOption } from "./losses/masked.js";
export { absoluteError, gaussianNll, type GaussianNllOptions, huberLoss, type HuberOptions, l2Loss, logCosh } from "./losses/regression.js";
export { pinballLoss, poissonNll, type PoissonNllOptions, quantileLoss, squaredError } from "./losses/regression.js";
export {
  cosineDistance,
  type CosineOptions,
  cosineSimilarity,
  diceLoss,
  type DiceOptions,
  ntXent,
  type NtXentOptions,
} from "./losses/similarity.js";
