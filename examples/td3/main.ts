// TD3 (Fujimoto, van Hoof and Meger 2018) swings up a pendulum and holds it: twin critics, a delayed actor, smoothed targets. Playing,
// the replay memory and the updates are one scan inside of one compiled function; the memory is an array of the loop's carry.
//
//   npx tsx examples/td3/main.ts [--steps 12000] [--environments 4] [--batch 128] [--seed 0] [--out DIR]
//
// Expected: a mean return of at least -200 over 100 fresh episodes without noise (ours: -142); acting at random has about -1200.
// About 5 s.

import { jit, lax, numpy as np, random, vmap, type NDArray } from "cotangent";
import { treeMap } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { program, type Result } from "../shared/program.js";
import { act, initAgent, update, type Agent, type Transitions } from "./agent.js";
import { LIMIT, move, observe, start, TORQUE } from "./pendulum.js";

export const defaults = { steps: 12000, environments: 4, batch: 128, seed: 0 };

/** Spread of the noise on actions while training, in torques, and the steps of acting at random before. */
const [EXPLORATION, WARM_UP] = [0.1 * TORQUE, 250];

interface Training {
  readonly agent: Agent;
  /** `[environments, 2]` */
  readonly states: NDArray;
  /** Room for all transitions of the run. */
  readonly memory: Transitions;
}

type Options = typeof defaults;

function initTraining(key: NDArray, { steps, environments }: Options): Training {
  const room = steps * environments;
  const memory = { seen: np.zeros([room, 3]), action: np.zeros([room, 1]), reward: np.zeros([room]), next: np.zeros([room, 3]) };
  return { agent: initAgent(key), states: np.zeros([environments, 2]), memory };
}

/** A step of all environments with noisy actions: what came of it, and their next states. */
function explore({ actor }: Agent, states: NDArray, step: NDArray, key: NDArray): { states: NDArray; seen: Transitions } {
  const seen = vmap(observe)(states);
  const [noiseKey, randomKey] = random.splitKeys(key);
  const noisy = act(actor, seen).add(random.normal(noiseKey, [states.shape[0], 1]).mul(EXPLORATION));
  const anything = random.uniform(randomKey, noisy.shape, { minval: -TORQUE, maxval: TORQUE });
  const action = np.where(step.less(WARM_UP), anything, noisy.clip(-TORQUE, TORQUE));
  const { state, reward } = vmap(move)(states, action.at("...", 0).get());
  return { states: state, seen: { seen, action, reward, next: vmap(observe)(state) } };
}

/** The step of training number `step`: play, remember, update. Gives the mean reward beside. */
function train(training: Training, step: NDArray, key: NDArray, { environments, batch }: Options): [Training, NDArray] {
  const [startKey, playKey, batchKey, updateKey] = random.splitKeys(random.foldIn(key, step), 4);
  const begins = np.remainder(step, LIMIT).equal(0);
  const fresh = vmap(start)(random.split(startKey, environments));
  const { states, seen } = explore(training.agent, np.where(begins, fresh, training.states), step, playKey);
  const write = (room: NDArray, rows: NDArray): NDArray => lax.dynamicUpdateSliceInDim(room, rows, step.mul(environments), 0);
  const memory = treeMap(write, training.memory, seen);
  const rows = random.randint(batchKey, [batch], 0, step.add(1).mul(environments));
  const sample = treeMap((room: NDArray) => room.at(rows).get(), memory);
  return [{ agent: update(training.agent, step, sample, updateKey), states, memory }, seen.reward.mean()];
}

/** The return of an episode without noise, and how high the pendulum is, `[LIMIT]`. */
function test(actor: Agent["actor"], key: NDArray): { total: NDArray; heights: NDArray } {
  const step = (state: NDArray) => {
    const next = move(state, act(actor, observe(state)).at(0).get());
    return [next.state, { reward: next.reward, height: next.state.at(0).get().cos() }] as const;
  };
  const [, { reward, height }] = lax.scan(step, start(key), null, { length: LIMIT });
  return { total: reward.sum(), heights: height };
}

export function run(options: Options): Result {
  const [initKey, trainKey, testKey] = random.splitKeys(random.key(options.seed), 3);
  const trainAll = jit((training: Training, key: NDArray) =>
    lax.scan((t: Training, step: NDArray) => train(t, step, key, options), training, np.arange(options.steps)),
  );
  const [{ agent }, rewards] = trainAll(initTraining(initKey, options), trainKey);
  const tests = jit(vmap(test, { inAxes: [null, 0] }))(agent.actor, random.split(testKey, 100));
  const episodes = Math.floor(options.steps / LIMIT);
  const perEpisode = rewards
    .at(np.slice(0, episodes * LIMIT))
    .get()
    .reshape([episodes, LIMIT])
    .sum(1);
  const returns = [...perEpisode.toTypedArray()].map((y, i): [number, number] => [(i + 1) * LIMIT, y]);
  const swings = Array.from({ length: 6 }, (_, i) => [...tests.heights.at(i).get().toTypedArray()]);
  return {
    figures: [{ name: "mean return of 100 episodes", value: tests.total.mean().item(), atLeast: -200, digits: 1 }],
    pictures: {
      "returns.svg": lines([{ name: "with exploration noise", points: returns }], {
        title: "TD3 on a pendulum",
        subtitle: `Mean return of ${options.environments} episodes of ${LIMIT} steps; the dashed rule is what is expected without noise`,
        x: "Step",
        y: "Return",
        goal: -200,
      }),
      "swings.svg": lines(
        swings.map((heights, i) => ({ name: `${i + 1}`, points: heights.map((y, t): [number, number] => [t, y]) })),
        {
          title: "Swinging up",
          subtitle: "Six episodes with what was learnt; at height 1 the pendulum stands upright",
          x: "Step",
          y: "Height (cos θ)",
        },
      ),
    },
  };
}

await program(import.meta.url, defaults, run);
