// Loads and stores of every dtype through every kind of access: rows, one element for all lanes, elements apart, backwards,
// transposed and broadcast, at lengths around those of vectors and turns, in vectors of four lanes and of two.

import { describe, expect, it } from "vitest";
import { type DType, dtypes, typedArray } from "../../src/core/dtype.js";
import type { Buffer, Node } from "../../src/loop/ir.js";
import { type Case, Compiled, meaning, specials } from "./nests.js";

interface Kind {
  readonly sizes: (n: number) => readonly number[];
  readonly load: (n: number) => { readonly offset: number; readonly strides: readonly number[]; readonly size: number };
  readonly store: (n: number) => { readonly offset: number; readonly strides: readonly number[]; readonly size: number };
}

const row = (n: number) => ({ offset: 0, strides: [1], size: n });
const single = (n: number): number[] => [n];

const kinds: Readonly<Record<string, Kind>> = {
  rows: { sizes: single, load: row, store: row },
  "rows from odd places": {
    sizes: single,
    load: (n) => ({ offset: 3, strides: [1], size: n + 3 }),
    store: (n) => ({ offset: 1, strides: [1], size: n + 1 }),
  },
  "one element": { sizes: single, load: () => ({ offset: 2, strides: [0], size: 3 }), store: row },
  "elements apart": {
    sizes: single,
    load: (n) => ({ offset: 1, strides: [3], size: 3 * n + 1 }),
    store: (n) => ({ offset: 0, strides: [2], size: 2 * n }),
  },
  backwards: { sizes: single, load: (n) => ({ offset: n - 1, strides: [-1], size: n }), store: row },
  "into reverse": { sizes: single, load: row, store: (n) => ({ offset: 2 * n - 1, strides: [-2], size: 2 * n }) },
  transposed: {
    sizes: (n) => [3, n],
    load: (n) => ({ offset: 0, strides: [1, 3], size: 3 * n }),
    store: (n) => ({ offset: 0, strides: [n, 1], size: 3 * n }),
  },
  "into the transpose": {
    sizes: (n) => [3, n],
    load: (n) => ({ offset: 0, strides: [n, 1], size: 3 * n }),
    store: (n) => ({ offset: 0, strides: [1, 3], size: 3 * n }),
  },
  "rows repeated": {
    sizes: (n) => [3, n],
    load: (n) => ({ offset: 0, strides: [0, 1], size: n }),
    store: (n) => ({ offset: 0, strides: [n, 1], size: 3 * n }),
  },
  "columns repeated": {
    sizes: (n) => [3, n],
    load: () => ({ offset: 0, strides: [1, 0], size: 3 }),
    store: (n) => ({ offset: 0, strides: [n, 1], size: 3 * n }),
  },
  "rows of a wider array": {
    sizes: (n) => [3, n],
    load: (n) => ({ offset: 1, strides: [n + 5, 1], size: 3 * n + 15 }),
    store: (n) => ({ offset: 2, strides: [n + 3, 1], size: 3 * n + 9 }),
  },
  "three axes reordered": {
    sizes: (n) => [2, n, 3],
    load: (n) => ({ offset: 0, strides: [3, 6, 1], size: 6 * n }),
    store: (n) => ({ offset: 0, strides: [3 * n, 1, n], size: 6 * n }),
  },
};

function copyCase(kind: Kind, n: number, dtype: DType, wide: boolean): Case {
  const [sizes, from, to] = [kind.sizes(n), kind.load(n), kind.store(n)];
  const list = specials(dtype);
  const buffers: Buffer[] = [
    { dtype, size: from.size, role: "argument" },
    { dtype, size: to.size, role: "output" },
  ];
  const data = new Map([
    [
      0,
      typedArray(
        dtype,
        Array.from({ length: from.size }, (_, i) => list[(i * 5) % list.length]),
      ),
    ],
  ]);
  const nodes: Node[] = [{ kind: "load", access: { buffer: 0, ...from }, dtype }];
  const stores = [{ node: 0, access: { buffer: 1, ...to } }];
  if (wide) {
    buffers.push({ dtype: "float64", size: to.size, role: "output" });
    nodes.push({ kind: "constant", value: 1 / 3, dtype: "float64" });
    stores.push({ node: 1, access: { buffer: 2, ...to } });
  }
  return { buffers, data, nest: { kind: "nest", sizes, nodes, stores } };
}

/** Of what was never stored, the interpreter has zeros, and the memory its old bytes. */
const stored = ({ nest }: Case): number[] => {
  const { offset, strides } = nest.stores[0].access;
  let places = [offset];
  nest.sizes.forEach((n, k) => (places = places.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[k]))));
  return places;
};

describe.each(Object.keys(kinds))("%s", (name) => {
  it.each(dtypes)("of %s", (dtype) => {
    for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 70]) {
      for (const wide of dtype === "float64" ? [false] : [false, true]) {
        const of = copyCase(kinds[name], n, dtype, wide);
        const [found, expected] = [new Compiled(of).run(n % 3 === 0 ? 2 : 1), meaning(of)];
        const places = stored(of);
        for (const b of wide ? [1, 2] : [1]) {
          const wrong = places.filter((p) => !Object.is(found[b][p], expected[b][p]));
          expect(wrong, `${n} elements, buffer %${b}`).toEqual([]);
        }
      }
    }
  });
});
