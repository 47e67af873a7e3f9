// The suites of the harness, one for each file of reference values.

import { fileURLToPath } from "node:url";
import { functionSuite } from "./functions.js";
import type { Suite } from "./harness.js";
import { jaxprSuite } from "./jaxprs.js";
import { lossSuite } from "./losses.js";
import { absentFunction, coarseFunctions, networkFunctions } from "./networkFunctions.js";
import { numpyFunctions } from "./numpyFunctions.js";
import { optimizers, torchOptimizers } from "./optimizerFunctions.js";
import { optimizerSuite, torchOptimizerSuite } from "./optimizers.js";
import { randomSuite } from "./random.js";
import { optaxSchedules, torchSchedules } from "./scheduleFunctions.js";
import { scheduleSuite } from "./schedules.js";
import { losses } from "./trainingFunctions.js";

/** Beside the project. */
export const defaultFolder = fileURLToPath(new URL("../../../shared/reference", import.meta.url));

export const suites: readonly Suite[] = [
  functionSuite({ mappings: { ...numpyFunctions, ...networkFunctions }, absent: absentFunction, coarse: coarseFunctions }),
  lossSuite(losses),
  randomSuite,
  jaxprSuite,
  optimizerSuite(optimizers),
  scheduleSuite(optaxSchedules, torchSchedules),
  torchOptimizerSuite(torchOptimizers),
];
