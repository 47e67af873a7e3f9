// Adam alone: 28 bytes are read or written for each parameter, so memory's bandwidth is the bound.

import { jit, type NDArray, numpy as np, optim, random } from "cotangent";
import { best, type Settings, type Workload } from "../workload.js";

type Leaves = readonly NDArray[];

const COUNT = 1e6;

/** Adam's step on `count` parameters in equal leaves; the gradients stay the same. */
export function adamOnly(count: number, parts: number): () => void {
  const leaf = (seed: number): NDArray => random.normal(random.key(seed), [Math.ceil(count / parts)]);
  const numbers = Array.from({ length: parts }, (_, i) => i);
  const grads = numbers.map((i) => leaf(i));
  const optimizer = optim.adam<Leaves>({ learningRate: 1e-3 });
  const update = (params: Leaves, state: ReturnType<typeof optimizer.init>, slopes: Leaves) => {
    const [updates, next] = optimizer.update(slopes, state, params);
    return [optim.applyUpdates(params, updates), next] as const;
  };
  const step = jit(update, { donateArgnums: [0, 1] });
  let params: Leaves = numbers.map(() => np.zeros([Math.ceil(count / parts)]));
  let state = optimizer.init(params);
  return () => {
    [params, state] = step(params, state, grads);
  };
}

/** Bytes a millisecond of a copy that moves as many bytes as Adam's step, so that the caches help both alike. */
function bandwidth(settings: Settings): number {
  const source = new Float32Array((3.5 * COUNT) / (settings.quick ? 1000 : 1)).fill(1);
  const target = new Float32Array(source.length);
  return (2 * source.byteLength) / best(() => target.set(source), settings);
}

export const workload: Workload = {
  measure: (settings) => {
    const copied = bandwidth(settings);
    const count = settings.quick ? 1000 : COUNT;
    const [whole, parts] = [best(adamOnly(count, 1), settings), best(adamOnly(count, 100), settings)];
    const share = (100 * ((28 * count) / whole)) / copied;
    return [
      { case: "adam 1 leaf", value: whole },
      { case: "adam 100 leaves", value: parts },
      { case: "adam bandwidth", value: share, note: `a copy on one thread moves ${(copied / 1e6).toFixed(1)} GB/s` },
    ];
  },
  programs: () => [
    { name: "adam 1 leaf", step: adamOnly(COUNT, 1) },
    { name: "adam 100 leaves", step: adamOnly(COUNT, 100) },
  ],
};
