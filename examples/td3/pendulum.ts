// The pendulum that is to be swung up and held, with the constants of Gym's Pendulum-v1: pure functions of one state [θ, θ̇], θ = 0
// being upright. Episodes have 200 steps and no other end, so no state is terminal.

import { numpy as np, random, type NDArray } from "cotangent";

const [GRAVITY, MASS, LENGTH, TAU] = [10, 1, 1, 0.05];
const FASTEST = 8;
/** Torques lie within ±this. */
export const TORQUE = 2;
/** Steps of an episode. */
export const LIMIT = 200;

/** Anywhere around the circle, turning slowly. */
export const start = (key: NDArray): NDArray => random.uniform(key, [2], { minval: -1, maxval: 1 }).mul(np.array([Math.PI, 1]));

/** What the agent sees: `[cos θ, sin θ, θ̇]`. */
export function observe(state: NDArray): NDArray {
  const [angle, turn] = state;
  return np.stack([angle.cos(), angle.sin(), turn]);
}

/** The state a time step later, and the reward −(θ² + 0.1 θ̇² + 0.001 u²) with θ from −π to π; the torque u is a scalar. */
export function move(state: NDArray, torque: NDArray): { readonly state: NDArray; readonly reward: NDArray } {
  const [angle, turn] = state;
  const u = torque.clip(-TORQUE, TORQUE);
  const tilt = np.remainder(angle.add(Math.PI), 2 * Math.PI).sub(Math.PI);
  const reward = tilt.square().add(turn.square().mul(0.1)).add(u.square().mul(0.001)).neg();
  const turning = angle
    .sin()
    .mul((3 * GRAVITY) / (2 * LENGTH))
    .add(u.mul(3 / (MASS * LENGTH ** 2)));
  const faster = turn.add(turning.mul(TAU)).clip(-FASTEST, FASTEST);
  return { state: np.stack([angle.add(faster.mul(TAU)), faster]), reward };
}
