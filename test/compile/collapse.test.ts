// Merging axes changes no element that a nest touches, nor the order in which it touches them.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { collapse } from "../../src/compile/collapse.js";
import { dtypes } from "../../src/core/dtype.js";
import type { Access, Nest } from "../../src/loop/ir.js";
import { accessesOf } from "../../src/loop/access.js";
import { runs } from "../property/settings.js";
import { nests } from "../wasm/drawnNests.js";
import { load, nest } from "../loop/loops.js";

function placesOf({ offset, strides }: Access, sizes: readonly number[]): number[] {
  let places = [offset];
  sizes.forEach((n, k) => (places = places.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[k]))));
  return places;
}

const touched = (of: Nest): readonly number[][] => accessesOf(of).map((access) => placesOf(access, of.sizes));

it("keeps every place, in order", () => {
  let merged = 0;
  fc.assert(
    fc.property(nests(dtypes), ({ of }) => {
      const result = collapse(of.nest);
      if (result.sizes.length < of.nest.sizes.length) merged++;
      expect(touched(result)).toEqual(touched(of.nest));
    }),
    runs(500, 20_000),
  );
  expect(merged).toBeGreaterThan(5);
});

it("merges rows that follow each other, and leaves an axis whose index is read", () => {
  const store = { node: 0, access: { buffer: 1, offset: 0, strides: [12, 4, 1] } };
  expect(collapse(nest([2, 3, 4], [load(0, [12, 4, 1])], store)).sizes).toEqual([24]);
  expect(collapse(nest([2, 3, 4], [load(0, [0, 4, 1])], store)).sizes).toEqual([2, 12]);
  const indexed = nest([2, 3, 4], [{ kind: "index", axis: 1, dtype: "float32" }], store);
  expect(collapse(indexed).sizes).toEqual([2, 3, 4]);
  const last = collapse(nest([2, 3, 4], [{ kind: "index", axis: 2, dtype: "float32" }], store));
  expect([last.sizes, last.nodes[0]]).toEqual([[6, 4], { kind: "index", axis: 1, dtype: "float32" }]);
});
