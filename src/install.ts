// The composition root: puts the compiler under jit and the methods on arrays. The only module with a side effect, and
// every public entry imports it first.

import { installCompiler } from "./core/executable.js";
import { interpret } from "./interpret/evaluator.js";

installCompiler(interpret);
