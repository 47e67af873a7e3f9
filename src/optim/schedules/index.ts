// The public names of schedules. README.md in this folder says which of them is which of PyTorch's schedulers.

export { addSchedules, clampSchedule, type ClampScheduleOptions, multiplicativeSchedule, multiplySchedules } from "./combine.js";
export { type MultiplicativeScheduleOptions, repeatSchedule, scaleSchedule, shiftSchedule } from "./combine.js";
export { cosineAnnealingSchedule, type CosineAnnealingScheduleOptions, cosineDecaySchedule } from "./cosine.js";
export { type CosineDecayScheduleOptions, cosineWarmRestartsSchedule, type CosineWarmRestartsScheduleOptions } from "./cosine.js";
export { type CyclicMode, cyclicSchedule, type CyclicScheduleOptions } from "./cyclic.js";
export { exponentialDecay, type ExponentialDecayOptions, inverseSqrtSchedule } from "./exponential.js";
export { type InverseSqrtScheduleOptions, stepDecaySchedule, type StepDecayScheduleOptions } from "./exponential.js";
export { joinSchedules } from "./join.js";
export { cosineOnecycleSchedule, type CosineOnecycleScheduleOptions, linearOnecycleSchedule } from "./oneCycle.js";
export { type LinearOnecycleScheduleOptions, oneCycleMomentumSchedule, type OneCycleMomentumScheduleOptions } from "./oneCycle.js";
export { oneCycleSchedule, type OneCycleScheduleOptions } from "./oneCycle.js";
export { type BoundariesAndScales, type Interpolation, multiStepDecaySchedule, type MultiStepDecayScheduleOptions } from "./piecewise.js";
export { piecewiseConstantSchedule, type PiecewiseConstantScheduleOptions, piecewiseInterpolateSchedule } from "./piecewise.js";
export type { PiecewiseInterpolateScheduleOptions } from "./piecewise.js";
export { constantSchedule, linearSchedule, type LinearScheduleOptions, polynomialSchedule } from "./polynomial.js";
export { type PolynomialScheduleOptions, warmupConstantSchedule, type WarmupConstantScheduleOptions } from "./polynomial.js";
export type { ScheduleLike, ScheduleValue, StepSchedule } from "./steps.js";
export { sgdrSchedule, warmupCosineDecaySchedule, type WarmupCosineDecayScheduleOptions } from "./warmup.js";
export { warmupExponentialDecaySchedule, type WarmupExponentialDecayScheduleOptions } from "./warmup.js";
