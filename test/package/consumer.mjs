// A stranger's first program, run against the packed library: the derivative of a compiled function, both ways round.

import assert from "node:assert/strict";
import { grad, jit, numpy as np } from "cotangent";

const f = (x) => x.mul(x).sum();
const x = np.array([1, 2, 3]);

for (const slope of [grad(jit(f)), jit(grad(f))]) {
  const value = slope(x);
  assert.deepEqual(value.toArray(), [2, 4, 6]);
  console.log(String(value));
}
