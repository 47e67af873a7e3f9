// The LSTM example with a tiny budget: it runs, is still bad, and says so.

import { expect, test } from "vitest";
import { run } from "../../examples/lstm/main.js";
import { expectPictures, missed, runQuietly, valueOf } from "./smoke.js";

const name = "mean squared error on new sequences";

test("forty steps on four numbers are better than none, and not yet enough", async () => {
  const few = await runQuietly(() => run({ steps: 1, length: 4 }));
  const more = await runQuietly(() => run({ steps: 40, length: 4 }));
  expect(valueOf(more.figures, name)).toBeLessThan(0.8 * valueOf(few.figures, name));
  expect(missed(more.figures)).toHaveLength(2);
  expectPictures(more, "loss.svg");
});

test("the same key gives the same figures", async () => {
  const [first, second] = [await runQuietly(() => run({ steps: 2, length: 4 })), await runQuietly(() => run({ steps: 2, length: 4 }))];
  expect(first.figures).toEqual(second.figures);
});
