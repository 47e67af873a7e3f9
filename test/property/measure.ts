// Comparison of arrays, and derivatives along a direction: by forward mode, by reverse mode, by central differences.

import { expect } from "vitest";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { isFloat } from "../../src/core/dtype.js";
import { type Tangent, Zero } from "../../src/core/primitive.js";
import { instantiate, jvpFlat } from "../../src/transform/jvp.js";
import { vjpFlat } from "../../src/transform/vjp.js";
import { arrayOf, noise } from "./arbitraries.js";
import type { Flat } from "./case.js";

export const elements = (x: NDArray): number[] => Array.from(x.toTypedArray());

const largest = (values: readonly number[]): number => values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);

/** Same types, and elements that differ by no more than `tolerance` of the largest; NaN equals NaN. */
export function expectClose(actual: readonly NDArray[], expected: readonly NDArray[], tolerance: number, what: string): void {
  expect(
    actual.map((x) => x.aval),
    `${what}: types`,
  ).toEqual(expected.map((x) => ({ shape: x.shape, dtype: x.dtype })));
  actual.forEach((x, k) => {
    const [a, b] = [elements(x), elements(expected[k])];
    const bound = isFloat(x.dtype) ? tolerance * (1 + largest(b)) : 0;
    a.forEach((v, i) => {
      if (Object.is(v, b[i]) || v === b[i] || Math.abs(v - b[i]) <= bound) return;
      expect.fail(`${what}, output ${k}, element ${i}: ${v}, expected ${b[i]} within ${bound}`);
    });
  });
}

/** Same types and bits; NaN equals NaN. */
export function expectSame(actual: readonly NDArray[], expected: readonly NDArray[], what: string): void {
  const bits = (xs: readonly NDArray[]): unknown => xs.map((x) => [x.dtype, x.shape, x.toTypedArray()]);
  expect(bits(actual), `${what}`).toEqual(bits(expected));
}

export const dot = (xs: readonly NDArray[], ys: readonly NDArray[]): number =>
  xs.reduce((sum, x, k) => {
    const b = elements(ys[k]);
    return elements(x).reduce((s, v, i) => s + v * b[i], sum);
  }, 0);

export const directions = (xs: readonly NDArray[], seed: number): NDArray[] => xs.map((x, i) => noise(x.shape, 100 * seed + i, "float64"));

/** Tangents along `dxs` for the operands that `active` names, none for the others. */
export const tangentsOf = (xs: readonly NDArray[], dxs: readonly NDArray[], active: readonly number[]): Tangent[] =>
  xs.map((x, i) => (active.includes(i) ? dxs[i] : new Zero(x.aval)));

/** The outputs' tangents, zeros made real. */
export const forward = (f: Flat, xs: readonly NDArray[], dxs: readonly NDArray[], active: readonly number[]): readonly NDArray[] =>
  jvpFlat("test", f, xs, tangentsOf(xs, dxs, active))[1].map(instantiate);

/** The cotangents of the active operands; integer outputs have no cotangent. */
export function reverse(f: Flat, xs: readonly NDArray[], cts: readonly NDArray[], active: readonly number[]): readonly NDArray[] {
  const { outs, pullback } = vjpFlat(
    "test",
    f,
    xs,
    xs.map((_, i) => active.includes(i)),
  );
  const found = pullback(outs.map((y, k): Tangent => (isFloat(y.dtype) ? cts[k] : new Zero(y.aval))));
  return active.map((i) => instantiate(found[i]));
}

/** The outputs of a float dtype, and which they are. */
export const onlyFloats =
  (f: Flat): Flat =>
  (...xs) =>
    f(...xs).filter((y) => isFloat(y.dtype));

const moved = (x: NDArray, dx: NDArray, step: number): NDArray => {
  const d = elements(dx);
  return arrayOf(
    "float64",
    elements(x).map((v, i) => v + step * d[i]),
    x.shape,
  );
};

/** The derivative of a function along a direction, by central differences at two steps, extrapolated (Richardson). */
export function differences(f: Flat, xs: readonly NDArray[], dxs: readonly NDArray[], active: readonly number[]): NDArray[] {
  const at = (h: number): readonly NDArray[] => f(...xs.map((x, i) => (active.includes(i) ? moved(x, dxs[i], h) : x)));
  const step = 1 / 1024;
  const [far, near] = [step, step / 2].map((h) => [at(h), at(-h)] as const);
  return far[0].map((y, k) => {
    const [a, b, c, d] = [far[0][k], far[1][k], near[0][k], near[1][k]].map(elements);
    const values = a.map((_, i) => (4 * ((c[i] - d[i]) / step) - (a[i] - b[i]) / (2 * step)) / 3);
    return arrayOf("float64", values, y.shape);
  });
}

/** The dot-product test: `⟨J dx, ct⟩ = ⟨dx, Jᵀ ct⟩`, up to rounding. */
export function expectEqualProducts(forwards: number, backwards: number, what = "", tolerance = 1e-10): void {
  if (Math.abs(forwards - backwards) <= tolerance * (1 + Math.abs(forwards))) return;
  expect.fail(`dot-product test${what}: ⟨J dx, ct⟩ = ${forwards}, ⟨dx, Jᵀ ct⟩ = ${backwards}`);
}

/**
 * Forward mode against differences, reverse against forward mode, for outputs of dtype float64; then the same for the
 * forward and the reverse derivative themselves, up to `order`.
 */
export function expectDerivatives(f: Flat, xs: readonly NDArray[], active: readonly number[], order: number): void {
  const g = onlyFloats(f);
  const dxs = directions(xs, 3 * order);
  const dys = forward(g, xs, dxs, active);
  expectClose(dys, differences(g, xs, dxs, active), 2e-7, `forward mode against differences, ${order} to go`);
  const cts = directions(dys, 7 * order);
  const pulled = reverse(g, xs, cts, active);
  const along = active.map((i) => dxs[i]);
  expectEqualProducts(dot(dys, cts), dot(along, pulled), `, ${order} to go`);
  if (order <= 1) return;
  expectDerivatives((...ys) => forward(g, ys, dxs, active), xs, active, order - 1);
  expectDerivatives((...ys) => reverse(g, ys, cts, active), xs, active, order - 1);
}

/** Example `index` of a batch that lies along axis `dim`. */
export function exampleOf(x: NDArray, dim: number, index: number): NDArray {
  const inner = x.shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const values = elements(x).filter((_, i) => Math.floor(i / inner) % x.shape[dim] === index);
  return arrayOf(x.dtype, values, x.shape.toSpliced(dim, 1));
}

/** Arrays of one type as one array with the new axis `dim`. */
export function stackAt(xs: readonly NDArray[], dim: number): ConcreteArray {
  const [first] = xs;
  const inner = first.shape.slice(dim).reduce((a, b) => a * b, 1);
  const outer = first.shape.slice(0, dim).reduce((a, b) => a * b, 1);
  const lists = xs.map(elements);
  const values: number[] = [];
  for (let o = 0; o < outer; o++) for (const list of lists) values.push(...list.slice(o * inner, (o + 1) * inner));
  return arrayOf(first.dtype, values, first.shape.toSpliced(dim, 0, xs.length));
}
