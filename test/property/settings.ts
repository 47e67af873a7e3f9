// How many random examples the property-based tests draw: few and always the same ones in the suite, many and new ones
// where COTANGENT_DEEP is set. Every program that a transform builds in these tests is checked.

import type * as fc from "fast-check";
import "../../src/install.js";
import { setDebug } from "../../src/core/debug.js";
import { installCompiler } from "../../src/core/executable.js";
import { interpret } from "../../src/interpret/evaluator.js";

const setting = process.env["COTANGENT_DEEP"];

/** Whether the long form of the suite runs. */
export const deep = setting !== undefined && setting !== "" && setting !== "0";

// Whatever the library compiles with, the same bits are asked of the evaluator that eager operations use.
installCompiler(interpret);
setDebug({ checkJaxprs: true });

/** Parameters of `fc.assert` for so many examples in the suite, and so many in the long form. */
export const runs = <T>(suite: number, long: number): fc.Parameters<T> => (deep ? { numRuns: long } : { numRuns: suite, seed: 20_240_601 });
