// What is trained: a step of Adam on the cross-entropy of a batch, from a state to the next. Everything random comes from keys, so the
// same seed gives the same parameters bit for bit.

import { jit, numpy as np, optim, type NDArray } from "cotangent";
import * as train from "cotangent/train";
import type { LabelledImages } from "./data.js";
import type { Network, Params } from "./model.js";

/** Images `[n, 784]` and their labels `[n]`, as arrays. */
export const arraysOf = ({ images, labels }: LabelledImages) => ({
  images: np.array(images).reshape([labels.length, images.length / labels.length]),
  labels: np.array(Int32Array.from(labels)),
});
type Examples = ReturnType<typeof arraysOf>;

/** A network's first state, its step, and what it reads. The step takes the memory of the state it is given. */
export function makeTrainer(network: Network, learningRate: number) {
  const optimizer = optim.adam<Params>({ learningRate });
  const loss = (params: Params, { images, labels }: Examples): NDArray =>
    optim.softmaxCrossEntropyWithIntegerLabels(network.apply(params, images), labels).mean();
  return {
    init: (key: NDArray) => train.initState(network.init(key), optimizer),
    step: train.makeStep(loss, optimizer, { donate: true }),
    /** The digit that each image is read as, `[n]`. */
    read: jit((params: Params, images: NDArray) => network.apply(params, images).argmax(1)),
  };
}
export type Trainer = ReturnType<typeof makeTrainer>;

const EVALUATED_AT_ONCE = 500;

/** What the network reads in each image, in order. */
export function readAll({ read }: Trainer, params: Params, examples: LabelledImages): Uint8Array {
  const batches = train.batches(arraysOf(examples), { batchSize: EVALUATED_AT_ONCE });
  return Uint8Array.from([...batches.epoch(0)].flatMap(({ images }) => [...read(params, images).toTypedArray()]));
}

/** The share of equal entries. */
export const accuracyOf = (read: Uint8Array, labels: Uint8Array): number =>
  read.filter((digit, i) => digit === labels[i]).length / labels.length;
