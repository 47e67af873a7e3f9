// Window reductions and selections against loops over windows.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { highest, isFloat, lowest } from "../../src/core/dtype.js";
import type { DType } from "../../src/core/dtype.js";
import type { HostArray } from "../../src/kernels/host.js";
import { reduceWindow, selectAndGatherAdd, selectAndScatterAdd } from "../../src/kernels/window.js";
import type { WindowComputation, WindowParams } from "../../src/kernels/window.js";
import { anyDType, arithmeticValues, arrays, at, build, host, indicesOf, wrapped } from "./brute.js";
import { casesOf, expectedOf, fromStored, referencePresent } from "./referenceCases.js";

const small = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const axis = fc.record({
  size: small(0, 5),
  window: small(1, 3),
  stride: small(1, 3),
  padding: fc.tuple(small(-1, 2), small(-1, 2)),
  base: small(1, 2),
  dilation: small(1, 2),
});
type Axis = typeof axis extends fc.Arbitrary<infer A> ? A : never;

const paramsOf = (axes: readonly Axis[]): Required<WindowParams> => ({
  windowDimensions: axes.map((a) => a.window),
  windowStrides: axes.map((a) => a.stride),
  padding: axes.map((a) => a.padding),
  baseDilation: axes.map((a) => a.base),
  windowDilation: axes.map((a) => a.dilation),
});

const reach = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

const placesOf = (axes: readonly Axis[]): number[] =>
  axes.map(({ size, window, stride, padding, base, dilation }) => {
    const room = reach(size, base) + padding[0] + padding[1] - reach(window, dilation);
    return room < 0 ? 0 : Math.floor(room / stride) + 1;
  });

// Indices of the operand that a window covers, in row-major order.
const covered = (axes: readonly Axis[], place: readonly number[]): number[][] =>
  indicesOf(axes.map((a) => a.window))
    .map((tap) => tap.map((t, k) => (place[k] * axes[k].stride - axes[k].padding[0] + t * axes[k].dilation) / axes[k].base))
    .filter((index) => index.every((i, k) => Number.isInteger(i) && i >= 0 && i < axes[k].size));

const given = (dtypes: fc.Arbitrary<DType>, values: (dtype: DType) => fc.Arbitrary<number> | undefined) =>
  fc.tuple(fc.array(axis, { maxLength: 3 }), dtypes).chain(([axes, dtype]) =>
    fc.tuple(
      fc.constant(axes),
      arrays(
        dtype,
        axes.map((a) => a.size),
        values(dtype),
      ),
    ),
  );

function fold(computation: WindowComputation, values: number[], dtype: DType): number {
  if (computation === "max") return values.reduce((a, b) => Math.max(a, b), lowest(dtype));
  if (computation === "min") return values.reduce((a, b) => Math.min(a, b), highest(dtype));
  if (dtype === "bool") return Number(computation === "sum" ? values.includes(1) : !values.includes(0));
  const sum = computation === "sum";
  if (isFloat(dtype)) return values.reduce((a, b) => (sum ? a + b : a * b), sum ? 0 : 1);
  return wrapped(
    dtype,
    values.map(BigInt).reduce((a, b) => (sum ? a + b : a * b), sum ? 0n : 1n),
  );
}

test.each<WindowComputation>(["sum", "prod", "max", "min"])("reduceWindow %s", (computation) => {
  const values = (dtype: DType): fc.Arbitrary<number> | undefined => {
    if (dtype === "bool" || computation === "max" || computation === "min") return undefined;
    return computation === "prod" && isFloat(dtype) ? fc.constantFrom(-2, -1, 0.5, 1, 2) : arithmeticValues(dtype);
  };
  fc.assert(
    fc.property(given(anyDType, values), ([axes, x]) => {
      const expected = build(x.dtype, placesOf(axes), (place) =>
        fold(
          computation,
          covered(axes, place).map((index) => at(x, index)),
          x.dtype,
        ),
      );
      expect(reduceWindow(x, { ...paramsOf(axes), computation })).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

// The index a window selects: the first of the largest (of the smallest).
function selectedIndex(x: HostArray, axes: readonly Axis[], place: readonly number[], select: "ge" | "le"): number[] | undefined {
  const indices = covered(axes, place);
  const values = indices.map((index) => at(x, index));
  return indices[values.indexOf(select === "ge" ? Math.max(...values) : Math.min(...values))];
}

test.each(["ge", "le"] as const)("selections of %s: the first of equals", (select) => {
  const ties = given(fc.constantFrom("float32", "float64", "int32"), () => small(-2, 2)).chain(([axes, x]) =>
    fc.record({
      axes: fc.constant(axes),
      x: fc.constant(x),
      source: arrays(x.dtype, placesOf(axes), small(-9, 9)),
      tangents: arrays(x.dtype, x.shape, small(-9, 9)),
    }),
  );
  fc.assert(
    fc.property(ties, ({ axes, x, source, tangents }) => {
      const params = { ...paramsOf(axes), select };
      const picked = indicesOf(source.shape).map((place) => selectedIndex(x, axes, place, select)?.join());
      const scattered = build(x.dtype, x.shape, (index) =>
        picked.reduce((sum, key, i) => (key === index.join() ? sum + source.data[i] : sum), 0),
      );
      expect(selectAndScatterAdd(source, x, params)).toEqual(scattered);
      const gathered = build(x.dtype, source.shape, (place) => {
        const index = selectedIndex(x, axes, place, select);
        return index === undefined ? 0 : at(tangents, index);
      });
      expect(selectAndGatherAdd(tangents, x, params)).toEqual(gathered);
    }),
    { numRuns: 300 },
  );
});

test("without axes the one window is the scalar itself", () => {
  const none = { windowDimensions: [], windowStrides: [], padding: [] };
  expect(selectAndScatterAdd(host("float32", [], [3]), host("float32", [], [1]), { ...none, select: "ge" })).toEqual(
    host("float32", [], [3]),
  );
});

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : []);

test.skipIf(!referencePresent)("the reference's window reductions", () => {
  const cases = casesOf("lax.reduceWindow");
  expect(cases.length).toBeGreaterThan(0);
  for (const c of cases) {
    const x = fromStored(c.args[0]);
    const result = reduceWindow(x, {
      computation: c.attrs["computation"] === "max" ? "max" : "sum",
      windowDimensions: numbers(c.attrs["windowDimensions"]),
      windowStrides: numbers(c.attrs["windowStrides"]),
      padding: x.shape.map(() => [0, 0] as const),
    });
    const expected = expectedOf(c);
    expect(result.shape).toEqual(expected.shape);
    result.data.forEach((v, i) => expect(v).toBeCloseTo(expected.data[i], 12));
  }
});
