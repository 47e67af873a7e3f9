// What the cells of the matrix are compared with: loops over examples, and differences in either float dtype.

import { expect } from "vitest";
import type { ConcreteArray, NDArray } from "../../../src/core/array.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import type { BatchDim } from "../../../src/core/primitive.js";
import { vmap } from "../../../src/transform/vmap.js";
import { arrayOf, noise } from "../arbitraries.js";
import type { Flat } from "../case.js";
import { elements, exampleOf, stackAt } from "../measure.js";
import { listed } from "./insides.js";

/** Of one route of transforms against another. Sums may be taken in another order. */
export const tolerance = (dtype: DType): number => (dtype === "float32" ? 2e-5 : 1e-11);

/** Directions of the operands' own dtypes. */
export const along = (xs: readonly NDArray[], seed: number): ConcreteArray[] =>
  xs.map((x, i) => noise(x.shape, 100 * seed + i, isFloat(x.dtype) ? x.dtype : "float64"));

/** `f` of a batch: of operands mapped where `dims` says, results along axis 0. */
export const mapped =
  (f: Flat, dims: readonly BatchDim[], axisSize: number): Flat =>
  (...xs) =>
    vmap(listed(f), { inAxes: [...dims], axisSize })(...xs);

/** The operands of examples stacked where `dims` says; the first example's elsewhere. */
export const stacked = (examples: readonly (readonly NDArray[])[], dims: readonly BatchDim[]): NDArray[] =>
  dims.map((dim, i) =>
    dim === null
      ? examples[0][i]
      : stackAt(
          examples.map((xs) => xs[i]),
          dim,
        ),
  );

/** `f` of one example after the other. */
export function loop(f: Flat, xs: readonly NDArray[], dims: readonly BatchDim[], size: number): NDArray[] {
  const outs = Array.from({ length: size }, (_, n) =>
    f(
      ...xs.map((x, i) => {
        const dim = dims[i];
        return dim === null ? x : exampleOf(x, dim, n);
      }),
    ),
  );
  return outs[0].map((_, k) =>
    stackAt(
      outs.map((ys) => ys[k]),
      0,
    ),
  );
}

const isOdd = (i: number): boolean => i % 2 === 1;

/** Every operand mapped along its first axis; then every other one along its last. */
export const patterns = (xs: readonly NDArray[], always: number): readonly (readonly BatchDim[])[] => {
  const all = xs.map(() => 0);
  const some = xs.map((x, i) => (i < always ? 0 : isOdd(i - always) ? null : x.ndim));
  return [all, some];
};

const moved = (x: NDArray, dx: NDArray, step: number): ConcreteArray => {
  const d = elements(dx);
  return arrayOf(
    x.dtype,
    elements(x).map((v, i) => v + step * d[i]),
    x.shape,
  );
};

/** The step of differences. */
export const STEP = { single: 1 / 128, double: 1 / 1024 };

/** The derivative along a direction by central differences at two steps, extrapolated. */
export function differences(f: Flat, xs: readonly NDArray[], dxs: readonly NDArray[], active: readonly number[], step: number): number[][] {
  const at = (h: number): number[][] => f(...xs.map((x, i) => (active.includes(i) ? moved(x, dxs[i], h) : x))).map(elements);
  const [far, near] = [step, step / 2].map((h) => [at(h), at(-h)] as const);
  return far[0].map((a, k) => a.map((v, i) => (4 * ((near[0][k][i] - near[1][k][i]) / step) - (v - far[1][k][i]) / (2 * step)) / 3));
}

/** Tangents along a direction against differences of `f`, whose outputs are all floats. Infinite values have no differences. */
export function expectDifferences(
  f: Flat,
  xs: readonly NDArray[],
  dxs: readonly NDArray[],
  active: readonly number[],
  dys: readonly NDArray[],
  what: string,
): void {
  const isSingle = xs.some((x) => x.dtype === "float32");
  const bound = isSingle ? 2e-2 : 1e-6;
  const found = differences(f, xs, dxs, active, isSingle ? STEP.single : STEP.double);
  expect(
    dys.map((dy) => dy.aval),
    `${what}: types`,
  ).toEqual(f(...xs).map((y) => ({ shape: y.shape, dtype: y.dtype })));
  found.forEach((values, k) => {
    const tangent = elements(dys[k]);
    const scale = 1 + Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
    values.forEach((v, i) => {
      if (!Number.isFinite(v) || Math.abs(tangent[i] - v) <= bound * scale) return;
      expect.fail(`${what}, output ${k}, element ${i}: ${tangent[i]}, by differences ${v}`);
    });
  });
}
