import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ConcretizationError, DTypeError, IndexError, OptionError, ShapeError, TypeMismatchError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import { mul, sub } from "../../src/ops/arithmetic.js";
import { gt } from "../../src/ops/compare.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sqrt } from "../../src/ops/exponential.js";
import { IndexedArray } from "../../src/numpy/at.js";
import type { Index } from "../../src/numpy/indexing.js";
import { slice } from "../../src/numpy/slices.js";
import "../../src/install.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "../ops/rules.js";
import { type NaiveIndex, select } from "./naiveIndexing.js";

const at = (x: NDArray, ...indices: Index[]): IndexedArray => new IndexedArray(x, indices);
const counting = (shape: readonly number[], dtype: "float32" | "int32" = "float32"): NDArray =>
  arrayOf(
    dtype,
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  );
const int32 = (values: readonly number[], shape?: readonly number[]): NDArray => arrayOf("int32", values, shape ?? [values.length]);

/** The library's index for the oracle's; lists become arrays where `asArrays`. */
function indexOf(index: NaiveIndex): Index {
  switch (index.kind) {
    case "integer":
      return index.index;
    case "slice":
      return slice(index.start, index.stop, index.step);
    case "new":
      return null;
    case "ellipsis":
      return "...";
    case "list":
      return int32(index.values, index.shape);
    case "mask":
      return arrayOf("bool", index.values.map(Number), index.shape);
  }
}

const bound = (n: number): fc.Arbitrary<number | null> => fc.option(fc.integer({ min: -n - 2, max: n + 2 }));
const listShapes = [[], [1], [2], [3], [2, 1], [1, 3], [2, 3]];

/** An index for axes that start at `axis`. */
function indexFor(shape: readonly number[], axis: number): fc.Arbitrary<NaiveIndex> {
  const n = shape[axis];
  const inside = fc.integer({ min: -n, max: n - 1 });
  const lists = fc
    .constantFrom(...listShapes)
    .chain((listShape) =>
      fc
        .array(inside, { minLength: sizeOf(listShape), maxLength: sizeOf(listShape) })
        .map((values): NaiveIndex => ({ kind: "list", shape: listShape, values })),
    );
  const masks = fc.integer({ min: 1, max: Math.min(2, shape.length - axis) }).chain((ndim) => {
    const maskShape = shape.slice(axis, axis + ndim);
    return fc
      .array(fc.boolean(), { minLength: sizeOf(maskShape), maxLength: sizeOf(maskShape) })
      .map((values): NaiveIndex => ({ kind: "mask", shape: maskShape, values }));
  });
  return fc.oneof(
    { weight: 3, arbitrary: inside.map((index): NaiveIndex => ({ kind: "integer", index })) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(bound(n), bound(n), fc.constantFrom(null, 1, 2, 3, -1, -2))
        .map(([start, stop, step]): NaiveIndex => ({ kind: "slice", start, stop, step })),
    },
    { weight: 3, arbitrary: lists },
    { weight: 1, arbitrary: masks },
    { weight: 1, arbitrary: fc.constant<NaiveIndex>({ kind: "new" }) },
  );
}

interface Case {
  readonly shape: readonly number[];
  readonly indices: readonly NaiveIndex[];
}

/** Indices for some of the axes, front to back, and from some point on an ellipsis (which then takes the rest). */
function indexCase(shape: readonly number[], axis = 0, taken: readonly NaiveIndex[] = []): fc.Arbitrary<Case> {
  const done = fc.constant<Case>({ shape, indices: taken });
  const withEllipsis = fc.constant<Case>({ shape, indices: [...taken, { kind: "ellipsis" }] });
  if (axis >= shape.length || taken.length > 5) return fc.oneof(done, withEllipsis);
  const more = indexFor(shape, axis).chain((index) => {
    const used = index.kind === "mask" ? index.shape.length : index.kind === "new" ? 0 : 1;
    return indexCase(shape, axis + used, [...taken, index]);
  });
  return fc.oneof({ weight: 1, arbitrary: done }, { weight: 1, arbitrary: withEllipsis }, { weight: 8, arbitrary: more });
}

