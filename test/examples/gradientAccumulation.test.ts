// Accumulated small batches go the way of the large one, and the schedule goes on with updates.

import { expect, test } from "vitest";
import { run } from "../../examples/gradientAccumulation/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

test("twelve updates either way", async () => {
  const result = await runQuietly(() => run({ updates: 12 }));
  expect(missed(result.figures)).toEqual([]);
  expect(result.printed).toMatch(/^ {3}4 {8}1 {7}0\.050000\n {3}5 {8}1 {7}0\.050000$/m);
  expectPictures(result, "rates.svg");
});
