// Twin delayed deep deterministic policy gradients (Fujimoto, van Hoof and Meger, Addressing function approximation error in
// actor-critic methods, 2018, algorithm 1). What is learnt, the targets and the optimizers' states are one tree; an update is a pure
// function from it and a batch of transitions to the next.

import { grad, lax, nn, numpy as np, optim, random, vmap, type NDArray } from "cotangent";
import { treeMap } from "cotangent/tree";
import { TORQUE } from "./pendulum.js";

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
type Network = readonly Layer[];

interface Networks {
  readonly actor: Network;
  /** Both critics in one tree: each array has a leading axis of 2, and vmap takes them apart. */
  readonly critics: Network;
}

/** What was seen, done, got and seen next: `[n, 3]`, `[n, 1]`, `[n]`, `[n, 3]`. */
export interface Transitions {
  readonly seen: NDArray;
  readonly action: NDArray;
  readonly reward: NDArray;
  readonly next: NDArray;
}

const HIDDEN = 64;
const DISCOUNT = 0.99;
/** Returns of −1500 become values that a fresh network can reach soon. */
const REWARD_SCALE = 0.1;
/** How far a target moves to its network in an update. */
const PACE = 0.005;
/** Spread and limit of the noise on the target's actions, in torques. */
const [SMOOTHING, SMOOTHING_LIMIT] = [0.2 * TORQUE, 0.5 * TORQUE];
/** Updates of the critics for each one of the actor and the targets. */
const DELAY = 2;

const optimizer = {
  actor: optim.adam<Network>({ learningRate: 1e-3 }),
  critics: optim.adam<Network>({ learningRate: 1e-3 }),
};

export interface Agent extends Networks {
  readonly targets: Networks;
  readonly actorState: optim.StateOf<typeof optimizer.actor>;
  readonly criticsState: optim.StateOf<typeof optimizer.critics>;
}

function initNetwork(key: NDArray, sizes: readonly number[]): Network {
  const keys = random.splitKeys(key, sizes.length - 1);
  return keys.map((k, i) => ({ w: nn.initializers.heUniform()(k, [sizes[i], sizes[i + 1]]), b: np.zeros([sizes[i + 1]]) }));
}

const apply = (layers: Network, x: NDArray): NDArray => layers.reduce((h, { w, b }, i) => nn.dense(i === 0 ? h : nn.relu(h), w, b), x);

export function initAgent(key: NDArray): Agent {
  const [actorKey, criticsKey] = random.splitKeys(key);
  const actor = initNetwork(actorKey, [3, HIDDEN, HIDDEN, 1]);
  const critics = vmap((k: NDArray) => initNetwork(k, [4, HIDDEN, HIDDEN, 1]))(random.split(criticsKey));
  return {
    actor,
    critics,
    targets: { actor, critics },
    actorState: optimizer.actor.init(actor),
    criticsState: optimizer.critics.init(critics),
  };
}

/** Torques for observations, `[…, 3]` to `[…, 1]`. */
export const act = (actor: Network, seen: NDArray): NDArray => apply(actor, seen).tanh().mul(TORQUE);

/** The value of actions, `[n]`, by one critic. */
const criticise = (critic: Network, seen: NDArray, action: NDArray): NDArray =>
  apply(critic, np.concatenate([seen, action.div(TORQUE)], -1))
    .at("...", 0)
    .get();

/** By both: `[2, n]`. */
const criticiseTwice = vmap(criticise, { inAxes: [0, null, null] });

/** y = c r + γ min₁,₂ Q'(s', π'(s') + ε), ε being clipped noise: target smoothing, and the lower of two opinions. */
function valuesAimedAt({ actor, critics }: Networks, { reward, next }: Transitions, key: NDArray): NDArray {
  const mean = act(actor, next);
  const noise = random.normal(key, mean.shape).mul(SMOOTHING).clip(-SMOOTHING_LIMIT, SMOOTHING_LIMIT);
  const action = mean.add(noise).clip(-TORQUE, TORQUE);
  return reward.mul(REWARD_SCALE).add(criticiseTwice(critics, next, action).min(0).mul(DISCOUNT));
}

function updateCritics(agent: Agent, batch: Transitions, key: NDArray): Agent {
  const aim = valuesAimedAt(agent.targets, batch, key);
  const loss = (critics: Network): NDArray => criticiseTwice(critics, batch.seen, batch.action).sub(aim).square().mean(1).sum();
  const [updates, criticsState] = optimizer.critics.update(grad(loss)(agent.critics), agent.criticsState, agent.critics);
  return { ...agent, critics: optim.applyUpdates(agent.critics, updates), criticsState };
}

/** The actor climbs the first critic, and the targets follow both. */
function updateActor(agent: Agent, { seen }: Transitions): Agent {
  const first = treeMap((x: NDArray) => x.at(0).get(), agent.critics);
  const loss = (actor: Network): NDArray => criticise(first, seen, act(actor, seen)).mean().neg();
  const [updates, actorState] = optimizer.actor.update(grad(loss)(agent.actor), agent.actorState, agent.actor);
  const actor = optim.applyUpdates(agent.actor, updates);
  const follow = (target: NDArray, x: NDArray): NDArray => target.add(x.sub(target).mul(PACE));
  return { ...agent, actor, actorState, targets: treeMap(follow, agent.targets, { actor, critics: agent.critics }) };
}

/** One update by a batch of transitions: of the critics always, of actor and targets every second time. */
export function update(agent: Agent, step: NDArray, batch: Transitions, key: NDArray): Agent {
  const next = updateCritics(agent, batch, key);
  const due = np.remainder(step, DELAY).equal(0);
  return lax.cond(
    due,
    (a: Agent) => updateActor(a, batch),
    (a: Agent) => a,
    next,
  );
}
