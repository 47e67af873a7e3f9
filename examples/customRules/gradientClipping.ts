// Gradient clipping inside of a model: a function that changes nothing forward, and limits what comes back. Descent on a
// steep valley leaps out of it with plain gradients, and walks down it with clipped ones.
//
//   npx tsx examples/customRules/gradientClipping.ts
//
// Expected: plain descent is lost (NaN) after 10 steps; with clipping |x| is below 0.15 after 300.

import { type NDArray, customVjp, grad, lax, numpy as np } from "cotangent";
import { check } from "./check.js";

/** The identity, whose cotangents have each element within ±limit. The limit is a plain number, part of the program. */
const clipGradient = customVjp((x: NDArray, _limit: number) => x, {
  nondiffArgnums: 1,
  forward: (x) => [x, null],
  backward: (_, ct, limit) => [np.clip(ct, -limit, limit), null],
});

const valley = (x: NDArray): NDArray => x.mul(x).mul(x).mul(x).sum();
const guarded = (x: NDArray): NDArray => valley(clipGradient(x, 1));

/** Where descent with rate 0.05 stands after some steps. */
function descend(loss: (x: NDArray) => NDArray, steps: number): NDArray {
  const step = (x: NDArray, _: NDArray): [NDArray, null] => [x.sub(grad(loss)(x).mul(0.05)), null];
  return lax.scan(step, np.array([10, -4]), np.zeros([steps]))[0];
}

const lost = descend(valley, 10);
const found = descend(guarded, 300);
console.log(`plain descent, 10 steps:     ${lost}`);
console.log(`clipped descent, 300 steps:  ${found}`);
check("plain descent is lost", np.isnan(lost).any().item() === 1);
check("clipped descent is near the minimum", np.abs(found).max().item() < 0.15);
