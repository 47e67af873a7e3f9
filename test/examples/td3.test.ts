// TD3 with a tiny budget: the pendulum's equations, the delayed actor, targets that follow, and a short run.

import { expect, test } from "vitest";
import { numpy as np, random, type NDArray } from "cotangent";
import { treeLeaves } from "cotangent/tree";
import { initAgent, update } from "../../examples/td3/agent.js";
import { defaults, run } from "../../examples/td3/main.js";
import { move } from "../../examples/td3/pendulum.js";
import { expectPictures } from "./smoke.js";

test.each([
  // Gym's formulas in Python: the angle beyond π counts from the other side, and speed has a limit.
  [3.5, -1.2, 2, [3.441845628961639, -1.1630874207672148, -7.894120454100327]],
  [0.5, 7.9, 2, [0.9, 8, -6.495]],
  [0.5, 7.9, 20, [0.9, 8, -6.495]],
])("the pendulum at %f, turning with %f, moves as Gym's", (angle, turn, torque, expected) => {
  const { state, reward } = move(np.array([angle, turn], { dtype: "float64" }), np.array(torque, { dtype: "float64" }));
  [...(state.toArray() as number[]), reward.item()].forEach((x, i) => expect(x).toBeCloseTo(expected[i], 12));
});

test("critics move in every update, actor and targets in every second", () => {
  const agent = initAgent(random.key(0));
  const batch = { seen: np.ones([8, 3]), action: np.ones([8, 1]), reward: np.full([8], -3), next: np.ones([8, 3]) };
  const bits = (tree: unknown): unknown[] => treeLeaves(tree).map((leaf) => (leaf as NDArray).toArray());
  const odd = update(agent, np.array(1, { dtype: "int32" }), batch, random.key(1));
  expect(bits(odd.critics)).not.toEqual(bits(agent.critics));
  expect([bits(odd.actor), bits(odd.targets)]).toEqual([bits(agent.actor), bits(agent.targets)]);
  const even = update(agent, np.array(2, { dtype: "int32" }), batch, random.key(1));
  expect(bits(even.actor)).not.toEqual(bits(agent.actor));
  // target + 0.005 (network − target)
  const [target, before, network] = [even.targets.critics, agent.critics, even.critics].map((layers) => layers[0].w);
  expect(np.allclose(target, before.add(network.sub(before).mul(0.005)), { rtol: 1e-6 }).item()).toBe(1);
});

test("a short run gives a return, and pictures of what was learnt", () => {
  const result = run({ ...defaults, steps: 400, environments: 2, batch: 16 });
  expect(result.figures[0].value).toBeLessThan(0);
  expect(result.figures[0].value).toBeGreaterThan(-200 * 16.3);
  expectPictures(result, "returns.svg", "swings.svg");
});
