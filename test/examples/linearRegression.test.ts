// The example finds the least squares, and a run too short says that it does not.

import { expect, test } from "vitest";
import { run } from "../../examples/linearRegression/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

test("a few epochs find the line, one does not", async () => {
  const long = await runQuietly(() => run({ epochs: 40 }));
  expect(missed(long.figures)).toEqual([]);
  expectPictures(long, "line.svg", "loss.svg");
  const short = await runQuietly(() => run({ epochs: 1 }));
  expect(missed(short.figures)).toEqual(["slope, distance from the least squares", "intercept, distance from the least squares"]);
});
