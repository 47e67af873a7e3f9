// The columns of the matrix that are not the primitive inside of something: evaluation, derivatives, batches, and these of
// each other. Each takes a trial and throws where it disagrees with its oracle.

import { expect } from "vitest";
import type { NDArray } from "../../../src/core/array.js";
import { evaluateJaxpr } from "../../../src/core/evaluate.js";
import { isFloat } from "../../../src/core/dtype.js";
import { primitives } from "../../../src/primitives.js";
import { grad } from "../../../src/transform/grad.js";
import { jvp } from "../../../src/transform/forward.js";
import { makeJaxpr } from "../../../src/transform/makeJaxpr.js";
import { vjp } from "../../../src/transform/vjp.js";
import { arrayOf } from "../arbitraries.js";
import { zerosLike } from "../../../src/ops/layout.js";
import { reduceSum } from "../../../src/ops/reduce.js";
import type { Flat } from "../case.js";
import { dot, elements, expectClose, expectEqualProducts, expectSame, forward, onlyFloats, reverse, stackAt } from "../measure.js";
import { listed } from "./insides.js";
import { STEP, along, differences, expectDifferences, loop, mapped, patterns, stacked, tolerance } from "./oracles.js";
import type { Trial } from "./trials.js";

/** Whether differences tell the derivative: not for samples, whose derivative is that at a fixed probability. */
const hasDifferences = ({ row }: Trial): boolean => row.of.derivative.tag === "smooth";

const chosen = (xs: readonly NDArray[], which: readonly number[]): NDArray[] => which.map((i) => xs[i]);

/** As the type rule says, and as its program says. */
export function eager({ f, row, examples: [xs] }: Trial): void {
  const outs = f(...xs);
  const program = makeJaxpr(listed(f))(...xs);
  expect(outs.map((y) => y.aval)).toEqual(program.outAvals.map(({ shape, dtype }) => ({ shape, dtype })));
  expectSame(evaluateJaxpr(program, xs), outs, "its program evaluated");
  expect(program.jaxpr.equations.map(({ primitive }) => primitive.name)).toEqual([primitives[row.name].name]);
}

/** Against a loop; a batch of no example keeps the types. */
export function batch({ f, examples, dtype }: Trial): void {
  for (const dims of patterns(examples[0], 0)) {
    const xs = stacked(examples, dims);
    expectClose(mapped(f, dims, 2)(...xs), loop(f, xs, dims, 2), tolerance(dtype), "vmap against a loop");
  }
  const [xs] = examples;
  const dims = xs.map(() => 0);
  const none = xs.map((x) => arrayOf(x.dtype, [], [0, ...x.shape]));
  const outs = mapped(f, dims, 0)(...none);
  expect(outs.map((y) => y.aval)).toEqual(f(...xs).map((y) => ({ shape: [0, ...y.shape], dtype: y.dtype })));
}

export function tangent(trial: Trial): void {
  const { f, active, dtype } = trial;
  const [xs] = trial.examples;
  const g = onlyFloats(f);
  const dxs = along(xs, 1);
  const dys = forward(g, xs, dxs, active);
  if (hasDifferences(trial)) return expectDifferences(g, xs, dxs, active, dys, "forward mode");
  const cts = along(dys, 2);
  expectEqualProducts(dot(dys, cts), dot(chosen(dxs, active), reverse(g, xs, cts, active)), "", tolerance(dtype));
}

export function cotangent(trial: Trial): void {
  const { f, active, dtype, row } = trial;
  const [xs] = trial.examples;
  const g = onlyFloats(f);
  const dxs = along(xs, 1);
  const cts = along(g(...xs), 2);
  const pulled = reverse(g, xs, cts, active);
  expect(pulled.map((ct) => ct.aval)).toEqual(active.map((i) => xs[i].aval));
  if (row.forward === undefined) {
    const dys = forward(g, xs, dxs, active);
    expectEqualProducts(dot(dys, cts), dot(chosen(dxs, active), pulled), "", 10 * tolerance(dtype));
  } else {
    const slopes = differences(g, xs, dxs, active, STEP[dtype === "float32" ? "single" : "double"]);
    const total = slopes.flatMap((values, k) => values.map((v, i) => v * elements(cts[k])[i])).reduce((a, b) => a + b, 0);
    expectEqualProducts(total, dot(chosen(dxs, active), pulled), ", against differences", dtype === "float32" ? 2e-2 : 1e-6);
  }
}

export function tangentOfCotangent(trial: Trial): void {
  const { f, active } = trial;
  const [xs] = trial.examples;
  const g = onlyFloats(f);
  const cts = along(g(...xs), 2);
  const dxs = along(xs, 3);
  const pulled: Flat = (...ys) => reverse(g, ys, cts, active);
  expectDifferences(pulled, xs, dxs, active, forward(pulled, xs, dxs, active), "forward over reverse mode");
}

export function batchOfGrad({ f, active, examples, dtype }: Trial): void {
  const g = onlyFloats(f);
  const cts = along(g(...examples[0]), 2);
  const pulled: Flat = (...ys) => reverse(g, ys, cts, active);
  for (const dims of patterns(examples[0], 0)) {
    const xs = stacked(examples, dims);
    expectClose(mapped(pulled, dims, 2)(...xs), loop(pulled, xs, dims, 2), tolerance(dtype), "vmap of reverse mode");
  }
}

export function gradOfBatch({ f, active, examples, dtype }: Trial): void {
  const g = onlyFloats(f);
  const dims = examples[0].map(() => 0);
  const xs = stacked(examples, dims);
  const cts = along(g(...examples[0]), 2);
  const repeated = cts.map((ct) => stackAt([ct, ct], 0));
  const pulled: Flat = (...ys) => reverse(g, ys, cts, active);
  expectClose(reverse(mapped(g, dims, 2), xs, repeated, active), loop(pulled, xs, dims, 2), tolerance(dtype), "reverse mode of vmap");
}

/** An operation that is constant: no tangent, no cotangent. */
export function zero({ f, active, examples: [xs] }: Trial): void {
  const g = onlyFloats(f);
  const tangents = forward(g, xs, along(xs, 1), active);
  const cts = reverse(g, xs, along(tangents, 2), active);
  for (const x of [...tangents, ...cts]) expect(elements(x).every((v) => v === 0)).toBe(true);
}

const NO_GRADIENT = /^grad: expected .*floating-point.*at argument 0/s;

/** Integers: tangents and cotangents are zeros of their types, and a gradient is refused. */
export function integer({ f, examples }: Trial): void {
  const [xs] = examples;
  const zeros = xs.map(zerosLike);
  const [outs, tangents] = jvp(listed(f), [...xs], zeros);
  expectSame(tangents, outs.map(zerosLike), "tangents");
  const [, pullback] = vjp(listed(f), [...xs]);
  expectSame(pullback(outs.map(zerosLike)), zeros, "cotangents");
  const place = xs.findIndex((x) => !isFloat(x.dtype));
  if (place < 0) return;
  const loss = (x: NDArray): NDArray => reduceSum(f(...xs.with(place, x as (typeof xs)[number]))[0]);
  expect(() => grad(loss)(xs[place])).toThrow(NO_GRADIENT);
}
