// General convolution against its sum over taps, and against the reference values.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isFloat } from "../../src/core/dtype.js";
import { sizeOf } from "../../src/core/shape.js";
import { convGeneralDilated } from "../../src/kernels/conv.js";
import type { ConvParams } from "../../src/kernels/conv.js";
import type { HostArray } from "../../src/kernels/host.js";
import { transpose } from "../../src/kernels/layout.js";
import { arithmeticValues, arrays, at, build, indicesOf, permutationOf, rows, wrapped } from "./brute.js";
import { casesOf, expectedOf, fromStored, referencePresent } from "./referenceCases.js";

const reach = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

// On operands whose axes are (batch, feature, ...space) and (out, in, ...space) already.
function brute(x: HostArray, kernel: HostArray, params: ConvParams): HostArray {
  const [batch, , ...space] = x.shape;
  const [outs, features, ...window] = kernel.shape;
  const images = batch / params.batchGroupCount;
  const places = space.map((n, k) => {
    const room = reach(n, params.lhsDilation[k]) + params.padding[k][0] + params.padding[k][1] - reach(window[k], params.rhsDilation[k]);
    return room < 0 ? 0 : Math.floor(room / params.windowStrides[k]) + 1;
  });
  const taps = indicesOf([features, ...window]);
  return build(x.dtype, [images, outs, ...places], ([n, o, ...place]) => {
    const group = Math.floor(o / (outs / (params.featureGroupCount * params.batchGroupCount)));
    const [image, first] = params.batchGroupCount > 1 ? [group * images + n, 0] : [n, group * features];
    const terms = taps.map(([c, ...tap]) => {
      const from = place.map(
        (p, k) => (p * params.windowStrides[k] - params.padding[k][0] + tap[k] * params.rhsDilation[k]) / params.lhsDilation[k],
      );
      const there = from.every((i, k) => Number.isInteger(i) && i >= 0 && i < space[k]);
      return [there ? at(x, [image, first + c, ...from]) : 0, at(kernel, [o, c, ...tap])] as const;
    });
    if (isFloat(x.dtype)) return terms.reduce((sum, [a, b]) => sum + a * b, 0);
    return wrapped(
      x.dtype,
      terms.reduce((sum, [a, b]) => sum + BigInt(a) * BigInt(b), 0n),
    );
  });
}

const small = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const axis = fc.record({
  size: small(0, 5),
  window: small(1, 3),
  stride: small(1, 3),
  padding: fc.tuple(small(-1, 3), small(-1, 3)),
  lhsDilation: small(1, 3),
  rhsDilation: small(1, 2),
});

const cases = fc
  .record({
    dtype: fc.constantFrom("float32", "float64", "int32", "uint8"),
    axes: fc.array(axis, { maxLength: 3 }),
    groups: fc.tuple(small(1, 3), fc.boolean()),
    images: small(0, 2),
    features: small(0, 2),
    outs: small(0, 2),
  })
  .chain(({ dtype, axes, groups: [groups, byFeature], images, features, outs }) => {
    const [featureGroupCount, batchGroupCount] = byFeature ? [groups, 1] : [1, groups];
    const xShape = [images * batchGroupCount, features * featureGroupCount, ...axes.map((a) => a.size)];
    const kernelShape = [outs * groups, features, ...axes.map((a) => a.window)];
    return fc.record({
      x: arrays(dtype, xShape, arithmeticValues(dtype)),
      kernel: arrays(dtype, kernelShape, arithmeticValues(dtype)),
      specs: fc.tuple(permutationOf(xShape.length), permutationOf(xShape.length), permutationOf(xShape.length)),
      params: fc.constant({
        windowStrides: axes.map((a) => a.stride),
        padding: axes.map((a) => a.padding),
        lhsDilation: axes.map((a) => a.lhsDilation),
        rhsDilation: axes.map((a) => a.rhsDilation),
        featureGroupCount,
        batchGroupCount,
      }),
    });
  });

const inverse = (permutation: readonly number[]): number[] => permutation.map((_, k) => permutation.indexOf(k));

test("convGeneralDilated: strides, padding, dilations, groups, any order of axes, 0 to 3 spatial axes", () => {
  fc.assert(
    fc.property(cases, ({ x, kernel, specs: [lhsSpec, rhsSpec, outSpec], params }) => {
      const full = { ...params, dimensionNumbers: { lhsSpec, rhsSpec, outSpec } };
      // The axis lhsSpec[k] of the operand is the canonical axis k.
      const lhs = transpose(x, { permutation: inverse(lhsSpec) });
      const rhs = transpose(kernel, { permutation: inverse(rhsSpec) });
      const expected = transpose(brute(x, kernel, full), { permutation: inverse(outSpec) });
      expect(convGeneralDilated(lhs, rhs, full)).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("many images and channels, beyond one block of columns", () => {
  const x = build("float32", [5, 9, 24, 25], ([n, c, i, j]) => ((n * 3 + c * 5 + i * 7 + j) % 11) - 5);
  const kernel = build("float32", [6, 9, 3, 5], ([o, c, i, j]) => ((o + c * 3 + i * 2 + j) % 5) - 2);
  const spec = [0, 1, 2, 3];
  const params = {
    windowStrides: [1, 2],
    padding: [
      [1, 1],
      [2, 2],
    ],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    dimensionNumbers: { lhsSpec: spec, rhsSpec: spec, outSpec: spec },
    featureGroupCount: 1,
    batchGroupCount: 1,
  } as const;
  expect(convGeneralDilated(x, kernel, params)).toEqual(brute(x, kernel, params));
});

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : []);

// "SAME": as many places as sizes over strides, rounded up; the odd element of padding goes to the end.
function paddingOf(value: unknown, space: number[], window: number[], strides: number[], dilation: number[]): [number, number][] {
  if (Array.isArray(value)) return value.map((pair) => [numbers(pair)[0], numbers(pair)[1]]);
  return space.map((n, k) => {
    const total = value === "SAME" ? Math.max(0, (Math.ceil(n / strides[k]) - 1) * strides[k] + reach(window[k], dilation[k]) - n) : 0;
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

test.skipIf(!referencePresent)("the reference's convolutions", () => {
  const given = casesOf("lax.convGeneralDilated");
  expect(given.length).toBeGreaterThan(0);
  for (const c of given) {
    const [lhs, rhs] = c.args.map((x) => fromStored(x));
    const spec = rows(lhs.shape);
    const [windowStrides, lhsDilation, rhsDilation] = [c.attrs["windowStrides"], c.attrs["lhsDilation"], c.attrs["rhsDilation"]].map(
      numbers,
    );
    const result = convGeneralDilated(lhs, rhs, {
      windowStrides,
      lhsDilation,
      rhsDilation,
      padding: paddingOf(c.attrs["padding"], lhs.shape.slice(2), rhs.shape.slice(2), windowStrides, rhsDilation),
      dimensionNumbers: { lhsSpec: spec, rhsSpec: spec, outSpec: spec },
      featureGroupCount: Number(c.attrs["featureGroupCount"]),
      batchGroupCount: 1,
    });
    const expected = expectedOf(c);
    expect(result.shape).toEqual(expected.shape);
    expect(sizeOf(result.shape)).toBe(expected.data.length);
    result.data.forEach((v, i) => expect(v).toBeCloseTo(expected.data[i], 10));
  }
});
