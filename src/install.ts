// The composition root: puts the compiler under jit and the methods on arrays. The only module with a side effect, and
// every public entry imports it first.

import { installCompiler } from "./core/executable.js";
import { compileProgram, evaluateEagerly } from "./runtime/evaluator.js";
import { installMethods } from "./numpy/methods.js";

// The types of the methods come with it.
export type { ArrayMethods } from "./numpy/methods.js";

installCompiler(compileProgram, evaluateEagerly);
installMethods();
