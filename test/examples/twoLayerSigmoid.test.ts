// The gradients by hand are those of grad, and the error falls.

import { expect, test } from "vitest";
import { run } from "../../examples/twoLayerSigmoid/main.js";
import { expectPictures, missed, runQuietly, valueOf } from "./smoke.js";

test("gradients agree, and the error falls with the steps", async () => {
  const error = "mean absolute error at the end";
  const short = await runQuietly(() => run({ steps: 10 }));
  expect(missed(short.figures)).toEqual([error]);
  const long = await runQuietly(() => run({ steps: 1000 }));
  expect(valueOf(long.figures, error)).toBeLessThan(0.1);
  expect(valueOf(short.figures, error)).toBeGreaterThan(0.4);
  expectPictures(long, "error.svg");
});
