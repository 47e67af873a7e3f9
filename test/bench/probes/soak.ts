// A loop that makes 4 MB of results a step and donates nothing. Prints the largest resident size in megabytes of each half
// of the steps, and the milliseconds of a step. Words: the number of steps, and whether the event loop turns between them.

import { jit, type NDArray, numpy as np } from "cotangent";

const ELEMENTS = 1e6;
const [count, awaited] = [Number(process.argv[2]), process.argv[3] === "await"];
const turn = (): Promise<void> => new Promise((done) => void setImmediate(done));

const step = jit((x: NDArray) => x.mul(0.5).add(1));
let x = np.zeros([ELEMENTS]);
const most = [0, 0];
const every = Math.max(1, Math.floor(count / 1000));
const start = performance.now();
for (let i = 0; i < count; i++) {
  x = step(x);
  if (awaited) await turn();
  if (i % every !== 0) continue;
  const half = 2 * i < count ? 0 : 1;
  most[half] = Math.max(most[half], process.memoryUsage.rss() / 1e6);
}
console.log(JSON.stringify([...most, (performance.now() - start) / count]));
