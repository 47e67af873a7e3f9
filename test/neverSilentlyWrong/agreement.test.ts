// Eager, jit and vmap-of-jit results agree. Under the reference evaluator bit for bit: it runs the same loops over the same
// elements. The fused evaluator has transcendental functions and sums of its own, within a few units in the last place each:
// relative to the largest element of a result, within 2e-6 in float32 and 1e-14 in float64 for functions as small as these.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Compiler, installCompiler } from "../../src/core/executable.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { compileProgram } from "../../src/runtime/evaluator.js";
import { type NDArray, checkpoint, grad, jit, vmap } from "../../src/index.js";
import { add, div, mul, neg, rem, sub } from "../../src/ops/arithmetic.js";
import { exp, log1p } from "../../src/ops/exponential.js";
import { convertElementType } from "../../src/ops/convert.js";
import { dot } from "../../src/ops/dot.js";
import { broadcastInDim, reshape, reverse, transpose } from "../../src/ops/layout.js";
import { reduceMax, reduceProd, reduceSum } from "../../src/ops/reduce.js";
import { select } from "../../src/ops/select.js";
import { gt } from "../../src/ops/compare.js";
import { concatenate } from "../../src/ops/slice.js";
import { sin, tanh } from "../../src/ops/trigonometric.js";
import { arrayOf, elements, random } from "../ops/rules.js";

const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  elementwise: (x) => tanh(add(mul(x, 1.1), div(sin(x), add(exp(x), 2)))),
  softmax: (x) => div(exp(sub(x, reduceMax(x))), reduceSum(exp(sub(x, reduceMax(x))))),
  layout: (x) => concatenate([reverse(x, 0), reshape(transpose(reshape(x, [2, 3]), [1, 0]), [6])], 0),
  products: (x) => reduceProd(log1p(mul(x, x))),
  choice: (x) => select(gt(x, 0), x, mul(neg(x), 0.01)),
  matmul: (x) => dot(broadcastInDim(x, [4, 6], [1]), reshape(x, [6, 1])),
};

type Bounds = Readonly<Record<"float32" | "float64", number>>;
const evaluators: readonly (readonly [string, Compiler, Bounds])[] = [
  ["reference evaluator", interpret, { float32: 0, float64: 0 }],
  ["fused evaluator", compileProgram, { float32: 2e-6, float64: 1e-14 }],
];
const cases = Object.entries(functions).flatMap(([name, f]) => (["float32", "float64"] as const).map((dtype) => [name, dtype, f] as const));

/** Compares a result with rows of expected ones; the bound is relative to the largest element. */
function expectRows(found: NDArray, expected: readonly NDArray[], bound: number): void {
  const wanted = expected.flatMap(elements);
  const largest = Math.max(...wanted.map(Math.abs));
  expect(found.shape).toEqual([expected.length, ...expected[0].shape]);
  const worst = Math.max(...elements(found).map((v, i) => (Object.is(v, wanted[i]) ? 0 : Math.abs(v - wanted[i]) / largest)));
  expect(worst).toBeLessThanOrEqual(bound);
}

const stacked = (xs: readonly NDArray[]): NDArray =>
  concatenate(
    xs.map((x) => reshape(x, [1, ...x.shape])),
    0,
  );

describe.each(evaluators)("%s", (_evaluator, compiler, bounds) => {
  beforeAll(() => installCompiler(compiler));
  afterAll(() => installCompiler(compileProgram));

  describe.each(cases)("%s in %s", (_, dtype, f) => {
    const rows = random([5, 6], 3, 2, dtype);
    const each = [0, 1, 2, 3, 4].map((i) => arrayOf(dtype, Array.from(rows.data.slice(6 * i, 6 * i + 6))));
    const eager = each.map(f);

    test("eager, jit, and jit twice over", () => {
      for (const g of [jit(f), jit(jit(f)), checkpoint(f), jit(checkpoint(f))])
        expectRows(stacked(each.map((x) => g(x))), eager, bounds[dtype]);
    });

    test("vmap, vmap of jit, jit of vmap", () => {
      for (const g of [vmap(f), vmap(jit(f)), jit(vmap(f)), jit(vmap(jit(f)))]) expectRows(g(rows), eager, bounds[dtype]);
      expectRows(vmap(jit(f), { inAxes: 1 })(transpose(rows, [1, 0])), eager, bounds[dtype]);
    });

    test("gradients", () => {
      const loss = (x: NDArray): NDArray => reduceSum(mul(f(x), f(x)));
      const expected = each.map((x) => grad(loss)(x));
      for (const g of [jit(grad(loss)), grad(jit(loss)), jit(grad(jit(loss)))])
        expectRows(stacked(each.map((x) => g(x))), expected, bounds[dtype]);
      expectRows(vmap(jit(grad(loss)))(rows), expected, bounds[dtype]);
    });
  });

  test("integers wrap alike, to the last bit", () => {
    const f = (x: NDArray): NDArray => rem(mul(add(x, 2 ** 30), x), 1000);
    const x = arrayOf("int32", [2 ** 31 - 1, -7, 123456, 65537]);
    const narrow = (y: NDArray): NDArray => mul(convertElementType(y, "int8"), 3);
    for (const g of [f, narrow]) {
      expect(jit(g)(x).toArray()).toEqual(g(x).toArray());
      expect(vmap(jit(g))(x).toArray()).toEqual(g(x).toArray());
    }
  });
});
