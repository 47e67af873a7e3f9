// A loop that makes 4 MB of results a step and donates nothing: what stays resident. With `await`, the event loop turns
// between steps, so that finalizers run; without, nothing but the runtime's own care keeps memory bounded.

import { jit, type NDArray, numpy as np } from "cotangent";
import type { Figure, Settings, Workload } from "../workload.js";

const ELEMENTS = 1e6;
const turn = (): Promise<void> => new Promise((done) => void setImmediate(done));

async function soak(name: string, { steps, quick }: Settings, awaited: boolean): Promise<readonly Figure[]> {
  const count = quick ? 20 : steps;
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
  const milliseconds = (performance.now() - start) / count;
  return [
    { case: name, value: Math.max(...most), note: `${count} steps, ${milliseconds.toFixed(2)} ms each` },
    { case: `${name} growth`, value: Math.max(0, most[1] - most[0]) },
  ];
}

export const workload: Workload = {
  measure: async (settings) => [...(await soak("soak", settings, false)), ...(await soak("soak await", settings, true))],
};
