// The table has a row each tenth and a column each schedule; the picture a line each schedule.

import { expect, test } from "vitest";
import { run } from "../../examples/learningRateSchedules/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

test("the figures hold over twenty steps too", async () => {
  const result = await runQuietly(() => run({ steps: 20 }));
  expect(missed(result.figures)).toEqual([]);
  const rows = result.printed.split("\n").map((line) => line.trim().split(/\s+/));
  expect(rows.map(([step]) => step)).toEqual(["step", ...Array.from({ length: 11 }, (_, i) => String(2 * i))]);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([10]));
  expectPictures(result, "schedules.svg");
});
