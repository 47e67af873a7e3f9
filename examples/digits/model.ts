// The two networks: pure functions of parameters and a batch of images. Parameters are plain trees of arrays.

import { nn, random, type NDArray } from "cotangent";
import type { Model } from "./arguments.js";

/** A layer's weights and bias. */
export interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}

export type Params = readonly Layer[];

export interface Network {
  /** Fresh parameters: weights by He et al. 2015, biases zero. */
  readonly init: (key: NDArray) => Params;
  /** Images `[n, 784]` to logits `[n, 10]`. */
  readonly apply: (params: Params, images: NDArray) => NDArray;
}

const layer = (key: NDArray, shape: readonly number[], outputs: number, init: nn.Initializer): Layer => ({
  w: init(key, shape),
  b: nn.initializers.zeros(key, [outputs]),
});

const mlp: Network = {
  init: (key) => {
    const sizes = [784, 256, 128, 10];
    const keys = random.split(key, sizes.length - 1);
    return sizes.slice(1).map((n, i) => layer(keys.at(i).get(), [sizes[i], n], n, nn.initializers.heNormal()));
  },
  apply: (params, images) =>
    params.reduce((x, { w, b }, i) => {
      const y = x.matmul(w).add(b);
      return i < params.length - 1 ? nn.relu(y) : y;
    }, images),
};

/** 3x3 convolutions 1→32→64, each with relu and 2x2 max pooling, then one dense layer. NCHW. */
const conv: Network = {
  init: (key) => {
    const [first, second, dense] = [0, 1, 2].map((i) => random.foldIn(key, i));
    const kernels = nn.initializers.heNormal({ inAxis: 1, outAxis: 0 });
    return [
      layer(first, [32, 1, 3, 3], 32, kernels),
      layer(second, [64, 32, 3, 3], 64, kernels),
      layer(dense, [1600, 10], 10, nn.initializers.heNormal()),
    ];
  },
  apply: ([first, second, dense], images) => {
    const n = images.shape[0];
    const block = (x: NDArray, { w, b }: Layer): NDArray => {
      const y = nn.relu(nn.conv(x, w, { padding: "VALID" }).add(b.reshape([-1, 1, 1])));
      return nn.maxPool(y, [2, 2], { strides: [2, 2] });
    };
    const features = block(block(images.reshape([n, 1, 28, 28]), first), second);
    return features.reshape([n, 1600]).matmul(dense.w).add(dense.b);
  },
};

export const networks: Readonly<Record<Model, Network>> = { mlp, conv };
