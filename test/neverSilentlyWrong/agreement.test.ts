// Eager, jit and vmap-of-jit results agree bit for bit: the reference evaluator runs the same loops over the same elements.
// (A bound for rounding is stated beside each evaluator that reorders operations; here it is zero.)

import { describe, expect, test } from "vitest";
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
import { arrayOf, random } from "../ops/rules.js";

const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  elementwise: (x) => tanh(add(mul(x, 1.1), div(sin(x), add(exp(x), 2)))),
  softmax: (x) => div(exp(sub(x, reduceMax(x))), reduceSum(exp(sub(x, reduceMax(x))))),
  layout: (x) => concatenate([reverse(x, 0), reshape(transpose(reshape(x, [2, 3]), [1, 0]), [6])], 0),
  products: (x) => reduceProd(log1p(mul(x, x))),
  choice: (x) => select(gt(x, 0), x, mul(neg(x), 0.01)),
  matmul: (x) => dot(broadcastInDim(x, [4, 6], [1]), reshape(x, [6, 1])),
};

const cases = Object.entries(functions).flatMap(([name, f]) => (["float32", "float64"] as const).map((dtype) => [name, dtype, f] as const));

describe.each(cases)("%s in %s", (_, dtype, f) => {
  const rows = random([5, 6], 3, 2, dtype);
  const row = (i: number): NDArray => arrayOf(dtype, Array.from(rows.data.slice(6 * i, 6 * i + 6)));
  const eager = Array.from({ length: 5 }, (_v, i) => f(row(i)).toArray());

  test("eager, jit, and jit twice over", () => {
    for (const g of [jit(f), jit(jit(f)), checkpoint(f), jit(checkpoint(f))]) expect([0, 1, 2, 3, 4].map((i) => g(row(i)).toArray())).toEqual(eager);
  });

  test("vmap, vmap of jit, jit of vmap", () => {
    for (const g of [vmap(f), vmap(jit(f)), jit(vmap(f)), jit(vmap(jit(f)))]) expect(g(rows).toArray()).toEqual(eager);
    expect(transposeBack(vmap(jit(f), { inAxes: 1 })(transpose(rows, [1, 0])))).toEqual(eager);
  });

  test("gradients", () => {
    const loss = (x: NDArray): NDArray => reduceSum(mul(f(x), f(x)));
    const expected = grad(loss)(row(0)).toArray();
    for (const g of [jit(grad(loss)), grad(jit(loss)), jit(grad(jit(loss)))]) expect(g(row(0)).toArray()).toEqual(expected);
    expect(vmap(jit(grad(loss)))(rows).toArray()).toEqual(Array.from({ length: 5 }, (_v, i) => grad(loss)(row(i)).toArray()));
  });
});

const transposeBack = (x: NDArray): unknown => x.toArray();

test("integers wrap alike", () => {
  const f = (x: NDArray): NDArray => rem(mul(add(x, 2 ** 30), x), 1000);
  const x = arrayOf("int32", [2 ** 31 - 1, -7, 123456, 65537]);
  expect(jit(f)(x).toArray()).toEqual(f(x).toArray());
  expect(vmap(jit(f))(x).toArray()).toEqual(f(x).toArray());
  const narrow = (y: NDArray): NDArray => mul(convertElementType(y, "int8"), 3);
  expect(jit(narrow)(x).toArray()).toEqual(narrow(x).toArray());
});
