// The first call of a step, each in a process of its own, of which the fastest counts.

import { leastOf, probe } from "../probes/process.js";
import type { Workload } from "../workload.js";

export const workload: Workload = {
  measure: ({ quick }) =>
    ["tiny", "mlp"].slice(0, quick ? 1 : 2).map((name) => ({
      case: `first ${name}`,
      value: leastOf(quick ? 1 : 5, () => Number(probe("first", [name]).printed)),
    })),
};
