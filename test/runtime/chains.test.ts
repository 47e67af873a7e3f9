// Random chains of products, reductions of rows and columns, and pointwise operations on matrices large enough for epilogues
// and groups of rows: what the small programs of programs.test.ts do not reach.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import "../../src/install.js";
import { type NDArray, nn, numpy as np } from "../../src/index.js";
import { noise } from "../property/arbitraries.js";
import { runs } from "../property/settings.js";
import { expectAlike } from "./threads.js";

interface Beside {
  readonly w: NDArray;
  readonly row: NDArray;
  readonly column: NDArray;
}

const keep = { keepdims: true } as const;

/** Operations on matrices of one shape, which keep values small. */
const operations: readonly ((x: NDArray, y: NDArray, beside: Beside) => NDArray)[] = [
  (x, y) => x.add(y).mul(0.5),
  (x, y) => np.tanh(x.mul(y)),
  (x, _, { row }) => nn.relu(x.add(row)),
  (x, _, { column }) => x.mul(column),
  (x, y) => np.where(np.greater(x, y), x, y.mul(0.25)),
  (x, _, { w }) => x.matmul(w),
  (x, _, { w, row }) => x.matmul(w.T).add(row),
  (x, y, { w }) => np.tanh(x.matmul(w).add(y)),
  (x) => nn.softmax(x),
  (x, y) => x.sub(y.mean(-1, keep)),
  (x, y) => x.div(y.square().mean(-1, keep).add(1)),
  (x, y) => np.exp(x.sub(x.max(-1, keep))).mul(y),
  (x, y) => x.add(y.mean(0, keep)),
  (x, y) => x.sub(y.min(-1, keep)).mul(0.5),
];

const chains = fc.record({
  shape: fc.constantFrom<readonly [number, number]>([20, 16], [33, 40], [64, 67], [5, 130]),
  dtype: fc.constantFrom<"float32" | "float64">("float32", "float64"),
  links: fc.array(fc.tuple(fc.nat(operations.length - 1), fc.nat(40), fc.nat(40)), { minLength: 2, maxLength: 9 }),
  results: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
});

it("agree with the reference evaluator, on every number of threads", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(chains, ({ shape: [m, n], dtype, links, results }) => {
      const f = (x: NDArray, y: NDArray, w: NDArray, row: NDArray, column: NDArray): readonly NDArray[] => {
        const values = [x, y];
        for (const [operation, i, j] of links) {
          values.push(operations[operation](values[i % values.length], values[j % values.length], { w, row, column }));
        }
        const last = values.length - 1;
        return [values[last], ...results.map((i) => values[last - (i % links.length)].sum(i % 2))];
      };
      const inputs = [
        noise([m, n], 1, dtype),
        noise([m, n], 2, dtype),
        noise([n, n], 3, dtype).mul(1 / n),
        noise([n], 4, dtype),
        noise([m, 1], 5, dtype),
      ];
      for (const kind of expectAlike(f, inputs, "chain")) seen.add(kind);
    }),
    runs(25, 1500),
  );
  for (const kind of ["finished", "rows", "dot", "nest"]) expect(seen).toContain(kind);
});
