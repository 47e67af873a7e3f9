// The cart and pole of Barto, Sutton and Anderson (Neuronlike adaptive elements that can solve difficult learning control problems,
// 1983), with the constants and limits of Gym's CartPole-v1; and REINFORCE with a learned baseline on it. One environment is written
// down; vmap makes many of it, and a scan plays their episodes inside of one compiled step.

import { jit, lax, nn, numpy as np, optim, random, stopGradient, valueAndGrad, vmap, type NDArray } from "cotangent";

const [GRAVITY, CART, POLE, HALF_LENGTH, FORCE, TAU] = [9.8, 1, 0.1, 0.5, 10, 0.02];
const [EDGE, TILT] = [2.4, (12 * Math.PI) / 180];
/** Steps after which an episode ends in any case; each step that begins upright is worth 1. */
const LIMIT = 500;
const DISCOUNT = 0.99;

/** `[x, ẋ, θ, θ̇]` a time step later; the force pushes left (0) or right (1). Euler's method, as in the original program. */
export function move(state: NDArray, action: NDArray): NDArray {
  const [x, speed, angle, turn] = state;
  const force = np.where(action.equal(1), FORCE, -FORCE);
  const pull = force
    .add(
      turn
        .square()
        .mul(angle.sin())
        .mul(POLE * HALF_LENGTH),
    )
    .div(CART + POLE);
  const inertia = np
    .subtract(
      4 / 3,
      angle
        .cos()
        .square()
        .mul(POLE / (CART + POLE)),
    )
    .mul(HALF_LENGTH);
  const turning = angle.sin().mul(GRAVITY).sub(angle.cos().mul(pull)).div(inertia);
  const moving = pull.sub(turning.mul(angle.cos()).mul((POLE * HALF_LENGTH) / (CART + POLE)));
  return np.stack([x.add(speed.mul(TAU)), speed.add(moving.mul(TAU)), angle.add(turn.mul(TAU)), turn.add(turning.mul(TAU))]);
}

const upright = (state: NDArray): NDArray =>
  np.logicalAnd(np.abs(state.at(0).get()).lessEqual(EDGE), np.abs(state.at(2).get()).lessEqual(TILT));

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
interface Params {
  readonly policy: readonly Layer[];
  readonly baseline: readonly Layer[];
}

function initNetwork(key: NDArray, sizes: readonly number[]): Layer[] {
  const keys = random.splitKeys(key, sizes.length - 1);
  return keys.map((k, i) => ({ w: nn.initializers.glorotUniform()(k, [sizes[i], sizes[i + 1]]), b: np.zeros([sizes[i + 1]]) }));
}

const apply = (layers: readonly Layer[], x: NDArray): NDArray =>
  layers.reduce((h, { w, b }, i) => nn.dense(i === 0 ? h : h.tanh(), w, b), x);

interface Episode {
  readonly states: NDArray;
  readonly actions: NDArray;
  /** 1 while the episode lasts, then 0: the rewards, and which steps count. */
  readonly alive: NDArray;
}

/** An episode of `LIMIT` steps, of which those count that begin before the fall. */
function play(policy: readonly Layer[], key: NDArray): Episode {
  const [startKey, actionsKey] = random.splitKeys(key);
  const step = ({ state, alive }: { state: NDArray; alive: NDArray }, u: NDArray) => {
    const action = u.less(nn.softmax(apply(policy, state)).at(1).get()).astype("int32");
    const next = move(state, action);
    return [
      { state: next, alive: np.logicalAnd(alive, upright(next)) },
      { states: state, actions: action, alive: alive.astype("float32") },
    ] as const;
  };
  const start = { state: random.uniform(startKey, [4], { minval: -0.05, maxval: 0.05 }), alive: np.array(true) };
  return lax.scan(step, start, random.uniform(actionsKey, [LIMIT]))[1];
}

/** Rewards to come, each step's weighted by how far off it is: G_t = r_t + γ G_{t+1}. */
const returnsOf = (rewards: NDArray): NDArray =>
  lax.scan((G: NDArray, r: NDArray) => [r.add(G.mul(DISCOUNT)), r.add(G.mul(DISCOUNT))], np.zeros(rewards.shape.slice(1)), rewards, {
    reverse: true,
  })[1];

/** −Σ δ ln π(A | S), whose gradient is REINFORCE's, and the baseline's squared error; both are means over the steps that count. */
function loss({ policy, baseline }: Params, { states, actions, alive }: Episode): NDArray {
  const returns = vmap(returnsOf)(alive);
  // In hundreds, so that the baseline's outputs are near 1.
  const error = returns.div(100).sub(apply(baseline, states).at("...", 0).get());
  const count = alive.sum();
  const delta = stopGradient(error);
  const spread = delta.square().mul(alive).sum().div(count).sqrt();
  const surprise = optim.softmaxCrossEntropyWithIntegerLabels(apply(policy, states), actions);
  return delta.div(spread.add(1e-6)).mul(surprise).add(error.square()).mul(alive).sum().div(count);
}

export interface CartPoleOptions {
  readonly steps: number;
  readonly environments: number;
  readonly seed: number;
}

/** Trains a policy; gives the mean return of the episodes of each step, and the returns of 100 fresh episodes afterwards. */
export function cartPole({ steps, environments, seed }: CartPoleOptions): { history: number[]; returns: number[] } {
  const optimizer = optim.adam<Params>({ learningRate: 1e-2 });
  const playMany = (params: Params, key: NDArray, count: number): Episode =>
    vmap((k: NDArray) => play(params.policy, k))(random.split(key, count));
  const step = jit((params: Params, state: optim.StateOf<typeof optimizer>, key: NDArray) => {
    const episodes = playMany(params, key, environments);
    const [, grads] = valueAndGrad(loss)(params, episodes);
    const [updates, next] = optimizer.update(grads, state, params);
    return [optim.applyUpdates(params, updates), next, episodes.alive.sum(1).mean()] as const;
  });

  const [policyKey, baselineKey, playKey, testKey] = random.splitKeys(random.key(seed), 4);
  let params: Params = { policy: initNetwork(policyKey, [4, 32, 2]), baseline: initNetwork(baselineKey, [4, 32, 1]) };
  let state = optimizer.init(params);
  const history: number[] = [];
  for (let i = 0; i < steps; i++) {
    let mean: NDArray;
    [params, state, mean] = step(params, state, random.foldIn(playKey, i));
    history.push(mean.item());
  }
  const test = jit((p: Params, key: NDArray) => playMany(p, key, 100).alive.sum(1));
  return { history, returns: [...test(params, testKey).toTypedArray()] };
}
