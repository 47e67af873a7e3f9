// The network of the example: two hidden layers, which are the body, and a head of as many classes as a question has answers.

import { type NDArray, nn, numpy as np, optim, random } from "cotangent";

export interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}

export interface Params {
  readonly body: readonly Layer[];
  readonly head: Layer;
}

export interface Examples {
  readonly images: NDArray;
  readonly labels: NDArray;
}

export const FEATURES = 64;

export const drawLayer = (key: NDArray, inputs: number, outputs: number): Layer => ({
  w: nn.initializers.heNormal()(key, [inputs, outputs]),
  b: np.zeros([outputs]),
});

export const initialise = (key: NDArray, classes: number): Params => {
  const [first, second, third] = random.splitKeys(key, 3);
  return { body: [drawLayer(first, 784, 128), drawLayer(second, 128, FEATURES)], head: drawLayer(third, FEATURES, classes) };
};

export function predict({ body, head }: Params, images: NDArray): NDArray {
  const features = body.reduce((x, { w, b }) => nn.relu(nn.dense(x, w, b)), images);
  return nn.dense(features, head.w, head.b);
}

export const loss = (params: Params, { images, labels }: Examples): NDArray =>
  optim.softmaxCrossEntropyWithIntegerLabels(predict(params, images), labels).mean();