/** The same with an ellipsis put in the middle, which takes no axis or some. */
const cases: fc.Arbitrary<Case> = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.tuple(indexCase(shape), fc.nat(6), fc.boolean()).map(([{ indices }, k, insert]) => {
    const full =
      indices.reduce((sum, i) => sum + (i.kind === "mask" ? i.shape.length : i.kind === "new" || i.kind === "ellipsis" ? 0 : 1), 0) ===
      shape.length;
    if (!insert || !full || indices.some((i) => i.kind === "ellipsis")) return { shape, indices };
    return { shape, indices: indices.toSpliced(Math.min(k, indices.length), 0, { kind: "ellipsis" as const }) };
  }),
);

const selected = ({ shape, indices }: Case): { shape: readonly number[]; positions: readonly number[] } => {
  const selection = select(shape, indices);
  fc.pre(selection !== undefined);
  return selection as NonNullable<typeof selection>;
};

describe("indices agree with NumPy's rules, one element at a time", () => {
  it("get", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { shape, positions } = selected(given);
        const got = at(counting(given.shape), ...given.indices.map(indexOf)).get();
        expect(got.shape).toEqual(shape);
        expect(elements(got)).toEqual(positions);
      }),
      { numRuns: 1500 },
    );
  });

  it("get under jit, with index arrays as arguments", () => {
    fc.assert(
      fc.property(cases, (given) => {
        fc.pre(!given.indices.some(({ kind }) => kind === "mask"));
        const { shape, positions } = selected(given);
        const lists = given.indices.flatMap((index) => (index.kind === "list" ? [indexOf(index) as NDArray] : []));
        const read = jit((x: NDArray, arrays: NDArray[]) => {
          let k = 0;
          return at(x, ...given.indices.map((index) => (index.kind === "list" ? arrays[k++] : indexOf(index)))).get();
        });
        const got = read(counting(given.shape), lists);
        expect(got.shape).toEqual(shape);
        expect(elements(got)).toEqual(positions);
      }),
      { numRuns: 300 },
    );
  });

  it("set, where the last of several values stays", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { shape, positions } = selected(given);
        const expected = elements(counting(given.shape));
        positions.forEach((position, k) => {
          expected[position] = 100 + k;
        });
        const values = arrayOf(
          "float32",
          positions.map((_, k) => 100 + k),
          shape,
        );
        const got = at(counting(given.shape), ...given.indices.map(indexOf)).set(values);
        expect(elements(got)).toEqual(expected);
      }),
      { numRuns: 800 },
    );
  });

  it("add, as often as a place is indexed", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { shape, positions } = selected(given);
        const expected = elements(counting(given.shape));
        positions.forEach((position, k) => {
          expected[position] += 100 + k;
        });
        const values = arrayOf(
          "float32",
          positions.map((_, k) => 100 + k),
          shape,
        );
        const indices = given.indices.map(indexOf);
        expect(elements(at(counting(given.shape), ...indices).add(values))).toEqual(expected);
      }),
      { numRuns: 800 },
    );
  });

  it("subtract, multiply, min and max with one value for all", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { positions } = selected(given);
        const meet = (of: (old: number) => number): number[] => {
          const expected = elements(counting(given.shape));
          for (const position of positions) expected[position] = of(expected[position]);
          return expected;
        };
        const place = at(counting(given.shape), ...given.indices.map(indexOf));
        // With a mask alone, one value is for each element that is selected, as it is here.
        expect(elements(place.subtract(3))).toEqual(meet((old) => old - 3));
        expect(elements(place.multiply(2))).toEqual(meet((old) => old * 2));
        expect(elements(place.min(4))).toEqual(meet((old) => Math.min(old, 4)));
        expect(elements(place.max(4))).toEqual(meet((old) => Math.max(old, 4)));
      }),
      { numRuns: 400 },
    );
  });
});

