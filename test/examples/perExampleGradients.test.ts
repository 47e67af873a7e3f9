// The examples' gradients average to the batch's, their noise is the one foretold, and clipping holds.

import { expect, test } from "vitest";
import { run } from "../../examples/perExampleGradients/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

test("all figures but the accuracy hold after five steps", async () => {
  const result = await runQuietly(() => run({ steps: 5 }));
  expect(missed(result.figures)).toEqual(["points on their side after private training"]);
  expect(result.printed).toMatch(/noise of batches of 32: foretold 0\.0\d+, measured 0\.0\d+/);
  expectPictures(result, "lengths.svg", "loss.svg");
});
