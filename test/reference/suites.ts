// The suites of the harness, one for each file of reference values.

import { fileURLToPath } from "node:url";
import { functionSuite } from "./functions.js";
import type { Suite } from "./harness.js";
import { jaxprSuite } from "./jaxprs.js";
import { absentFunction, networkFunctions } from "./networkFunctions.js";
import { numpyFunctions } from "./numpyFunctions.js";
import { randomSuite } from "./random.js";

/** Beside the project. */
export const defaultFolder = fileURLToPath(new URL("../../../shared/reference", import.meta.url));

export const suites: readonly Suite[] = [functionSuite({ ...numpyFunctions, ...networkFunctions }, absentFunction), randomSuite, jaxprSuite];
