// A small problem that the tests train on: a two-layer network, shuffled batches, dropout by key, Adam under a schedule. Everything
// that a resumed run must restore takes part in its result.

import { nn, optim, random, type NDArray } from "../../src/index.js";
import { numpy as np } from "../../src/index.js";
import * as train from "../../src/train/index.js";
import { treeLeavesWithPath, showPath } from "../../src/tree/index.js";

export interface Params {
  readonly layers: readonly { readonly w: NDArray; readonly b: NDArray }[];
}
export interface Batch {
  readonly x: NDArray;
  readonly y: NDArray;
}

export const makeParams = (width = 16): Params => {
  const [first, second] = random.splitKeys(random.key(1));
  const init = nn.initializers.heNormal();
  return {
    layers: [
      { w: init(first, [2, width]), b: np.zeros([width]) },
      { w: init(second, [width, 1]), b: np.zeros([1]) },
    ],
  };
};

export const predict = ({ layers: [first, second] }: Params, x: NDArray, keep?: NDArray): NDArray => {
  const hidden = np.tanh(x.matmul(first.w).add(first.b));
  const kept = keep === undefined ? hidden : np.where(keep, hidden.mul(1 / 0.9), 0);
  return kept.matmul(second.w).add(second.b).reshape([-1]);
};

/** The loss, and the running mean of the hidden units' input as what is carried along. */
export const loss = (params: Params, { x, y }: Batch, { key }: train.StepContext<NDArray>): readonly [NDArray, NDArray] => {
  const keep = random.bernoulli(key, 0.9, [x.shape[0], params.layers[0].w.shape[1]]);
  return [predict(params, x, keep).sub(y).square().mean(), x.mean()];
};

export const optimizer = optim.adam({ learningRate: (step: NDArray) => np.divide(0.05, np.sqrt(step.add(1))) });

export const nextExtra = (extra: NDArray, { aux }: { readonly aux: NDArray }): NDArray => extra.mul(0.9).add(aux.mul(0.1));

export const makeStep = (donate = false) => train.makeStep(loss, optimizer, { hasAux: true, nextExtra, donate });

export const freshState = (width = 16) => train.initState(makeParams(width), optimizer, { key: random.key(5), extra: np.array(0) });

export const makeData = () => {
  const x = random.normal(random.key(2), [50, 2]);
  const y = np.sin(x.sum(1));
  return train.batches({ x, y }, { batchSize: 8, key: random.key(3) });
};

/** Every bit of a state, by path. */
export const bitsOf = (state: unknown): Record<string, string> =>
  Object.fromEntries(
    treeLeavesWithPath(state).map(([path, leaf]) => {
      const elements = typeof leaf === "object" ? leaf.toTypedArray() : Float64Array.of(Number(leaf));
      return [showPath(path), Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength).toString("hex")];
    }),
  );
