// Prints the milliseconds of the first call of a step in this process: tracing, compiling and running, once the arrays
// are there. The word names the step.

import { mlpStep, tinyStep } from "../workloads/networks.js";

const step = process.argv[2] === "mlp" ? mlpStep() : tinyStep();
const start = performance.now();
step();
console.log(performance.now() - start);
