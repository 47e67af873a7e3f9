// What a jitted call costs beyond its kernels: twelve leaves of four elements in a tree, so that the kernels are nothing.

import { jit, type NDArray, numpy as np } from "cotangent";
import { timed } from "../workload.js";

type Pair = { readonly w: NDArray; readonly b: NDArray };

const leaves = (): readonly Pair[] => Array.from({ length: 6 }, (_, i) => ({ w: np.full([4], i), b: np.full([4], -i) }));

export const workload = timed({
  "call 12 to 1": () => {
    const tree = leaves();
    const step = jit((pairs: readonly Pair[]) => pairs.reduce((sum, { w, b }) => sum.add(w).add(b), np.zeros([4])));
    return () => step(tree);
  },
  "call 12 to 12": () => {
    const tree = leaves();
    const step = jit((pairs: readonly Pair[]) => pairs.map(({ w, b }) => ({ w: w.add(1), b: b.add(1) })));
    return () => step(tree);
  },
});
