// A ring of eight Gaussians, a generator that shall imitate it and a discriminator that shall tell them apart. Each has an optimizer of
// its own; a step of one is a pure function that gives back the other's state as it was.

import { grad, jit, nn, numpy as np, optim, random, vmap, type NDArray } from "cotangent";

export const MODES = 8;
/** Spread of each Gaussian; the ring has radius 1. */
export const SPREAD = 0.05;
const LATENT = 8;
const HIDDEN = 64;

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
type Network = readonly Layer[];

/** The rate falls, so that the players come to rest. */
const learningRate = optim.exponentialDecay({ initValue: 2e-3, transitionSteps: 2000, decayRate: 0.6 });
const optimizer = optim.adam<Network>({ learningRate, b1: 0.5, b2: 0.99 });

/** A network with its optimizer's state. */
interface Player {
  readonly network: Network;
  readonly state: optim.StateOf<typeof optimizer>;
}
export interface Game {
  readonly generator: Player;
  readonly discriminator: Player;
}

const angles = np.arange(MODES).mul((2 * Math.PI) / MODES);
/** The middles of the Gaussians, `[MODES, 2]`. */
export const centres = np.stack([angles.cos(), angles.sin()], 1);

/** `count` points of the ring. */
export function drawReal(key: NDArray, count: number): NDArray {
  const [modeKey, noiseKey] = random.splitKeys(key);
  const middles = centres.at(random.randint(modeKey, [count], 0, MODES)).get();
  return middles.add(random.normal(noiseKey, [count, 2]).mul(SPREAD));
}

function initNetwork(key: NDArray, sizes: readonly number[]): Network {
  const keys = random.splitKeys(key, sizes.length - 1);
  return keys.map((k, i) => ({ w: nn.initializers.heNormal()(k, [sizes[i], sizes[i + 1]]), b: np.zeros([sizes[i + 1]]) }));
}

const apply = (layers: Network, x: NDArray): NDArray =>
  layers.reduce((h, { w, b }, i) => nn.dense(i === 0 ? h : nn.leakyRelu(h, { negativeSlope: 0.2 }), w, b), x);

export const generate = (generator: Network, key: NDArray, count: number): NDArray => apply(generator, random.normal(key, [count, LATENT]));

/** How real points look, `[…, 2]` to `[…]`: a logit. */
const judge = (discriminator: Network, points: NDArray): NDArray => apply(discriminator, points).at("...", 0).get();

/** E |∇D(x)|² over the real points, which damps the players' circling (Mescheder, Geiger and Nowozin 2018: R1). */
function slope(discriminator: Network, real: NDArray): NDArray {
  const gradient = vmap(grad((point: NDArray) => judge(discriminator, point)));
  return gradient(real).square().sum(1).mean();
}
const DAMPING = 0.1;

/** −ln D(x) − ln(1 − D(G(z))) and the damping, the generator's points being made within. */
export function discriminatorLoss(generator: Network, discriminator: Network, real: NDArray, key: NDArray): NDArray {
  const made = generate(generator, key, real.shape[0]);
  const mistakes = nn.softplus(judge(discriminator, real).neg()).add(nn.softplus(judge(discriminator, made)));
  return mistakes.mean().add(slope(discriminator, real).mul(DAMPING / 2));
}

/** −ln D(G(z)), the loss that does not saturate (Goodfellow et al. 2014, section 3). */
export const generatorLoss = (generator: Network, discriminator: Network, key: NDArray, count: number): NDArray =>
  nn.softplus(judge(discriminator, generate(generator, key, count)).neg()).mean();

export function initGame(key: NDArray): Game {
  const [generatorKey, discriminatorKey] = random.splitKeys(key);
  const player = (network: Network): Player => ({ network, state: optimizer.init(network) });
  return {
    generator: player(initNetwork(generatorKey, [LATENT, HIDDEN, HIDDEN, 2])),
    discriminator: player(initNetwork(discriminatorKey, [2, HIDDEN, HIDDEN, 1])),
  };
}

function advance({ network, state }: Player, grads: Network): Player {
  const [updates, next] = optimizer.update(grads, state, network);
  return { network: optim.applyUpdates(network, updates), state: next };
}

/** The discriminator's turn: of the loss's two networks, argnums picks its own. */
export const discriminatorStep = jit(
  (game: Game, key: NDArray, batch: number): Game => {
    const [realKey, madeKey] = random.splitKeys(key);
    const { generator, discriminator } = game;
    const grads = grad(discriminatorLoss, { argnums: 1 })(generator.network, discriminator.network, drawReal(realKey, batch), madeKey);
    return { generator, discriminator: advance(discriminator, grads) };
  },
  { staticArgnums: 2 },
);

/** The generator's turn. */
export const generatorStep = jit(
  (game: Game, key: NDArray, batch: number): Game => {
    const { generator, discriminator } = game;
    const grads = grad(generatorLoss)(generator.network, discriminator.network, key, batch);
    return { generator: advance(generator, grads), discriminator };
  },
  { staticArgnums: 2 },
);
