// Checks of a primitive's rules: derivatives against central differences in float64, batching against a loop.
// `f` takes and gives lists of arrays; every float64 input and output takes part.

import { expect } from "vitest";
import { type ConcreteArray, type NDArray, fromTypedArray } from "../../src/core/array.js";
import { type DType, type TypedArray, typedArray } from "../../src/core/dtype.js";
import { type Tangent, Zero } from "../../src/core/primitive.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";
import { batchFlat } from "../../src/transform/batch.js";
import { instantiate, jvpFlat } from "../../src/transform/jvp.js";
import { vjpFlat } from "../../src/transform/vjp.js";

export type Flat = (...xs: NDArray[]) => readonly NDArray[];

/** An array of the values, row-major. */
export const arrayOf = (dtype: DType, values: readonly number[], shape: Shape = [values.length]): ConcreteArray =>
  fromTypedArray(typedArray(dtype, values), shape, dtype);

/** A repeatable stream of numbers from −1 to 1. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** An array of noise, spread over −scale … scale. */
export function random(shape: Shape, seed = 1, scale = 1, dtype: DType = "float64"): ConcreteArray {
  const next = noise(seed);
  return arrayOf(
    dtype,
    Array.from({ length: sizeOf(shape) }, () => scale * next()),
    shape,
  );
}

export const elements = (x: NDArray): number[] => Array.from(x.toTypedArray());

const isReal = (x: NDArray): boolean => x.dtype === "float64";
const shifted = (x: NDArray, dx: TypedArray, step: number): NDArray =>
  isReal(x)
    ? arrayOf(
        "float64",
        elements(x).map((v, i) => v + step * dx[i]),
        x.shape,
      )
    : x;
const directions = (xs: readonly NDArray[], seed: number): NDArray[] => xs.map((x, i) => random(x.shape, seed + i, 1, "float64"));
const dot = (a: NDArray, b: NDArray): number => elements(a).reduce((sum, v, i) => sum + v * elements(b)[i], 0);

const tangentsOf = (f: Flat, xs: readonly NDArray[], dxs: readonly NDArray[]): readonly NDArray[] =>
  jvpFlat(
    "test",
    f,
    xs,
    xs.map((x, i): Tangent => (isReal(x) ? dxs[i] : new Zero(x.aval))),
  )[1].map(instantiate);

const pullback = (f: Flat, xs: readonly NDArray[], cts: readonly NDArray[]): readonly NDArray[] => {
  const { outs, pullback: pull } = vjpFlat("test", f, xs, xs.map(isReal));
  return pull(outs.map((y, i): Tangent => (isReal(y) ? cts[i] : new Zero(y.aval)))).map(instantiate);
};

function expectClose(actual: NDArray, expected: readonly number[], tolerance: number, what: string): void {
  const [values, scale] = [elements(actual), 1 + Math.max(0, ...expected.map(Math.abs))];
  const off = expected.flatMap((v, i) =>
    Math.abs(values[i] - v) <= tolerance * scale ? [] : [`${what}, element ${i}: ${values[i]} against ${v}`],
  );
  expect(off.join("\n")).toBe("");
  expect(values).toHaveLength(expected.length);
}

/** Forward mode against central differences, and reverse against forward mode; to the given order. */
export function expectDerivatives(f: Flat, xs: readonly NDArray[], order = 2, tolerance = 1e-6): void {
  const dxs = directions(xs, 17);
  const step = 1e-5;
  const at = (h: number): readonly NDArray[] => f(...xs.map((x, i) => shifted(x, dxs[i].toTypedArray(), h)));
  const [after, before] = [at(step), at(-step)];
  const dys = tangentsOf(f, xs, dxs);
  dys.forEach((dy, k) => {
    if (!isReal(after[k])) return;
    const low = elements(before[k]);
    expectClose(
      dy,
      elements(after[k]).map((v, i) => (v - low[i]) / (2 * step)),
      tolerance,
      `order ${order}, tangent ${k}`,
    );
  });
  const cts = directions(dys, 29);
  const pulled = pullback(f, xs, cts);
  const forward = dys.reduce((sum, dy, k) => sum + (isReal(after[k]) ? dot(dy, cts[k]) : 0), 0);
  const reverse = xs.reduce((sum, x, i) => sum + (isReal(x) ? dot(dxs[i], pulled[i]) : 0), 0);
  expectClose(arrayOf("float64", [reverse]), [forward], 1e-9, `order ${order}, dot product`);
  if (order === 1) return;
  expectDerivatives((...ys) => tangentsOf(f, ys, dxs).filter((_, k) => isReal(after[k])), xs, order - 1, tolerance);
  expectDerivatives((...ys) => pullback(f, ys, cts).filter((_, i) => isReal(xs[i])), xs, order - 1, tolerance);
}

/** Example `index` of a batch that lies along axis `dim`. */
function exampleOf(x: NDArray, dim: number, index: number): NDArray {
  const inner = sizeOf(x.shape.slice(dim + 1));
  const values = elements(x).filter((_, i) => Math.floor(i / inner) % x.shape[dim] === index);
  return arrayOf(x.dtype, values, x.shape.toSpliced(dim, 1));
}

/** Batching against a loop over the batch, for operands that carry it at `dims`. */
export function expectBatched(f: Flat, xs: readonly NDArray[], dims: readonly (number | null)[]): void {
  const carrier = dims.findIndex((d) => d !== null);
  const size = xs[carrier].shape[dims[carrier] ?? 0];
  const [outs, outDims] = batchFlat("test", size, f, xs, dims);
  for (let i = 0; i < size; i++) {
    const example = f(
      ...xs.map((x, k) => {
        const dim = dims[k];
        return dim === null ? x : exampleOf(x, dim, i);
      }),
    );
    example.forEach((y, k) => {
      const dim = outDims[k];
      const got = dim === null ? outs[k] : exampleOf(outs[k], dim, i);
      expect({ output: k, example: i, ...got.aval, elements: elements(got) }).toEqual({
        output: k,
        example: i,
        ...y.aval,
        elements: elements(y),
      });
    });
  }
}
