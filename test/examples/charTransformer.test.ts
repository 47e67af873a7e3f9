// The language is what its entropy is computed for, sampling is right at the window's edge, and a tiny run falls.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type NDArray, jit, numpy as np, random } from "cotangent";
import { entropyRate, meanLength, writeText } from "../../examples/charTransformer/grammar.js";
import { run } from "../../examples/charTransformer/main.js";
import { type Params, initial, logits, sample } from "../../examples/charTransformer/model.js";
import { expectPictures, missed, runQuietly, valueOf } from "./smoke.js";

const tiny = { data: "", steps: 12, context: 16, width: 16, layers: 1, batch: 8 };

test("sentences are as long as the grammar says, and the same for the same seed", () => {
  const text = writeText(4000, 1);
  expect(text).toBe(writeText(4000, 1));
  expect(text).not.toContain("undefined");
  expect(text.split("\n")[0]).toMatch(/^[a-z ,]+\.$/);
  // The standard error is 0.3 characters.
  expect(Math.abs(text.length / 4000 - meanLength())).toBeLessThan(1.2);
  expect(entropyRate()).toBeGreaterThan(0.2);
  expect(entropyRate()).toBeLessThan(Math.log(29));
});

const sizes = { vocabulary: 5, context: 4, width: 16, layers: 1 };

test("no place sees those after it", () => {
  const params = initial(random.key(0), sizes);
  const of = (ids: number[]): NDArray => logits(params, np.array([ids], { dtype: "int32" }));
  const [a, b] = [of([1, 2, 3, 4]), of([1, 2, 0, 0])];
  expect(a.at(0, np.slice(0, 2)).get().toArray()).toEqual(b.at(0, np.slice(0, 2)).get().toArray());
  expect(a.at(0, 2).get().toArray()).not.toEqual(b.at(0, 2).get().toArray());
});

test("at a low temperature, samples are the likeliest characters, also when the window moves on", () => {
  const params: Params = initial(random.key(3), sizes);
  const written = [2, ...jit((p: Params) => sample(p, random.key(1), np.array(1e-6), 2, 9))(params).toTypedArray()];
  const likeliest = Array.from({ length: 9 }, (_, i) => {
    const before = written.slice(Math.max(0, i + 1 - sizes.context), i + 1);
    return logits(params, np.array([before], { dtype: "int32" }))
      .at(0, -1)
      .get()
      .argmax()
      .item();
  });
  expect(written.slice(1)).toEqual(likeliest);
});

test("a few steps bring the loss down, on the grammar and on a file", async () => {
  const more = await runQuietly(() => run(tiny));
  const name = "held-out loss over the entropy";
  // All 29 characters alike would be a loss of log 29.
  expect(valueOf(more.figures, name) * entropyRate()).toBeLessThan(0.95 * Math.log(29));
  expect(missed(more.figures)).toEqual([name]);
  expect(more.printed).toMatch(/temperature 0.3:[^]*temperature 1:/);
  expectPictures(more, "loss.svg");
  const folder = await mkdtemp(join(tmpdir(), "charTransformer-"));
  try {
    await writeFile(join(folder, "text.txt"), "to be or not to be\n".repeat(40));
    const { figures } = await runQuietly(() => run({ ...tiny, data: join(folder, "text.txt") }));
    expect(valueOf(figures, "held-out loss, nats a character")).toBeLessThan(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
