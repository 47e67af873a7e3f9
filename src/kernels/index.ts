// The face of the kernels: reference implementations on host arrays, which know nothing of tracing.

export * from "./arithmetic.js";
export * from "./conv.js";
export * from "./cumulative.js";
export * from "./dot.js";
export * from "./elementwise.js";
export { clampedStarts, dynamicSlice, gather } from "./gather.js";
export type { GatherDimensionNumbers, GatherParams } from "./gather.js";
export * from "./host.js";
export * from "./layout.js";
export * from "./reduce.js";
export * from "./scalars.js";
export * from "./scatter.js";
export * from "./sort.js";
export * from "./threefry.js";
export * from "./window.js";
export type { IndexMode } from "./windowStarts.js";
