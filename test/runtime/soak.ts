// A loop of compiled calls whose results of 4 MB are dropped: `soak.ts STEPS MODE`, where MODE is undonated, donated or
// awaited. Prints the largest resident size in MB and the last value.

import { jit, numpy as np, type NDArray } from "../../src/index.js";

const steps = Number(process.argv[2]);
const mode = process.argv[3];
const step = jit((x: NDArray) => x.mul(0.5).add(1), mode === "donated" ? { donateArgnums: 0 } : {});

let x: NDArray = np.zeros([2 ** 20]);
let largest = 0;
for (let i = 0; i < steps; i++) {
  x = step(x);
  if (mode === "awaited" && i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  if (i % 20 === 0) largest = Math.max(largest, process.memoryUsage.rss() / 2 ** 20);
}
console.log(JSON.stringify({ largest, last: x.toTypedArray()[5] }));
