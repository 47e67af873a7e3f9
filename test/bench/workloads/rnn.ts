// A tanh RNN as a scan, value and gradient of the mean square of its states.

import { jit, lax, type NDArray, numpy as np, random, valueAndGrad } from "cotangent";
import { timed, type Workload } from "../workload.js";

type Step = (h: NDArray, x: NDArray) => readonly [NDArray, NDArray];
type Scan = (step: Step, init: NDArray, xs: NDArray) => readonly [NDArray, NDArray];

const [STEPS, BATCH, INPUTS, STATES] = [128, 16, 32, 64];

/** `lax.scan`, once there is one. */
const scan = new Map<string, unknown>(Object.entries(lax)).get("scan") as Scan | undefined;

const make = (scanned: Scan) => (): (() => number) => {
  const normal = (seed: number, shape: readonly number[], scale: number): NDArray => random.normal(random.key(seed), shape).mul(scale);
  const params = { w: normal(0, [INPUTS, STATES], INPUTS ** -0.5), u: normal(1, [STATES, STATES], STATES ** -0.5), b: np.zeros([STATES]) };
  const xs = normal(2, [STEPS, BATCH, INPUTS], 1);
  const loss = ({ w, u, b }: typeof params, x: NDArray): NDArray => {
    const step: Step = (h, input) => {
      const next = np.tanh(input.matmul(w).add(h.matmul(u)).add(b));
      return [next, next];
    };
    return scanned(step, np.zeros([BATCH, STATES]), x)[1]
      .square()
      .mean();
  };
  const run = jit(valueAndGrad(loss));
  return () => run(params, xs)[0].item();
};

export const workload: Workload =
  scan === undefined ? { measure: () => [{ case: "rnn", note: "needs scan" }] } : timed({ rnn: make(scan) });
