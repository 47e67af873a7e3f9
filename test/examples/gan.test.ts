// The ring of Gaussians: turns that leave the other player alone, a check that can fail, and a picture.

import { expect, test } from "vitest";
import { random, type NDArray } from "cotangent";
import { run, sameBits } from "../../examples/gan/main.js";
import { discriminatorLoss, discriminatorStep, drawReal, generatorStep, initGame } from "../../examples/gan/model.js";
import { parseSvg } from "./smoke.js";

test("each turn moves its own player and only that", () => {
  const start = initGame(random.key(1));
  const second = discriminatorStep(start, random.key(2), 32);
  const third = generatorStep(second, random.key(3), 32);
  expect([sameBits(second.generator, start.generator), sameBits(second.discriminator, start.discriminator)]).toEqual([true, false]);
  expect([sameBits(third.generator, second.generator), sameBits(third.discriminator, second.discriminator)]).toEqual([false, true]);
});

test("the discriminator learns to tell real from made", () => {
  let game = initGame(random.key(1));
  const real = drawReal(random.key(4), 128);
  const loss = (): NDArray => discriminatorLoss(game.generator.network, game.discriminator.network, real, random.key(5));
  const before = loss().item();
  for (let i = 0; i < 20; i++) game = discriminatorStep(game, random.foldIn(random.key(6), i), 64);
  expect(loss().item()).toBeLessThan(0.9 * before);
});

test("a short run keeps the players apart, and misses what takes a long one", () => {
  const { figures, pictures } = run({ rounds: 20, batch: 32, seed: 0 });
  expect(figures.slice(0, 3).map(({ value }) => value)).toEqual([1, 1, 1]);
  expect(figures[4].value).toBeLessThan(0.8);
  expect(parseSvg(pictures["samples.svg"]).getElementsByTagName("circle")).toHaveLength(2000);
});
