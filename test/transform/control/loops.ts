// Loops unrolled in JavaScript, the oracle of these tests; comparison of two functions in every mode and nesting; and
// every test run under both evaluators, each with functions of its own, because a traced function keeps its executables.

import { afterAll, beforeAll, describe } from "vitest";
import "../../../src/install.js";
import { debugSettings, setDebug } from "../../../src/core/debug.js";
import { type Compiler, installCompiler } from "../../../src/core/executable.js";
import { interpret } from "../../../src/interpret/evaluator.js";
import { type NDArray, checkpoint, grad, hessian, jit, jvp, linearize, vjp, vmap } from "../../../src/index.js";
import { add, mul } from "../../../src/ops/arithmetic.js";
import { reduceSum } from "../../../src/ops/reduce.js";
import { indexInDim } from "../../../src/lax/shapes.js";
import { compileProgram, evaluateEagerly } from "../../../src/runtime/evaluator.js";
import { concatenate } from "../../../src/ops/slice.js";
import { expandDims } from "../../../src/ops/layout.js";
import { expectClose } from "../arrays.js";

const evaluators: readonly (readonly [string, Compiler])[] = [
  ["the reference evaluator", interpret],
  ["the compiler", compileProgram],
];

/** Defines the tests twice. Every program that a transform builds is checked. */
export function underBoth(tests: () => void): void {
  describe.each(evaluators)("under %s", (_, compiler) => {
    const before = { ...debugSettings };
    beforeAll(() => {
      setDebug({ checkJaxprs: true });
      installCompiler(compiler);
    });
    afterAll(() => {
      setDebug(before);
      installCompiler(compileProgram, evaluateEagerly);
    });
    tests();
  });
}

/** `lax.scan` of arrays, in JavaScript. */
export function unrolled(
  f: (carry: NDArray, x: NDArray) => readonly [NDArray, NDArray],
  init: NDArray,
  xs: NDArray,
  reverse = false,
): readonly [NDArray, NDArray] {
  const ys: NDArray[] = [];
  let carry = init;
  const steps = Array.from({ length: xs.shape[0] }, (_, i) => (reverse ? xs.shape[0] - 1 - i : i));
  for (const i of steps) [carry, ys[i]] = f(carry, indexInDim(xs, i));
  return [
    carry,
    concatenate(
      ys.map((y) => expandDims(y, [0])),
      0,
    ),
  ];
}

type Flat = (...xs: NDArray[]) => NDArray;
/** A function of one array, from a function of several: all scaled alike, the first by another factor. */
const along =
  (f: Flat, args: readonly NDArray[]): ((t: NDArray) => NDArray) =>
  (t) =>
    f(...args.map((x, i) => add(x, mul(x, mul(t, i + 1)))));

/** A float64 scalar from a function, each output counted differently. */
export const summed = (...ys: readonly NDArray[]): NDArray => ys.map((y, i) => reduceSum(mul(y, i + 1))).reduce((a, b) => add(a, b));

/** Compares two scalar functions of float64 arrays: values, both modes, to second order, nested, batched, compiled, recomputed. */
export function expectSameFunction(f: Flat, g: Flat, args: readonly NDArray[], t: NDArray, tolerance = 1e-10): void {
  const argnums = args.map((_, i) => i);
  const dxs = args.map((x) => mul(x, 0.5));
  expectClose(f(...args), g(...args), tolerance);
  expectClose(jvp(f, [...args], dxs)[1], jvp(g, [...args], dxs)[1], tolerance);
  expectClose(linearize(f, [...args])[1](...dxs), jvp(g, [...args], dxs)[1], tolerance);
  const gradients = (h: Flat): readonly NDArray[] => grad(h, { argnums })(...args);
  const expected = gradients(g);
  const forms: readonly Flat[] = [f, jit(f), checkpoint(f)];
  for (const form of forms) gradients(form).forEach((ct, i) => expectClose(ct, expected[i], tolerance));
  jit(grad(f, { argnums }))(...args).forEach((ct, i) => expectClose(ct, expected[i], tolerance));
  const [ff, gg] = [along(f, args), along(g, args)];
  const orders: readonly ((h: (s: NDArray) => NDArray) => (s: NDArray) => NDArray)[] = [
    (h) => grad(h),
    (h) => grad(grad(h)),
    (h) => hessian(h),
    (h) => (s) => jvp(grad(h), [s], [mul(s, 2)])[1],
    (h) => grad((s: NDArray) => jvp(h, [s], [mul(s, 2)])[1]),
    (h) => (s) => vjp(grad(h), [s])[1](mul(s, 3))[0],
    (h) => (s) => vmap(grad(h))(concatenate([expandDims(s, [0]), expandDims(mul(s, 0.5), [0])], 0)),
    (h) => grad((s: NDArray) => reduceSum(vmap(h)(concatenate([expandDims(s, [0]), expandDims(mul(s, 0.5), [0])], 0)))),
  ];
  for (const order of orders) expectClose(order(ff)(t), order(gg)(t), tolerance * 10);
  expectClose(jit(hessian(ff))(t), hessian(gg)(t), tolerance * 10);
}
