// Training as a fold: a pure step takes the state and a batch to the next state; everything random comes from keys, so the
// same seed gives the same parameters bit for bit.

import { jit, numpy as np, optim, random, valueAndGrad, type NDArray } from "cotangent";
import type { LabelledImages } from "./data.js";
import type { Network, Params } from "./model.js";

const optimizerOf = (learningRate: number) => optim.adam({ learningRate });
type OptimizerState = ReturnType<ReturnType<typeof optimizerOf>["init"]>;

export interface TrainState {
  readonly params: Params;
  readonly optimizer: OptimizerState;
}

/** The batches of one epoch: every image once, in an order drawn from the key. */
export function* batches(data: LabelledImages, size: number, key: NDArray): Generator<readonly [images: NDArray, labels: NDArray]> {
  const count = data.labels.length;
  const order = random.permutation(key, count).toTypedArray();
  const pixels = data.images.length / count;
  for (let start = 0; start < count; start += size) {
    const chosen = order.subarray(start, start + size);
    const images = new Float32Array(chosen.length * pixels);
    chosen.forEach((image, i) => images.set(data.images.subarray(image * pixels, (image + 1) * pixels), i * pixels));
    yield [np.array(images).reshape([chosen.length, pixels]), np.array(Int32Array.from(chosen, (image) => data.labels[image]))];
  }
}

export interface Trainer {
  readonly init: (key: NDArray) => TrainState;
  /** One step of Adam on one batch. The state is donated: use the one that comes back. */
  readonly step: (state: TrainState, images: NDArray, labels: NDArray) => readonly [TrainState, loss: NDArray];
  /** The digit that each image is read as, `[n]`. */
  readonly read: (params: Params, images: NDArray) => NDArray;
}

export function makeTrainer(network: Network, learningRate: number): Trainer {
  const optimizer = optimizerOf(learningRate);
  const loss = (params: Params, images: NDArray, labels: NDArray): NDArray =>
    optim.softmaxCrossEntropyWithIntegerLabels(network.apply(params, images), labels).mean();
  const step = (state: TrainState, images: NDArray, labels: NDArray): [TrainState, NDArray] => {
    const [value, grads] = valueAndGrad(loss)(state.params, images, labels);
    const [updates, next] = optimizer.update(grads, state.optimizer, state.params);
    return [{ params: optim.applyUpdates(state.params, updates), optimizer: next }, value];
  };
  return {
    init: (key) => {
      const params = network.init(key);
      return { params, optimizer: optimizer.init(params) };
    },
    step: jit(step, { donateArgnums: 0 }),
    read: jit((params: Params, images: NDArray) => network.apply(params, images).argmax(1)),
  };
}

const EVALUATED_AT_ONCE = 500;

/** What the network reads in each image, in order. */
export function readAll(trainer: Trainer, params: Params, { images, labels }: LabelledImages): Uint8Array {
  const pixels = images.length / labels.length;
  const found = new Uint8Array(labels.length);
  for (let start = 0; start < labels.length; start += EVALUATED_AT_ONCE) {
    const end = Math.min(start + EVALUATED_AT_ONCE, labels.length);
    const batch = np.array(images.subarray(start * pixels, end * pixels)).reshape([end - start, pixels]);
    found.set(trainer.read(params, batch).toTypedArray(), start);
  }
  return found;
}

/** The share of equal entries. */
export const accuracyOf = (read: Uint8Array, labels: Uint8Array): number =>
  read.filter((digit, i) => digit === labels[i]).length / labels.length;
