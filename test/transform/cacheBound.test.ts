// The caches of a jitted function are bounded: the oldest program goes when there are too many, and is traced again when it is
// wanted again.

import { expect, test } from "vitest";
import { jit, numpy as np, type NDArray } from "../../src/index.js";

test("a jitted function keeps its latest 512 programs, and as many reasons", () => {
  let traced = 0;
  const scaled = jit(
    (x: NDArray, factor: number) => {
      traced++;
      return x.mul(factor);
    },
    { staticArgnums: [1] },
  );
  const x = np.ones([2]);
  // Traced, but not compiled: no call.
  for (let factor = 0; factor < 520; factor++) scaled.lower(x, factor);
  expect([traced, scaled.cacheSize, scaled.traces.length]).toEqual([520, 512, 512]);
  scaled.lower(x, 519);
  scaled.lower(x, 8);
  expect(traced).toBe(520);
  expect(scaled(x, 0).toArray()).toEqual([0, 0]);
  expect([traced, scaled.cacheSize]).toEqual([521, 512]);
});
