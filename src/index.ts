// The public face of cotangent.

import "./install.js";

export { NDArray, type ArrayLike, type NestedArray } from "./core/array.js";
export type { ClosedJaxpr } from "./core/closed.js";
export { type DebugSettings, setDebug } from "./core/debug.js";
export { findTracerLeaks } from "./core/leaks.js";
export type { DType } from "./core/dtype.js";
export * from "./core/errors.js";
export type { Shape } from "./core/shape.js";
export * as lax from "./lax/index.js";
export * as numpy from "./numpy/index.js";
export * as nn from "./nn/index.js";
export * as optim from "./optim/index.js";
export * as random from "./random/index.js";
export * as special from "./special/index.js";
export { checkpointName } from "./ops/checkpointName.js";
export { debugCallback, debugPrint } from "./ops/debugCallback.js";
export { stopGradient } from "./ops/stop.js";
export { checkpoint, type CheckpointOptions } from "./transform/checkpoint.js";
export { closureConvert } from "./transform/custom/closureConvert.js";
export { customBatching, type CustomBatchingRule } from "./transform/custom/customBatching.js";
export { customJvp, type CustomJvpRule } from "./transform/custom/customJvp.js";
export { customVjp, type CustomVjpRule } from "./transform/custom/customVjp.js";
export { hessian, jacfwd, jacrev, type Jacobian, type JacobianOptions } from "./transform/derivatives.js";
export { jvp, linearize, linearTranspose, type JvpOptions } from "./transform/forward.js";
export { grad, valueAndGrad, type Grad, type GradOptions, type ValueAndGrad } from "./transform/grad.js";
export { jit, type Jitted, type JitOptions } from "./transform/jit.js";
export type { LoopStages } from "./core/executable.js";
export type { Lowered } from "./transform/lowered.js";
export { evalShape, makeJaxpr, shapeDtype } from "./transform/makeJaxpr.js";
export { type CheckpointPolicy, checkpointPolicies } from "./transform/policies.js";
export { vjp, type Pullback, type VjpOptions } from "./transform/vjp.js";
export { vmap, type VmapOptions } from "./transform/vmap.js";
