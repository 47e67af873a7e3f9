// Frozen layers keep every bit, whatever the training comes to.

import { expect, test } from "vitest";
import { run } from "../../examples/fineTuning/main.js";
import { expectPictures, missed, runQuietly, valueOf } from "./smoke.js";

test("a short run freezes what it says", async () => {
  const result = await runQuietly(() => run({ pictures: 500, epochs: 2, steps: 10 }));
  expect(missed(result.figures).filter((name) => name.includes("bit") || name.includes("has not") || name.includes("moments"))).toEqual([]);
  expect(valueOf(result.figures, "which digit, held-out accuracy")).toBeGreaterThan(0.4);
  expectPictures(result, "accuracy.svg");
});
