// The whole time of a process that imports the library and computes 1+1, less that of one that does not.

import { leastOf, probe } from "../probes/process.js";
import type { Workload } from "../workload.js";

export const workload: Workload = {
  measure: ({ quick }) => {
    const runs = quick ? 1 : 7;
    const time = (name: string): number => leastOf(runs, () => probe(name).milliseconds);
    const bare = time("bare");
    return [{ case: "import", value: Math.max(0, time("import") - bare), note: `bare Node takes ${bare.toFixed(0)} ms` }];
  },
};
