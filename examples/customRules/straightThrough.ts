// A straight-through estimator: weights that are rounded to quarters have a derivative of zero almost everywhere, so nothing can
// be learnt. Passing the gradient through the rounding as if it were not there lets descent find them.
//
//   npx tsx examples/customRules/straightThrough.ts
//
// Expected: without the estimator the weights stay at 0; with it they become exactly 0.5, -1.25 and 2.

import { type NDArray, customJvp, grad, jit, numpy as np, random } from "cotangent";
import { check } from "./check.js";

const quarters = (w: NDArray): NDArray => np.round(w.mul(4)).div(4);

/** Rounds forward; its tangent goes straight through. */
const straightThrough = customJvp(quarters, { jvp: ([w], [dw]) => [quarters(w), dw] });

const truth = np.array([0.5, -1.25, 2]);
const inputs = random.normal(random.key(0), [64, 3]);
const targets = np.matmul(inputs, truth);

/** Descent on latent weights, of which the model only sees the rounded ones. */
function learn(rounded: (w: NDArray) => NDArray): NDArray {
  const loss = (w: NDArray): NDArray => {
    const error = np.matmul(inputs, rounded(w)).sub(targets);
    return error.mul(error).mean();
  };
  const step = jit((w: NDArray) => w.sub(grad(loss)(w).mul(0.05)));
  let latent = np.zeros([3]);
  for (let i = 0; i < 200; i++) latent = step(latent);
  return quarters(latent);
}

const [stuck, learnt] = [learn(quarters), learn(straightThrough)];
console.log(`plain rounding:    ${stuck}`);
console.log(`straight through:  ${learnt}`);
check("nothing is learnt through plain rounding", np.abs(stuck).max().item() === 0);
check("straight through, the weights are found exactly", np.abs(learnt.sub(truth)).max().item() === 0);
