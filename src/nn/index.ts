// Neural networks: activations, softmax and its kin, normalisation, layers as pure functions, initial values.

import "../install.js";

export * from "./activations.js";
export { dotProductAttention, type AttentionOptions } from "./attention.js";
export * as initializers from "./initializers.js";
export type { FanMode, FanOptions, InitDistribution, Initializer, InitOptions, VarianceScalingOptions } from "./initializers.js";
export { dense, dropout, embed, oneHot, type OneHotOptions } from "./layers.js";
export {
  type AffineOptions,
  batchNorm,
  type BatchNormOptions,
  batchNormState,
  type BatchNormState,
  groupNorm,
  type GroupNormOptions,
  layerNorm,
  type LayerNormOptions,
  rmsNorm,
  standardize,
  type StandardizeOptions,
} from "./normalize.js";
export { type Axes, logSoftmax, logsumexp, type LogSumExpOptions, softmax, type WhereOptions } from "./softmax.js";
export { avgPool, type AvgPoolOptions, conv, type ConvOptions, type DataFormat, maxPool, type PoolOptions } from "./windows.js";
