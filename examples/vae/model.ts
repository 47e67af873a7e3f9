// The variational auto-encoder: an encoder gives a Gaussian for each image, a decoder gives an image for each point. Its loss is the
// negative evidence lower bound, which bounds −ln p(x) from above.

import { nn, numpy as np, optim, random, type NDArray } from "cotangent";

const PIXELS = 784;
const HIDDEN = 256;
export const LATENT = 16;

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
type Network = readonly Layer[];

export interface Params {
  readonly encoder: Network;
  readonly decoder: Network;
}

function initNetwork(key: NDArray, sizes: readonly number[]): Network {
  const keys = random.splitKeys(key, sizes.length - 1);
  return keys.map((k, i) => ({ w: nn.initializers.heNormal()(k, [sizes[i], sizes[i + 1]]), b: np.zeros([sizes[i + 1]]) }));
}

export function initParams(key: NDArray): Params {
  const [encoderKey, decoderKey] = random.splitKeys(key);
  return {
    encoder: initNetwork(encoderKey, [PIXELS, HIDDEN, 2 * LATENT]),
    decoder: initNetwork(decoderKey, [LATENT, HIDDEN, PIXELS]),
  };
}

const apply = (layers: Network, x: NDArray): NDArray => layers.reduce((h, { w, b }, i) => nn.dense(i === 0 ? h : nn.relu(h), w, b), x);

/** Mean and ln σ² of q(z | x), each `[n, LATENT]`. */
export function encode({ encoder }: Params, images: NDArray): { mean: NDArray; logVariance: NDArray } {
  const [mean, logVariance] = np.split(apply(encoder, images), 2, -1);
  return { mean, logVariance };
}

/** Logits of pixels, `[n, 784]`. */
const decode = ({ decoder }: Params, points: NDArray): NDArray => apply(decoder, points);

/** Greys from 0 to 1. */
export const draw = (params: Params, points: NDArray): NDArray => nn.sigmoid(decode(params, points));

/**
 * What an image costs, in nats and `[n]` each: its description by z, KL(q(z | x) ‖ N(0, 1)) = ½ Σ (σ² + μ² − 1 − ln σ²), and what is
 * then left to say, −E ln p(x | z) with one z = μ + σ ε.
 */
export function costs(params: Params, images: NDArray, key: NDArray): { divergence: NDArray; reconstruction: NDArray } {
  const { mean, logVariance } = encode(params, images);
  const points = mean.add(logVariance.div(2).exp().mul(random.normal(key, mean.shape)));
  return {
    divergence: logVariance.exp().add(mean.square()).sub(1).sub(logVariance).sum(1).div(2),
    reconstruction: optim.sigmoidBinaryCrossEntropy(decode(params, points), images).sum(1),
  };
}

/** −ELBO, the mean over images. */
export function loss(params: Params, images: NDArray, { key }: { readonly key: NDArray }): NDArray {
  const { divergence, reconstruction } = costs(params, images, key);
  return divergence.add(reconstruction).mean();
}
