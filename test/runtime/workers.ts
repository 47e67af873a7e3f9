// Counts the workers that a program starts: after a call that is too small to share, and after one that is shared. It ends neither
// them nor itself.

import { jit, numpy as np, type NDArray } from "../../src/index.js";

interface Workers {
  Worker: new (...args: unknown[]) => object;
}

const workers = process.getBuiltinModule("node:worker_threads") as unknown as Workers;
let started = 0;
workers.Worker = class extends workers.Worker {
  constructor(...args: unknown[]) {
    super(...args);
    started++;
  }
};

const square = jit((x: NDArray) => x.matmul(x).sum());
const sums = [square(np.ones([4, 4])).item()];
const counts = [started];
for (let i = 0; i < 20; i++) sums[1] = square(np.ones([256, 256])).item();
counts.push(started);
// Time for the workers to come up, and to park.
await new Promise((resolve) => setTimeout(resolve, 100));
sums.push(square(np.ones([256, 256])).item());
console.log(JSON.stringify({ counts, sums }));
