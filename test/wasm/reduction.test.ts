// Every reduction of every dtype, along rows, columns, the middle axis and all axes, in vectors of four lanes and of two, with
// pointwise stores in the same nest: at NaN, infinities, both zeros, and where integers wrap. Maxima, minima, integers and
// bools have the reference's bits; float sums and products of numbers that multiply exactly do as well.

import { describe, expect, it } from "vitest";
import { type DType, dtypes, isFloat, typedArray } from "../../src/core/dtype.js";
import { sizeOf, stridesOf } from "../../src/core/shape.js";
import type { Buffer, Node, Reduction, Store } from "../../src/loop/ir.js";
import { supportsReduction } from "../../src/wasm/reduction.js";
import { type Case, Compiled, meaning, sameBits, specials } from "./nests.js";

const reductions: readonly Reduction[] = ["sum", "prod", "max", "min", "and", "or"];
const cases = reductions.flatMap((kind) =>
  dtypes
    .filter((dtype) => supportsReduction(kind, dtype) && !(isFloat(dtype) && (kind === "and" || kind === "or")))
    .map((dtype) => [kind, dtype] as const),
);

/** Which of three axes a reduction runs over. */
const layouts: Readonly<Record<string, readonly number[]>> = {
  rows: [2],
  columns: [0],
  middle: [1],
  ends: [0, 2],
  inner: [1, 2],
  all: [0, 1, 2],
};

/** Numbers that make every sum and product of a few exact, or the special ones. */
function elements(dtype: DType, kind: Reduction, count: number, special: boolean): number[] {
  const list = special
    ? specials(dtype)
    : kind === "prod"
      ? [1, 1, 2, 1, isFloat(dtype) ? -1 : 3, 1, isFloat(dtype) ? 0.5 : 1]
      : [3, 1, 4, isFloat(dtype) ? -1.5 : 5, 9, 2, 6];
  return Array.from({ length: count }, (_, i) => (dtype === "bool" ? ((i * 5) % 3) & 1 : list[(i * 7 + (i >> 3)) % list.length]));
}

function reduced(
  kind: Reduction,
  dtype: DType,
  sizes: readonly number[],
  axes: readonly number[],
  options: { readonly wide: boolean; readonly special: boolean },
): Case {
  const size = sizeOf(sizes);
  const strides = stridesOf(sizes);
  const outSizes = sizes.map((n, k) => (axes.includes(k) ? 1 : n));
  const outStrides = stridesOf(outSizes).map((s, k) => (axes.includes(k) ? 0 : s));
  const buffers: Buffer[] = [
    { dtype, size, role: "argument" },
    { dtype, size: sizeOf(outSizes), role: "output" },
    { dtype, size, role: "output" },
  ];
  const nodes: Node[] = [{ kind: "load", access: { buffer: 0, offset: 0, strides }, dtype }];
  const stores: Store[] = [
    { node: 0, access: { buffer: 1, offset: 0, strides: outStrides }, reduction: kind },
    { node: 0, access: { buffer: 2, offset: 0, strides } },
  ];
  const data = new Map([[0, typedArray(dtype, elements(dtype, kind, size, options.special))]]);
  if (options.wide) {
    buffers.push({ dtype: "float64", size: 1, role: "argument" }, { dtype: "float64", size, role: "output" });
    nodes.push({ kind: "load", access: { buffer: 3, offset: 0, strides: sizes.map(() => 0) }, dtype: "float64" });
    stores.push({ node: 1, access: { buffer: 4, offset: 0, strides } });
    data.set(3, Float64Array.of(0.25));
  }
  return { buffers, data, nest: { kind: "nest", sizes, nodes, stores } };
}

function expectExact(of: Case, what: string): void {
  const compiled = new Compiled(of);
  const expected = meaning(of);
  const found = compiled.run(1);
  // NaN has many bit patterns: numbers are compared here, bits between the ranges.
  const agree = found.every((x, b) => x.every((v, i) => Object.is(v, expected[b][i])));
  if (!agree) expect(found, what).toEqual(expected);
  for (const cuts of [2, 3]) expect(sameBits(compiled.run(cuts), found), `${what}, ${cuts} ranges`).toBe(true);
}

const sizes: readonly (readonly number[])[] = [
  [2, 3, 5],
  [5, 4, 17],
  [3, 70, 2],
];

describe.each(cases)("%s of %s", (kind, dtype) => {
  it.each(Object.keys(layouts))("over %s", (layout) => {
    for (const shape of sizes) {
      for (const wide of dtype === "float64" ? [false] : [false, true])
        expectExact(reduced(kind, dtype, shape, layouts[layout], { wide, special: false }), `${shape.join()}${wide ? ", two lanes" : ""}`);
    }
  });

  it("of special numbers", () => {
    // A float sum or product of them depends on the order, or on where it overflows.
    if (isFloat(dtype) && (kind === "sum" || kind === "prod")) return;
    for (const axes of Object.values(layouts))
      for (const shape of sizes) expectExact(reduced(kind, dtype, shape, axes, { wide: false, special: true }), shape.join());
  });
});

describe("float sums and products", () => {
  it.each(["float32", "float64"] as const)("of %s pass on NaN and the infinities", (dtype) => {
    const rows: readonly (readonly number[])[] = [
      [NaN, 1],
      [Infinity, 1],
      [-Infinity, 2],
      [Infinity, -Infinity],
      [0, Infinity],
      [-0, -0],
    ];
    for (const kind of ["sum", "prod"] as const)
      for (const row of rows)
        for (const n of [2, 3, 4, 5, 8, 17, 19]) {
          const of = reduced(kind, dtype, [1, 1, n], [2], { wide: false, special: false });
          const values = Array.from({ length: n }, (_, i) => (i === n - 1 ? row[0] : i === 0 ? row[1] : kind === "sum" ? 0 : 1));
          const given = { ...of, data: new Map([[0, typedArray(dtype, values)]]) };
          const [found] = new Compiled(given).run(1)[1];
          const [expected] = meaning(given)[1];
          // The sum of negative zeros may be either zero, as in JAX.
          expect(
            found === expected || Object.is(found, expected),
            `${kind} of ${row.join()} among ${n}: ${found}, expected ${expected}`,
          ).toBe(true);
        }
  });

  it("of a million float32 numbers stay accurate", () => {
    const of = reduced("sum", "float32", [1, 1, 1 << 20], [2], { wide: false, special: false });
    const data = new Float32Array(1 << 20).fill(0.1);
    const [found] = new Compiled({ ...of, data: new Map([[0, data]]) }).run(1)[1];
    expect(Math.abs(found / (Math.fround(0.1) * 2 ** 20) - 1)).toBeLessThan(2 ** -24);
  });
});
