// Square matrix products.

import { jit, type NDArray, numpy as np, random } from "cotangent";
import { timed } from "../workload.js";

const make = (n: number) => (): (() => NDArray) => {
  const [a, b] = [0, 1].map((seed) => random.normal(random.key(seed), [n, n]));
  const step = jit((x: NDArray, y: NDArray) => np.matmul(x, y));
  return () => step(a, b);
};

export const workload = timed({ "gemm 256": make(256), "gemm 512": make(512), "gemm 1024": make(1024), "gemm 2048": make(2048) }, [
  "gemm 256",
]);
