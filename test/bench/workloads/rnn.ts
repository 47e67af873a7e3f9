// A tanh RNN as a scan, value and gradient of the mean square of its states.

import { jit, lax, type NDArray, numpy as np, random, valueAndGrad } from "cotangent";
import { timed } from "../workload.js";

const [STEPS, BATCH, INPUTS, STATES] = [128, 16, 32, 64];

export const workload = timed({
  rnn: () => {
    const normal = (seed: number, shape: readonly number[], scale: number): NDArray => random.normal(random.key(seed), shape).mul(scale);
    const params = {
      w: normal(0, [INPUTS, STATES], INPUTS ** -0.5),
      u: normal(1, [STATES, STATES], STATES ** -0.5),
      b: np.zeros([STATES]),
    };
    const xs = normal(2, [STEPS, BATCH, INPUTS], 1);
    const loss = ({ w, u, b }: typeof params, x: NDArray): NDArray => {
      const step = (h: NDArray, input: NDArray): [NDArray, NDArray] => {
        const next = np.tanh(input.matmul(w).add(h.matmul(u)).add(b));
        return [next, next];
      };
      return lax
        .scan(step, np.zeros([BATCH, STATES]), x)[1]
        .square()
        .mean();
    };
    const run = jit(valueAndGrad(loss));
    return () => run(params, xs)[0].item();
  },
});
