// Sorting and top-k against stable sorts of index lists.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sort, topK } from "../../src/kernels/sort.js";
import { anyDType, arrays, at, build, host, list, shapes } from "./brute.js";
import { casesOf, expectedOf, fromStored, referencePresent } from "./referenceCases.js";

// NaN last, zeros equal.
const compare = (a: number, b: number): number => (a === b || (a !== a && b !== b) ? 0 : b !== b || a < b ? -1 : 1);

test("sort of several operands by several keys, stable", () => {
  const cases = fc.tuple(shapes(1, 3, 4), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 3 })).chain(([shape, axis, count]) =>
    fc.record({
      dimension: fc.constant(axis % shape.length),
      numKeys: fc.integer({ min: 1, max: count }),
      operands: fc.tuple(
        ...Array.from({ length: count }, () => anyDType.chain((dtype) => arrays(dtype, shape, fc.constantFrom(0, 1, -0, 1, NaN, 2)))),
      ),
    }),
  );
  fc.assert(
    fc.property(cases, ({ dimension, numKeys, operands }) => {
      const { shape } = operands[0];
      const order = (index: number[]): number => {
        const positions = Array.from({ length: shape[dimension] }, (_, r) => r);
        const key = (k: number, r: number): number => at(operands[k], index.with(dimension, r));
        positions.sort((a, b) => {
          for (let k = 0; k < numKeys; k++) if (compare(key(k, a), key(k, b)) !== 0) return compare(key(k, a), key(k, b));
          return 0;
        });
        return positions[index[dimension]];
      };
      const expected = operands.map((x) => build(x.dtype, shape, (index) => at(x, index.with(dimension, order(index)))));
      expect(sort(operands, { dimension, numKeys })).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test.each(["float32", "int32"] as const)("long lines of %s", (dtype) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }).chain((n) => arrays(dtype, [n])),
      (x) => {
        const position = build("int32", x.shape, ([i]) => i);
        const [sorted, order] = sort([x, position], { dimension: 0 });
        const expected = list(position).sort((a, b) => compare(x.data[a], x.data[b]) || a - b);
        expect(list(order)).toEqual(expected);
        expect(list(sorted)).toEqual(expected.map((i) => x.data[i]));
        expect(sort([x], { dimension: 0 })[0]).toEqual(sorted);
      },
    ),
  );
});

test("topK: of equals the first, NaN before all", () => {
  const cases = fc
    .tuple(anyDType, shapes(1, 3, 5))
    .chain(([dtype, shape]) => fc.tuple(arrays(dtype, shape), fc.integer({ min: 0, max: shape[shape.length - 1] })));
  fc.assert(
    fc.property(cases, ([x, k]) => {
      const last = x.shape.length - 1;
      const best = (index: number[]): number => {
        const positions = Array.from({ length: x.shape[last] }, (_, r) => r);
        return positions.sort((a, b) => compare(at(x, index.with(last, b)), at(x, index.with(last, a))))[index[last]];
      };
      const [values, indices] = topK(x, { k });
      expect(indices).toEqual(build("int32", x.shape.with(last, k), best));
      expect(values).toEqual(build(x.dtype, x.shape.with(last, k), (index) => at(x, index.with(last, best(index)))));
    }),
  );
});

test("topK of infinities and NaN", () => {
  const [values, indices] = topK(host("float32", [5], [1, Infinity, NaN, -Infinity, NaN]), { k: 4 });
  expect(list(values)).toEqual([NaN, NaN, Infinity, 1]);
  expect(list(indices)).toEqual([2, 4, 1, 0]);
});

test.skipIf(!referencePresent)("the reference's sort and argsort", () => {
  for (const c of [...casesOf("numpy.sort"), ...casesOf("numpy.argsort")]) {
    const x = fromStored(c.args[0], "float64");
    const dimension = x.shape.length - 1;
    const [sorted, order] = sort([x, build("int32", x.shape, (index) => index[dimension])], { dimension });
    expect(list(c.fn === "numpy.sort" ? sorted : order)).toEqual(list(expectedOf(c)));
  }
  expect(casesOf("numpy.sort").length).toBe(1);
});
