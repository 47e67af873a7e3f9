import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type DType, dtypes } from "../../../src/core/dtype.js";
import { grad, jit } from "../../../src/index.js";
import * as lax from "../../../src/lax/index.js";
import * as np from "../../../src/numpy/index.js";
import type { NDArray } from "../../../src/core/array.js";
import type { IndexMode } from "../../../src/ops/indexing.js";
import { arrayOf } from "../../property/arbitraries.js";
import { drawn, expectReference, secondThread, stepsOf } from "./compiled.js";

beforeAll(secondThread);

/** Windows of some rows of an operand whose first axis is also indexed along: [rows, middle, inner]. */
interface Windows {
  readonly shape: readonly [number, number, number];
  readonly sizes: readonly [number, number, number];
  readonly count: number;
  readonly collapsed: boolean;
  readonly indexDtype: DType;
  readonly mode: IndexMode;
  readonly seed: number;
}

const windows: fc.Arbitrary<Windows> = fc
  .record({
    shape: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 })),
    fractions: fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    count: fc.integer({ min: 1, max: 9 }),
    collapsed: fc.boolean(),
    indexDtype: fc.constantFrom<DType>("int32", "uint32", "int8", "uint8"),
    mode: fc.constantFrom<IndexMode>("fill", "clip"),
    seed: fc.nat(),
  })
  .map(({ shape, fractions, collapsed, ...rest }) => {
    const [a, b, c] = shape.map((n, k) => Math.max(1, Math.round(n * fractions[k])));
    return { shape, sizes: [collapsed ? 1 : a, b, c], collapsed, ...rest };
  });

const indicesOf = ({ shape, sizes, count, indexDtype, seed }: Windows): NDArray => {
  const signed = indexDtype === "int32" || indexDtype === "int8";
  const limit = [0, 1].map((k) => shape[k] - sizes[k] + 2);
  const values = Array.from({ length: count }, (_, i) =>
    [0, 1].map((k) => ((seed + 7 * i + 3 * k * i) % (limit[k] + 2)) - (signed ? 2 : 0)),
  );
  return arrayOf(indexDtype, values.flat(), [count, 2]);
};

const numbersOf = ({ collapsed }: Windows) => ({
  windowDims: collapsed ? [1, 2] : [0, 2, 3],
  dropped: collapsed ? [0] : [],
  axes: [0, 1],
});

const anyDtype = fc.constantFrom(...dtypes);
const numeric = fc.constantFrom<DType>("float32", "float64", "int32", "uint32", "int8", "uint8");

describe("gather", () => {
  it("reads what the reference reads", () => {
    fc.assert(
      fc.property(windows, anyDtype, (w, dtype) => {
        const { windowDims, dropped, axes } = numbersOf(w);
        const numbers = { offsetDims: windowDims, collapsedSliceDims: dropped, startIndexMap: axes };
        const f = (x: NDArray, i: NDArray): NDArray[] => [lax.gather(x, i, numbers, [...w.sizes], { mode: w.mode })];
        expectReference(f, [drawn(dtype, w.shape, w.seed), indicesOf(w)]);
      }),
      { numRuns: 150 },
    );
  });

  it("takes rows and single elements along an axis, wherever the operand begins", () => {
    const x = drawn("float32", [40, 33], 1);
    const rows = arrayOf("int32", [3, 39, 0, 7, 7, -1], [2, 3]);
    expectReference((y, i) => [np.take(y, i, 0), np.take(y, i.abs(), 1), np.take(y.at(np.slice(5, null)).get(), i.abs(), 0)], [x, rows]);
  });
});

describe("scatter", () => {
  const scatters = {
    scatter: lax.scatter,
    scatterAdd: lax.scatterAdd,
    scatterMul: lax.scatterMul,
    scatterMin: lax.scatterMin,
    scatterMax: lax.scatterMax,
  };
  it.each(Object.keys(scatters) as (keyof typeof scatters)[])("%s: writes what the reference writes, in order", (name) => {
    fc.assert(
      fc.property(windows, numeric, (w, dtype) => {
        const { windowDims, dropped, axes } = numbersOf(w);
        const numbers = { updateWindowDims: windowDims, insertedWindowDims: dropped, scatterDimsToOperandDims: axes };
        const f = (x: NDArray, i: NDArray, u: NDArray): NDArray[] => [scatters[name](x, i, u, numbers, { mode: w.mode })];
        const updates = [w.count, ...(w.collapsed ? w.sizes.slice(1) : w.sizes)];
        const places = updates.map((_, axis) => axis).filter((axis) => !windowDims.includes(axis));
        expect(places).toHaveLength(1);
        const moved = updates.toSpliced(0, 1);
        const shape = moved.toSpliced(places[0], 0, w.count);
        expectReference(f, [drawn(dtype, w.shape, w.seed), indicesOf(w), drawn(dtype, shape, w.seed + 1)], 1e-6);
      }),
      { numRuns: 80 },
    );
  });

  it("leaves its operand as it was", () => {
    const x = np.array([1, 2, 3]);
    const f = jit((y: NDArray) => [y.at([1]).set(9), y.add(0)]);
    expect(f(x).map((y) => y.toArray())).toEqual([
      [1, 9, 3],
      [1, 2, 3],
    ]);
    expect(x.toArray()).toEqual([1, 2, 3]);
  });
});

describe("slices at computed starts", () => {
  it("read and write, moved inside", () => {
    fc.assert(
      fc.property(windows, anyDtype, fc.integer({ min: -4, max: 12 }), fc.integer({ min: -4, max: 80 }), (w, dtype, first, last) => {
        const starts = [first, 0, last].map((n) => arrayOf("int32", [n], []));
        const x = drawn(dtype, w.shape, w.seed);
        expectReference((y, ...at) => [lax.dynamicSlice(y, at, [...w.sizes])], [x, ...starts]);
        const update = drawn(dtype, w.sizes, w.seed + 1);
        expectReference((y, u, ...at) => [lax.dynamicUpdateSlice(y, u, at)], [x, update, ...starts]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("whole programs", () => {
  const labels = arrayOf("int32", [1, 0, 4, 3, 1, 2], [6]);
  it("cross-entropy with integer labels, and its gradient", () => {
    const logits = drawn("float32", [6, 5], 3);
    const loss = (x: NDArray, y: NDArray): NDArray => {
      const shifted = x.sub(np.max(x, 1, { keepdims: true }));
      const logProbabilities = shifted.sub(np.log(np.sum(np.exp(shifted), 1, { keepdims: true })));
      return np.takeAlongAxis(logProbabilities, np.expandDims(y, 1), 1).mean().neg();
    };
    expectReference((x, y) => [loss(x, y), grad((z: NDArray) => loss(z, y))(x), np.argmax(x, 1)], [logits, labels], 1e-6);
  });

  it("an embedding, and its gradient", () => {
    const weights = drawn("float32", [11, 37], 5);
    const f = (w: NDArray, i: NDArray): NDArray => np.take(w, i, 0).square().sum();
    expectReference((w, i) => [f(w, i), grad((z: NDArray) => f(z, i))(w)], [weights, labels], 1e-6);
    expect(stepsOf((w, i) => [grad((z: NDArray) => f(z, i))(w)], [weights, labels])).toEqual(expect.arrayContaining(["gather", "scatter"]));
  });
});
