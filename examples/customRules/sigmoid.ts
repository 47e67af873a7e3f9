// A sigmoid with its own backward pass. Written out, 1 / (1 + exp(-x)) has a derivative that overflows far to the left: inf / inf
// is NaN. Its mathematics is gentler: s' = s (1 - s), which needs nothing but the value that the forward pass has anyway.
//
//   npx tsx examples/customRules/sigmoid.ts
//
// Expected: the plain gradient at -1000 is NaN, the rule's is 0; both are 0.25 at 0.

import { type NDArray, customVjp, grad, jit, numpy as np, vmap } from "cotangent";
import { check } from "./check.js";

const plain = (x: NDArray): NDArray => np.divide(1, np.exp(x.neg()).add(1));

const sigmoid = customVjp(plain, {
  forward: (x) => {
    const y = plain(x);
    return [y, y];
  },
  backward: (y, ct) => [ct.mul(y).mul(np.subtract(1, y))],
});

const points = np.array([-1000, -1, 0, 1, 1000]);
const slopes = (f: (x: NDArray) => NDArray): NDArray => jit(vmap(grad(f)))(points);

console.log(`x                 ${points}`);
console.log(`sigmoid           ${sigmoid(points)}`);
console.log(`plain derivative  ${slopes(plain)}`);
console.log(`with the rule     ${slopes(sigmoid)}`);

const [plainSlopes, ruleSlopes] = [slopes(plain).toTypedArray(), slopes(sigmoid).toTypedArray()];
check("the plain derivative overflows at -1000", Number.isNaN(plainSlopes[0]));
check("the rule's derivative is 0 there", ruleSlopes[0] === 0);
check(
  "both agree elsewhere",
  [1, 2, 3].every((i) => Math.abs(plainSlopes[i] - ruleSlopes[i]) < 1e-7),
);
