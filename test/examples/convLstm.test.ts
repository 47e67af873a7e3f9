// Films move as they should, the model reads its own frames only after those given, and a tiny run writes a picture.

import { decode } from "fast-png";
import { expect, test } from "vitest";
import { type NDArray, jit, numpy as np, random } from "cotangent";
import { SIDE, drawFilms, drawGlyphs } from "../../examples/convLstm/data.js";
import { run } from "../../examples/convLstm/main.js";
import { initial, predict } from "../../examples/convLstm/model.js";
import { missed, parseSvg, runQuietly } from "./smoke.js";

const glyphs = drawGlyphs(20, 0);
const films = jit((key: NDArray) => drawFilms(key, glyphs, 3, 12))(random.key(0));

test("digits move, keep their ink between the walls, and stay in the picture", () => {
  expect(films.shape).toEqual([12, 3, SIDE, SIDE]);
  expect(films.min().item()).toBeGreaterThanOrEqual(0);
  expect(films.max().item()).toBeLessThanOrEqual(1);
  const ink = films.sum([2, 3]).toArray() as number[][];
  for (let film = 0; film < 3; film++) {
    const amounts = ink.map((frame) => frame[film]);
    expect(Math.max(...amounts) / Math.min(...amounts)).toBeLessThan(1.001);
  }
  const steps = films
    .at(np.slice(1))
    .get()
    .sub(films.at(np.slice(0, -1)).get())
    .abs()
    .max([1, 2, 3]);
  expect(steps.min().item()).toBeGreaterThan(0.05);
});

test("a prediction depends on the frames given before it, and on no other", () => {
  const params = initial(random.key(1), 4);
  const foresee = (given: NDArray): NDArray => predict(params, given, 6);
  const given = films.at(np.slice(0, 3)).get();
  const changed = given.at(2).set(np.zeros([3, SIDE, SIDE]));
  const moved = foresee(given).sub(foresee(changed)).abs().max([1, 2, 3]).toTypedArray();
  expect(moved).toHaveLength(5);
  expect([...moved].map((x) => x > 0)).toEqual([false, false, true, true, true]);
});

test("a tiny run misses its figure and writes its pictures", async () => {
  const result = await runQuietly(() => run({ steps: 2, batch: 1, hidden: 2 }));
  expect(missed(result.figures)).toHaveLength(1);
  const { "films.png": films, ...plots } = result.pictures;
  const { width, height } = decode(films as Uint8Array);
  expect(width / height).toBeGreaterThan(1);
  for (const svg of Object.values(plots)) expect(parseSvg(svg).tagName).toBe("svg");
});
