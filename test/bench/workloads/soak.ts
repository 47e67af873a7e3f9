// What stays resident when every step makes 4 MB of results and donates nothing. With `await`, the event loop turns between
// steps, so that finalizers run; without, nothing but the runtime's own care keeps memory bounded. A process for each.

import { probe } from "../probes/process.js";
import type { Figure, Workload } from "../workload.js";

function soak(name: string, steps: number, how: string): readonly Figure[] {
  const [first, second, milliseconds] = JSON.parse(probe("soak", [String(steps), how]).printed) as readonly number[];
  return [
    { case: name, value: Math.max(first, second), note: `${steps} steps, ${milliseconds.toFixed(2)} ms each` },
    { case: `${name} growth`, value: Math.max(0, second - first) },
  ];
}

export const workload: Workload = {
  measure: ({ quick, steps }) => {
    const count = quick ? 20 : steps;
    return [...soak("soak", count, "synchronous"), ...soak("soak await", count, "await")];
  },
};