describe("x.at(…)", () => {
  const x = counting([2, 3]);

  it("lowers basic indices without a gather or scatter", () => {
    const read = String(makeJaxpr((y: NDArray) => at(y, 1, slice(null, null, -1), null).get())(x));
    expect(read).not.toContain("gather");
    expect(read).toContain("slice");
    expect(read).toContain("rev");
    for (const write of [
      (y: NDArray) => at(y, 1).set(0),
      (y: NDArray) => at(y, 1).add(1),
      (y: NDArray) => at(y, "...", slice(null, null, 2)).set(0),
      (y: NDArray) => at(y, slice(null, 1)).multiply(2),
    ]) {
      expect(String(makeJaxpr(write)(x))).not.toContain("scatter");
    }
  });

  it("takes nested lists of integers and of booleans", () => {
    expect(at(x, [[1, 0]]).get().shape).toEqual([1, 2, 3]);
    expect(at(x, [true, false]).get().toArray()).toEqual([[0, 1, 2]]);
    expect(
      at(x, [
        [true, false, true],
        [false, false, true],
      ])
        .get()
        .toArray(),
    ).toEqual([0, 2, 5]);
    expect(at(x, []).get().shape).toEqual([0, 3]);
  });

  it("divides, raises and applies", () => {
    const y = arrayOf("float64", [1, 4, 9]);
    expect(at(y, [0, 2]).divide(2).toArray()).toEqual([0.5, 4, 4.5]);
    expect(at(y, 1).power(2).toArray()).toEqual([1, 16, 9]);
    expect(at(y, [1, 2, 2]).apply(sqrt).toArray()).toEqual([1, 2, 3]);
    expect(at(y, slice(1)).apply(sqrt).toArray()).toEqual([1, 2, 3]);
    expect(at(y, gt(y, 2)).apply(sqrt).toArray()).toEqual([1, 2, 3]);
  });

  it("leaves −0 beside an addition as it is", () => {
    const y = arrayOf("float32", [-0, -0, -0]);
    expect(elements(at(y, 1).add(1))).toEqual([-0, 1, -0]);
  });

  it("takes a traced mask for writing, and refuses it for reading", () => {
    const y = arrayOf("float32", [-1, 2, -3]);
    const clipped = jit((z: NDArray) => at(z, gt(0, z)).set(0));
    expect(clipped(y).toArray()).toEqual([0, 2, 0]);
    expect(vmap(clipped)(counting([2, 3])).toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const rows = jit((z: NDArray, mask: NDArray) => at(z, mask).add(arrayOf("float32", [10, 20, 30])));
    expect(rows(x, arrayOf("bool", [0, 1])).toArray()).toEqual([
      [0, 1, 2],
      [13, 24, 35],
    ]);
    expect(() => jit((z: NDArray) => at(z, gt(z, 0)).get())(y)).toThrow(ConcretizationError);
    expect(() => jit((z: NDArray) => at(z, gt(z, 0)).get())(y)).toThrow(/np\.where/);
    expect(() => jit((z: NDArray) => at(z, gt(z, 0)).set(arrayOf("float32", [1, 2])))(y)).toThrow(ConcretizationError);
  });

  it("throws out of range at once, naming index, axis, size and line", () => {
    for (const read of [
      () => at(x, 0, 3).get(),
      () => at(x, 0, [1, 3]).get(),
      () => at(x, slice(), int32([3])).set(1),
      () => at(x, 0, 3).add(1),
    ]) {
      expect(read).toThrow(IndexError);
      expect(read).toThrow(/an index from -3 to 2 along axis 1 of size 3, got index 3/);
      expect(read).toThrow(/at\.test\.ts/);
    }
    expect(() => at(x, -3).get()).toThrow(/axis 0 of size 2, got index -3/);
    expect(() => at(x, int32([-4]), 0).get()).toThrow(/axis 0 of size 2, got index -4/);
    expect(() => grad((y: NDArray) => reduceSum(at(y, int32([-3])).get()))(x)).toThrow(/at\.get: .* axis 0 of size 2, got index -3/);
    expect(() => vmap((y: NDArray) => at(y, int32([5])).add(1))(x)).toThrow(/at\.add: .* axis 0 of size 3, got index 5/);
    expect(() => vmap((i: NDArray) => at(x, i).get())(int32([0, 2]))).toThrow(IndexError);
    expect(() => jit((y: NDArray) => at(y, 2).get())(x)).toThrow(IndexError);
  });

  it("reads NaN or the minimum and drops writes out of range inside jit", () => {
    const read = jit((y: NDArray, i: NDArray) => at(y, i).get());
    expect(read(arrayOf("float32", [1, 2]), int32([0, 2, -1, -3])).toArray()).toEqual([1, NaN, 2, NaN]);
    expect(read(int32([1, 2]), int32([2])).toArray()).toEqual([-(2 ** 31)]);
    const write = jit((y: NDArray, i: NDArray) => at(y, i).set(9));
    expect(write(arrayOf("float32", [1, 2]), int32([5, -3, -2])).toArray()).toEqual([9, 2]);
  });

  it("follows the modes clip, wrap and fill", () => {
    const y = arrayOf("float32", [1, 2, 3]);
    for (const i of [
      [5, -1, -7],
      [7, -4, 0],
    ]) {
      const wrapped = i.map((k) => ((k % 3) + 3) % 3);
      const clipped = i.map((k) => Math.max(0, Math.min(2, k < 0 ? k + 3 : k)));
      for (const index of [i, int32(i)]) {
        expect(at(y, index).get({ mode: "wrap" }).toArray()).toEqual(wrapped.map((k) => k + 1));
        expect(at(y, index).get({ mode: "clip" }).toArray()).toEqual(clipped.map((k) => k + 1));
        expect(at(y, index).get({ mode: "fill", fillValue: 8 }).toArray()).toEqual(
          i.map((k) => (k >= -3 && k < 3 ? ((k + 3) % 3) + 1 : 8)),
        );
      }
      const traced = jit((z: NDArray, k: NDArray) => [at(z, k).get({ mode: "wrap" }), at(z, k).get({ mode: "clip" })] as const);
      expect(traced(y, int32(i)).map((z) => z.toArray())).toEqual([wrapped.map((k) => k + 1), clipped.map((k) => k + 1)]);
    }
    expect(at(y, 4).get({ mode: "clip" }).item()).toBe(3);
    expect(at(y, 4).get({ mode: "wrap" }).item()).toBe(2);
    expect(at(y, 4).get({ mode: "fill" }).item()).toBeNaN();
    expect(at(y, 4).set(7, { mode: "fill" }).toArray()).toEqual([1, 2, 3]);
    expect(at(y, 4).set(7, { mode: "clip" }).toArray()).toEqual([1, 2, 7]);
  });

  it("refuses what is no index, and values that do not fit", () => {
    expect(() => at(x, 0, 0, 0).get()).toThrow(/indices for at most 2 axes, as many as float32\[2,3\] has, got indices for 3/);
    expect(() => at(x, "...", "...").get()).toThrow(/at most one "\.\.\."/);
    expect(() => at(x, 1.5).get()).toThrow(TypeMismatchError);
    expect(() => at(x, [[0], [0, 1]]).get()).toThrow(ShapeError);
    expect(() => at(x, [0.5]).get()).toThrow(TypeMismatchError);
    expect(() => at(x, arrayOf("float32", [0])).get()).toThrow(DTypeError);
    expect(() => at(x, [true, false, true]).get()).toThrow(/a mask of the shape of the axes/);
    expect(() => at(x, 0).set(counting([2]))).toThrow(/values that broadcast to \[3\]/);
    expect(() => at(int32([1]), 0).set(0.5)).toThrow(DTypeError);
    expect(() => at(int32([1]), 0).set(arrayOf("float32", [1]))).toThrow(/astype\("float32"\)/);
    expect(() => at(x, 0).get({ mode: "clap" as "clip" })).toThrow(OptionError);
    expect(() => at(x, 0).get({ fill: 1 } as object)).toThrow(/mode, fillValue/);
    expect(() => slice(0, 1, 0)).toThrow(OptionError);
    expect(() => slice(0.5)).toThrow(OptionError);
  });

  it("keeps the dtype, and takes values of dtypes that it holds", () => {
    expect(at(x, 0).set(int32([1, 2, 3])).dtype).toBe("float32");
    expect(
      at(int32([1, 2]), 0)
        .add(true)
        .toArray(),
    ).toEqual([2, 2]);
    expect(
      at(arrayOf("bool", [0, 0]), 1)
        .set(true)
        .toArray(),
    ).toEqual([false, true]);
    expect(at(arrayOf("int8", [1, 2]), 1).add(1).dtype).toBe("int8");
  });
});

describe("derivatives and batches of x.at(…)", () => {
  const x = random([3, 4], 1);
  const index = int32([0, 2, 0]);

  it("reads", () => {
    expectDerivatives((y) => [at(y, 1, slice(null, null, -2)).get()], [x]);
    expectDerivatives((y) => [at(y, index, slice(1), null).get()], [x]);
    expectDerivatives((y) => [at(y, index, index).get()], [x]);
  });

  it("writes, in the array and in the values", () => {
    const part = random([3, 4], 2);
    expectDerivatives((y, v) => [at(y, index).set(v)], [x, part]);
    expectDerivatives((y, v) => [at(y, index).add(v)], [x, part]);
    expectDerivatives((y, v) => [at(y, slice(), slice(null, null, 3)).set(mul(v, v))], [x, random([3, 2], 3)]);
    expectDerivatives((y, v) => [at(y, 1).add(v)], [x, random([4], 4)]);
    expectDerivatives((y, v) => [at(y, 1, slice(1, 3)).multiply(v)], [x, random([2], 5)]);
    expectDerivatives((y, v) => [at(y, [0, 2], 1).multiply(v)], [x, random([2], 6)]);
    expectDerivatives((y, v) => [at(y, arrayOf("bool", [1, 0, 1])).set(mul(v, v))], [x, random([4], 7)]);
  });

  it("batches over array, values and indices", () => {
    const xs = random([3, 2, 4], 8);
    const rows = int32([0, 1, 1, 0, 1, 1], [3, 2]);
    const read = (y: NDArray, i: NDArray): NDArray[] => [at(y, i, slice(1, 3)).get()];
    const write = (y: NDArray, i: NDArray, v: NDArray): NDArray[] => [at(y, i).set(v), at(y, i).add(v)];
    const values = random([2, 4], 9);
    expectBatched(read, [xs, int32([1, 0])], [0, null]);
    expectBatched(read, [random([2, 4], 10), rows], [null, 0]);
    expectBatched(read, [xs, rows], [0, 0]);
    expectBatched(write, [xs, rows, values], [0, 0, null]);
    expectBatched(write, [random([2, 4], 11), rows, random([3, 2, 4], 12)], [null, 0, 0]);
    expectBatched((y: NDArray, v: NDArray) => [at(y, slice(null, null, 2)).set(v), at(y, 1).add(v)], [xs, random([3, 4], 13)], [0, 0]);
  });

  it("gives the gradient to the values that stayed", () => {
    const loss = (v: NDArray): NDArray => reduceSum(mul(at(x, [0, 0], 0).set(v), 2));
    expect(grad(loss)(random([2], 14)).toArray()).toEqual([0, 2]);
    expect(grad((y: NDArray) => sub(reduceSum(at(y, 0).set(0)), reduceSum(mul(3, at(y, 1).get()))))(random([2, 2], 15)).toArray()).toEqual([
      [0, 0],
      [-2, -2],
    ]);
  });
});
