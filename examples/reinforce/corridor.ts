// The short corridor with switched actions (Sutton and Barto, Reinforcement Learning, 2nd edition, example 13.1), and REINFORCE with
// baseline on it (section 13.4). One run is a scan over episodes; a hundred runs are the same function under vmap.

import { grad, jit, lax, nn, numpy as np, random, vmap, type NDArray } from "cotangent";

const GOAL = 3;
const LIMIT = 400;

/** Right goes right and left goes left, but in state 1 the other way round; each step costs 1 until state 3. */
function move(state: NDArray, right: NDArray): NDArray {
  const forward = np.logicalXor(right, state.equal(1));
  return np.where(forward, state.add(1), np.maximum(state.sub(1), 0));
}

/** ln π(a | θ): a softmax of two preferences, [left, right]; all states look the same. */
const logPolicy = (theta: NDArray, right: NDArray): NDArray => np.dot(nn.logSoftmax(theta), nn.oneHot(right.astype("int32"), 2));

/** Which actions were taken, and whether the goal had not been reached before: both `[LIMIT]`. */
function playEpisode(theta: NDArray, key: NDArray): { right: NDArray; playing: NDArray } {
  const goesRight = logPolicy(theta, np.array(true)).exp();
  const step = (state: NDArray, u: NDArray) => {
    const right = u.less(goesRight);
    const playing = state.less(GOAL);
    return [np.where(playing, move(state, right), state), { right, playing }] as const;
  };
  return lax.scan(step, np.array(0, { dtype: "int32" }), random.uniform(key, [LIMIT]))[1];
}

interface Learner {
  readonly theta: NDArray;
  /** The baseline: one value, because all states look the same. */
  readonly w: NDArray;
}

export interface StepSizes {
  readonly theta: number;
  readonly w: number;
}

/** The updates of an episode one after the other: δ = G − w, w += αʷ δ, θ += αᶿ δ ∇ln π(A | θ). Also gives the episode's return. */
function learnFromEpisode(learner: Learner, key: NDArray, sizes: StepSizes): [Learner, NDArray] {
  const { right, playing } = playEpisode(learner.theta, key);
  const returns = lax.cumsum(playing.astype("float32"), 0, { reverse: true }).neg();
  const update = ({ theta, w }: Learner, t: { right: NDArray; playing: NDArray; G: NDArray }): [Learner, null] => {
    const delta = np.where(t.playing, t.G.sub(w), 0);
    const score = grad(logPolicy)(theta, t.right);
    return [{ theta: theta.add(score.mul(delta).mul(sizes.theta)), w: w.add(delta.mul(sizes.w)) }, null];
  };
  const [next] = lax.scan(update, learner, { right, playing, G: returns });
  return [next, returns.at(0).get()];
}

/** v(s₀) of a policy that goes right with probability p, by solving Bellman's three equations: −(4 − 2p) / (p (1 − p)). */
export const valueOf = (p: NDArray): NDArray => np.divide(p.mul(2).sub(4), p.mul(np.subtract(1, p)));

export interface CorridorOptions {
  readonly runs: number;
  readonly episodes: number;
  readonly seed: number;
}

/** Mean return of each episode over the runs, `[episodes]`, and where the policies ended: the probability of right, `[runs]`. */
export function corridor(sizes: StepSizes, { runs, episodes, seed }: CorridorOptions): { returns: NDArray; goesRight: NDArray } {
  // As in the book's figure, the policy begins by going left nearly always: with probability 0.95.
  const start: Learner = { theta: np.array([Math.log(0.95), Math.log(0.05)]), w: np.array(0, { dtype: "float32" }) };
  const run = (key: NDArray): [Learner, NDArray] =>
    lax.scan((learner: Learner, k: NDArray) => learnFromEpisode(learner, k, sizes), start, random.split(key, episodes));
  const [{ theta }, returns] = jit(vmap(run))(random.split(random.key(seed), runs));
  return { returns: returns.mean(0), goesRight: nn.softmax(theta).at("...", 1).get() };
}
