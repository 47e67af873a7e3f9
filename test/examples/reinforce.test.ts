// The corridor and the cart: the equations of motion, short runs that learn, and the figures' pictures.

import { expect, test } from "vitest";
import { numpy as np } from "cotangent";
import { move } from "../../examples/reinforce/cartPole.js";
import { corridor, valueOf } from "../../examples/reinforce/corridor.js";
import { run } from "../../examples/reinforce/main.js";
import { expectPictures } from "./smoke.js";

test.each([
  // Gym's formulas in Python.
  [1, [0, -0.3072188475418512, 0.166, 0.5580101690645438]],
  [0, [0, -0.6968261196649532, 0.166, 1.1358587727078644]],
])("the cart pushed by %i moves as Gym's", (action, expected) => {
  const state = np.array([0.01, -0.5, 0.15, 0.8], { dtype: "float64" });
  const next = move(state, np.array(action, { dtype: "int32" })).toArray() as number[];
  next.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 12));
});

test("the corridor's value is best at p = 2 − √2, where it is −11.66", () => {
  const value = (p: number): number => valueOf(np.array(p)).item();
  expect(value(2 - Math.SQRT2)).toBeCloseTo(-11.657, 3);
  expect(value(0.55)).toBeLessThan(value(2 - Math.SQRT2));
  expect(value(0.62)).toBeLessThan(value(2 - Math.SQRT2));
});

test("the policy that goes left nearly always has the value of Bellman's equations, until it learns", () => {
  const frozen = corridor({ theta: 0, w: 0 }, { runs: 200, episodes: 5, seed: 3 });
  // v(0.05) = −82.1; the spread of the mean of 1000 episodes is about 2.6.
  expect(Math.abs(frozen.returns.mean().item() - valueOf(np.array(0.05)).item())).toBeLessThan(8);
});

test("short runs learn on both, and are drawn", () => {
  const result = run({ runs: 10, episodes: 300, steps: 30, environments: 16, seed: 0 });
  const [last, value, cart] = result.figures.map((figure) => figure.value);
  expect(last).toBeGreaterThan(-20);
  expect(value).toBeGreaterThan(-20);
  expect(cart).toBeGreaterThan(40);
  expectPictures(result, "corridor.svg", "cartPole.svg");
});
