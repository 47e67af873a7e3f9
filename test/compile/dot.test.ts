// Products of integers through the fused evaluator, on one thread and on two: the words of the reference evaluator, in the
// operands' dtype or wider.

import * as fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import "../../src/install.js";
import type { NDArray } from "../../src/core/array.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { runs } from "../property/settings.js";
import { drawn, expectReference, secondThread } from "../wasm/kernels/compiled.js";

beforeAll(secondThread);

describe("products of integers", () => {
  const size = fc.integer({ min: 1, max: 9 });

  it("in the operands' dtype, or in int32 of bytes", () => {
    const kinds = fc.constantFrom(
      ["int8", "int32"] as const,
      ["uint8", "int32"] as const,
      ["int8", "int8"] as const,
      ["uint8", "uint8"] as const,
      ["int32", "int32"] as const,
      ["uint32", "uint32"] as const,
    );
    fc.assert(
      fc.property(kinds, size, size, size, fc.integer({ min: 1, max: 3 }), fc.nat(), ([dtype, product], m, n, k, batch, seed) => {
        const f = (x: NDArray, y: NDArray): readonly NDArray[] => [
          dotGeneral(
            x,
            y,
            [
              [[2], [1]],
              [[0], [0]],
            ],
            product,
          ),
        ];
        expectReference(f, [drawn(dtype, [batch, m, k], seed), drawn(dtype, [batch, k, n], seed + 1)]);
      }),
      runs(60, 500),
    );
  });
});
