// Newton–CG converges superlinearly where descent does not.

import { expect, test } from "vitest";
import { run } from "../../examples/newtonCg/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

test("twelve steps reach the minimum, four do not", async () => {
  const result = await runQuietly(() => run({ steps: 12, descent: 100 }));
  expect(missed(result.figures)).toEqual([]);
  expectPictures(result, "convergence.svg");
  const short = await runQuietly(() => run({ steps: 4, descent: 10 }));
  expect(missed(short.figures)).toEqual(["|gradient| after Newton–CG"]);
});
