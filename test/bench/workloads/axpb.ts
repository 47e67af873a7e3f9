// The least work an array can get: memory bandwidth is the bound.

import { jit, type NDArray, numpy as np } from "cotangent";
import { timed } from "../workload.js";

const make = (size: number) => (): (() => NDArray) => {
  const x = np.linspace(-1, 1, size);
  const step = jit((a: NDArray) => a.mul(2).add(1));
  return () => step(x);
};

export const workload = timed({ "axpb 1e6": make(1e6), "axpb 16e6": make(16e6) }, ["axpb 1e6"]);
