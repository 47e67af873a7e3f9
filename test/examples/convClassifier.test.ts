// The classifier with its files: training, saving, loading and reading image files with a tiny budget, and the reader of pictures.

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "fast-png";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataError } from "cotangent";
import { defaults, run } from "../../examples/convClassifier/main.js";
import { digitOf, readDigit } from "../../examples/convClassifier/picture.js";
import { runQuietly } from "./smoke.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conv-classifier-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a short run saves a network that reads its own files", async () => {
  const { figures } = await runQuietly(() => run({ ...defaults, epochs: 1, train: 600, test: 100 }, folder));
  const [same, accuracy, files] = figures.map(({ value }) => value);
  expect(same).toBe(1);
  expect(accuracy).toBeGreaterThan(0.4);
  expect(files).toBeGreaterThan(2);
  expect(await readdir(folder)).toEqual(expect.arrayContaining(["model.safetensors", "digit-0.png", "digit-9.png"]));

  const model = join(folder, "model.safetensors");
  const again = await runQuietly(() => run({ ...defaults, image: join(folder, "digit-1.png"), model }, folder));
  expect(again.figures).toEqual([]);
  expect(again.printed).toMatch(/digit-1\.png: \d with probability [01]\.\d{3}$/);
  await expect(run({ ...defaults, model: join(folder, "digit-0.png") }, folder)).rejects.toThrow(DataError);
});

/** A stroke of ink on paper: a bar of 4 x 40 pixels in a picture of 60 x 100. */
function bar(channels: 1 | 3 | 4, ink: number, paper: number): Uint8Array {
  const data = new Uint8Array(60 * 100 * channels).map((_, i) => {
    const pixel = Math.floor(i / channels);
    const [x, y] = [pixel % 60, Math.floor(pixel / 60)];
    const inside = x >= 10 && x < 14 && y >= 50 && y < 90;
    if (channels === 4) return i % 4 === 3 ? (inside ? 255 : 0) : ink;
    return inside ? ink : paper;
  });
  return encode({ width: 60, height: 100, data, channels, depth: 8 });
}

test.each([
  ["dark on light", bar(1, 20, 240)],
  ["light on dark", bar(1, 240, 20)],
  ["in colour", bar(3, 20, 240)],
  ["on nothing", bar(4, 20, 0)],
])("a bar %s is 2 x 20 pixels in the middle", (_, png) => {
  const pixels = digitOf(png);
  const inked = [...pixels.keys()].filter((i) => pixels[i] > 0.5).map((i) => [i % 28, Math.floor(i / 28)]);
  expect(inked).toHaveLength(40);
  expect([inked[0], inked.at(-1)]).toEqual([
    [13, 4],
    [14, 23],
  ]);
});

test("what is no picture of anything is refused by name", async () => {
  const path = join(folder, "nothing.png");
  await writeFile(path, bar(1, 100, 100));
  const result = await readDigit(path)();
  expect(E.isLeft(result) && result.left.message).toMatch(
    /readDigit: expected a PNG of a digit at .*nothing\.png, got a picture without contrast/,
  );
  const missing = await readDigit(join(folder, "missing.png"))();
  expect(E.isLeft(missing) && missing.left.message).toMatch(/ENOENT/);
});
