// Checks of functions by their users: derivatives, batching, compilation, closeness, and arbitraries for property tests.

import "../install.js";

export { arrays, type ArrayOptions } from "./arbitraries/arrays.js";
export type { ElementOptions } from "./arbitraries/elements.js";
export { type ProgramOptions, randomPrograms } from "./arbitraries/programs.js";
export { broadcastableShapes, type DTypeOptions, dtypes, type ShapeOptions, shapes } from "./arbitraries/shapes.js";
export { type Tree, trees, type TreesOptions } from "./arbitraries/trees.js";
export { checkGrads } from "./checkGrads.js";
export { checkJit, type JitCheckOptions, type JitReport } from "./checkJit.js";
export { checkTransforms, type TransformOptions, type TransformReport } from "./checkTransforms.js";
export { checkVmap, type VmapCheckOptions, type VmapReport } from "./checkVmap.js";
export { assertClose, type Closeness } from "./close.js";
export { GradientCheckError, MissingPackageError, NotCloseError, TransformCheckError } from "./errors.js";
export type { Mode } from "./modes.js";
export { type ProgramStep, RandomProgram } from "./programs/program.js";
export type { StepName } from "./programs/steps.js";
export { assertProperty } from "./property.js";
export type { Verdict } from "./quotients.js";
export type { GradientCheck, GradientReport } from "./report.js";
export type { GradientOptions, Tolerances } from "./settings.js";
