// A scan of 100,000 steps whose body is ten operations on a number: what a step costs. One step of the logistic map and a few
// more operations, each of which needs the one before.

import { jit, lax, type NDArray, numpy as np } from "cotangent";
import { timed } from "../workload.js";

const STEPS = 100_000;

/** Ten operations. */
const body = (x: NDArray): NDArray => {
  const y = x.mul(3.7).mul(np.subtract(1, x));
  return y.mul(y).add(x).mul(0.25).add(y).mul(0.5).sub(0.001);
};

export const workload = timed({
  "scan 100,000": () => {
    const run = jit((x: NDArray) => lax.foriLoop(0, STEPS, (_, carry: NDArray) => body(carry), x));
    const start = np.array(0.4);
    return () => run(start).item();
  },
});
