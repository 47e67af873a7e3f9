import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../../src/core/array.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import { bindAll } from "../../../src/core/trace.js";
import type { SelectWindowParams, WindowParams } from "../../../src/ops/window.js";
import { primitives } from "../../../src/primitives.js";
import { drawn, expectReference, secondThread, stepsOf } from "./compiled.js";

beforeAll(secondThread);

interface Drawn {
  readonly shape: number[];
  readonly params: WindowParams;
  readonly places: number[];
}

const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

interface Axis {
  readonly size: number;
  readonly window: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly base: number;
  readonly dilation: number;
}

const plainAxis: fc.Arbitrary<Axis> = fc
  .record({ size: fc.integer({ min: 1, max: 20 }), window: fc.integer({ min: 1, max: 4 }), stride: fc.integer({ min: 1, max: 4 }) })
  .map((axis) => ({ ...axis, size: Math.max(axis.size, axis.window), low: 0, high: 0, base: 1, dilation: 1 }));

const anyAxis: fc.Arbitrary<Axis> = fc.record({
  size: fc.integer({ min: 1, max: 12 }),
  window: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  low: fc.integer({ min: -1, max: 3 }),
  high: fc.integer({ min: -1, max: 3 }),
  base: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});

const stillAxis = fc
  .integer({ min: 1, max: 5 })
  .map((size): Axis => ({ size, window: 1, stride: 1, low: 0, high: 0, base: 1, dilation: 1 }));

const windowsOf = (axis: fc.Arbitrary<Axis>): fc.Arbitrary<Drawn> =>
  fc
    .tuple(fc.array(stillAxis, { maxLength: 1 }), fc.array(axis, { minLength: 1, maxLength: 2 }), fc.array(stillAxis, { maxLength: 1 }))
    .map((groups) => {
      const axes = groups.flat();
      const count = ({ size, window, stride, low, high, base, dilation }: Axis): number =>
        Math.max(0, Math.floor((dilated(size, base) + low + high - dilated(window, dilation)) / stride) + 1);
      return {
        shape: axes.map((a) => a.size),
        params: {
          windowDimensions: axes.map((a) => a.window),
          windowStrides: axes.map((a) => a.stride),
          padding: axes.map((a) => [a.low, a.high] as const),
          baseDilation: axes.map((a) => a.base),
          windowDilation: axes.map((a) => a.dilation),
        },
        places: axes.map(count),
      };
    });

const windows = fc.oneof(windowsOf(plainAxis), windowsOf(anyAxis));
const numeric = fc.constantFrom<DType>("float32", "float64", "int32", "uint32", "int8", "uint8");

const special = (dtype: DType): number[] => (isFloat(dtype) ? [NaN, Infinity, -Infinity, -0, 0] : []);

describe("reductions by windows", () => {
  it.each(["sum", "max", "min"] as const)("%s: as the reference", (kind) => {
    fc.assert(
      fc.property(windows, numeric, fc.nat(), ({ shape, params }, dtype, seed) => {
        const x = drawn(dtype, shape, seed, kind === "sum" ? [] : special(dtype));
        expectReference((y) => bindAll(primitives[`reduce_window_${kind}`], [y], params), [x], kind === "sum" ? 1e-6 : 0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("selections by windows", () => {
  const select = (name: "select_and_gather_add" | "select_and_scatter_add", params: SelectWindowParams) => (source: NDArray, x: NDArray) =>
    bindAll(primitives[name], [source, x], params);

  it.each(["select_and_gather_add", "select_and_scatter_add"] as const)("%s: as the reference, the first of equals", (name) => {
    fc.assert(
      fc.property(
        windows,
        numeric,
        fc.constantFrom("ge" as const, "le" as const),
        fc.nat(),
        ({ shape, params, places }, dtype, selectPrim, seed) => {
          const x = drawn(dtype, shape, seed, special(dtype));
          const source = drawn(dtype, name === "select_and_gather_add" ? shape : places, seed + 1);
          expectReference(select(name, { ...params, selectPrim }), [source, x], 1e-6);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("spells out windows that do not overlap, and leaves the others to a step", () => {
    const params = (windowStrides: number[]): SelectWindowParams => ({
      windowDimensions: [1, 2, 2],
      windowStrides,
      padding: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      baseDilation: [1, 1, 1],
      windowDilation: [1, 1, 1],
      selectPrim: "ge",
    });
    const x = drawn("float32", [3, 8, 8], 1);
    const scatter = (strides: number[], places: number[]): readonly string[] =>
      stepsOf(select("select_and_scatter_add", params(strides)), [drawn("float32", places, 2), x]);
    expect(scatter([1, 2, 2], [3, 4, 4])).toEqual(["nest"]);
    expect(scatter([1, 3, 3], [3, 3, 3])).toEqual(["nest", "nest"]);
    expect(scatter([1, 1, 2], [3, 7, 4])).toEqual(["select_window"]);
  });
});
