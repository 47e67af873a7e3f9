// A Hessian-vector product in x, forward over reverse.

import { grad, jit, jvp, type NDArray, numpy as np, random } from "cotangent";
import { timed } from "../workload.js";

const f = (x: NDArray, w: NDArray): NDArray => np.tanh(x.matmul(w)).pow(3).sum();

export const workload = timed({
  hvp: () => {
    const [x, w, v] = [0, 1, 2].map((seed) => random.normal(random.key(seed), [64, 64]));
    const step = jit((a: NDArray, b: NDArray, da: NDArray) => jvp((y: NDArray) => grad(f)(y, b), [a], [da])[1]);
    return () => step(x, w, v);
  },
});
