// Every leaf is drawn by its path, and the spreads through depth are as the papers say.

import { expect, test } from "vitest";
import { run } from "../../examples/weightInitialisation/main.js";
import { expectPictures, runQuietly, valueOf } from "./smoke.js";

test("spreads die out, saturate or stay", async () => {
  const result = await runQuietly(() => run({ width: 32 }));
  expect(result.printed).toContain("[0].b 32, [0].w 32×32");
  expect(valueOf(result.figures, "normal(0.01), tanh: last layer")).toBeLessThan(1e-12);
  expect(valueOf(result.figures, "normal(1), tanh: last layer, saturated")).toBeGreaterThan(0.85);
  expect(valueOf(result.figures, "He, relu: last layer")).toBeGreaterThan(
    20 * valueOf(result.figures, "Glorot, relu: last layer, dying out"),
  );
  expectPictures(result, "spread.svg");
});
