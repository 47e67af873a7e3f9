// The jaxpr is printed, gradients by hand and those of the course agree, and descent separates the classes.

import { expect, test } from "vitest";
import { run } from "../../examples/logisticRegression/main.js";
import { expectPictures, missed, runQuietly, valueOf } from "./smoke.js";

test("the graph, its gradient and a short descent", async () => {
  const result = await runQuietly(() => run({ steps: 50 }));
  expect(missed(result.figures)).toEqual([]);
  expect(result.printed).toMatch(/\{ lambda ; .*let[^]*logistic[^]*log[^]*neg[^]*in \(.*\) \}/);
  expect(result.printed).toContain("CS231n's neuron: dw [-0.19661193 -0.39322385  0.19661193]");
  expectPictures(result, "boundary.svg", "cost.svg");
  const none = await runQuietly(() => run({ steps: 1 }));
  expect(valueOf(none.figures, "points on their side")).toBeLessThanOrEqual(valueOf(result.figures, "points on their side"));
});
