// One operation outside of jit: what the path from the user's call to the kernel costs.

import { random } from "cotangent";
import { timed } from "../workload.js";

export const workload = timed({
  eager: () => {
    const [x, y] = [0, 1].map((seed) => random.normal(random.key(seed), [1000]));
    return () => x.add(y);
  },
});
