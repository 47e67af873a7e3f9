// Powers to whole numbers, compiled: squarings for small ones, one careful power of floats for others, and of integers always
// the words that the reference evaluator gives.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { integerPow } from "../../src/ops/arithmetic.js";
import { makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf } from "../property/arbitraries.js";
import { type Program, expectReference, stepsOf } from "../wasm/kernels/compiled.js";

const compile = wasmCompiler(makeMachine(1));

const power =
  (y: number): Program =>
  (x) => [integerPow(x, y)];

/** The elements by the reference evaluator and compiled; no step may be left to the host. */
function bothOf(f: Program, x: ConcreteArray): readonly [number[], number[]] {
  expect(stepsOf(f, [x])).toEqual(["nest"]);
  const closed = makeJaxpr((z: NDArray) => [...f(z)])(x);
  return [Array.from(interpret(closed).run([x])[0].data), Array.from(compile(closed).run([x])[0].data)];
}

describe("powers of integers", () => {
  it("wrap, however large", () => {
    for (const y of [0, 1, 2, 3, 64, 65, 100, 1023, 2 ** 31 - 1, 2 ** 32 + 3, Number.MAX_SAFE_INTEGER]) {
      expectReference(power(y), [arrayOf("int32", [0, 1, -1, 2, 3, -3, 46341, 2 ** 31 - 1, -(2 ** 31)])]);
      expectReference(power(y), [arrayOf("uint32", [0, 1, 2, 3, 5, 65537, 2 ** 31, 2 ** 32 - 1])]);
      expectReference(power(y), [arrayOf("int8", [0, 1, -1, 2, -3, 11, 127, -128])]);
      expectReference(power(y), [arrayOf("uint8", [0, 1, 2, 3, 16, 17, 128, 255])]);
    }
  });
});

describe("powers of floats", () => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 0.5, 1e-30, -1e30];

  it("beyond 64 are those of the reference", () => {
    for (const y of [
      65,
      -65,
      66,
      -100,
      1001,
      -1002,
      2 ** 24 + 1,
      -(2 ** 24) - 1,
      2 ** 40,
      Number.MAX_SAFE_INTEGER,
      -Number.MAX_SAFE_INTEGER,
    ]) {
      // Bases near 1, so that powers are neither infinite nor nothing.
      const near = [1, -1, 2, -3, 7, -20, 40].map((z) => Math.sign(z) * Math.exp(z / y));
      for (const [dtype, tolerance] of [
        ["float32", 1.2e-7],
        ["float64", 5e-16],
      ] as const) {
        const [expected, found] = bothOf(power(y), arrayOf(dtype, [...special, ...near]));
        found.forEach((v, i) => {
          const error = Object.is(v, expected[i]) ? 0 : Math.abs(v - expected[i]) / Math.abs(expected[i]);
          expect(error, `element ${i} of ${dtype} to the power of ${y}: ${v}, expected ${expected[i]}`).toBeLessThanOrEqual(tolerance);
        });
      }
    }
  });

  it("keep the sign of an odd power that float32 does not hold", () => {
    const x = arrayOf("float32", [-1, -0, -Infinity]);
    for (const [y, expected] of [
      [2 ** 24 + 1, [-1, -0, -Infinity]],
      [-(2 ** 24) - 1, [-1, -Infinity, -0]],
      [2 ** 24 + 2, [1, 0, Infinity]],
    ] as const) {
      expect(bothOf(power(y), x)).toEqual([expected, expected]);
    }
  });
});
