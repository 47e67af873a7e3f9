// A chain of elementwise operations with two elementary functions, reduced, and its gradient: one pass over memory at best.

import { jit, type NDArray, numpy as np, random, valueAndGrad } from "cotangent";
import { timed } from "../workload.js";

const f = (x: NDArray): NDArray => np.tanh(x.mul(2).add(1)).mul(np.exp(x.square().neg())).sum();

export const workload = timed({
  fused: () => {
    const x = random.normal(random.key(0), [1_000_000]);
    const step = jit(valueAndGrad(f));
    return () => step(x)[0].item();
  },
});
