// jvp, linearize and linearTranspose.

import { describe, expect, test, beforeAll } from "vitest";
import {
  DTypeError,
  type NDArray,
  NotDifferentiableError,
  OptionError,
  ShapeError,
  TreeError,
  TypeMismatchError,
  grad,
  jit,
  jvp,
  linearTranspose,
  linearize,
  makeJaxpr,
  shapeDtype,
  vmap,
  setDebug,
} from "../../src/index.js";
import { add, mul, neg } from "../../src/ops/arithmetic.js";
import { exp } from "../../src/ops/exponential.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { reshape } from "../../src/ops/layout.js";
import { cos, sin } from "../../src/ops/trigonometric.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

describe("jvp", () => {
  test("value and derivative along a tangent", () => {
    const [y, dy] = jvp((x: NDArray) => sin(x), [f64(0.5, 1)], [f64(1, 2)]);
    expectClose(y, [Math.sin(0.5), Math.sin(1)]);
    expectClose(dy, [Math.cos(0.5), 2 * Math.cos(1)]);
  });

  test("trees, several arguments, numbers", () => {
    const f = (p: { a: NDArray; b: NDArray }, s: NDArray): [NDArray, NDArray] => [mul(p.a, p.b), mul(p.a, s)];
    const [, tangents] = jvp(f, [{ a: f64(2), b: f64(3) }, 5], [{ a: f64(1), b: f64(10) }, 100]);
    expect(contents(tangents)).toEqual({ "[0]": [23], "[1]": [205] });
  });

  test("what does not depend on the tangent has a tangent of zeros", () => {
    const [, [dx, dc]] = jvp((x: NDArray): [NDArray, NDArray] => [x, f64(7)], [f64(1)], [f64(5)]);
    expect([dx.toArray(), dc.toArray()]).toEqual([[5], [0]]);
  });

  test("integers take zeros", () => {
    const f = (x: NDArray, _n: NDArray): NDArray => mul(x, 2);
    expect(jvp(f, [f64(1), i32(3)], [f64(1), i32(0)])[1].toArray()).toEqual([2]);
    expect(() => jvp(f, [f64(1), i32(3)], [f64(1), i32(2)])).toThrow(DTypeError);
    expect(() => jvp(f, [f64(1), i32(3)], [f64(1), i32(2)])).toThrow("jvp: expected zeros as the tangent of an integer or bool argument");
  });

  test("hasAux", () => {
    const [y, dy, aux] = jvp((x: NDArray): [NDArray, string[]] => [mul(x, x), []], [f64(3)], [f64(1)], { hasAux: true });
    expect([y.toArray(), dy.toArray(), aux]).toEqual([[9], [6], []]);
  });

  test("tangents that do not fit", () => {
    expect(() => jvp(sin, [f64(1)], [f64(1, 2)])).toThrow(ShapeError);
    expect(() => jvp(sin, [f64(1)], [f64(1, 2)])).toThrow("jvp: expected a tangent of type float64[1] at primals[0], got float64[2].");
    expect(() => jvp(sin, [f64(1)], [f32(1)])).toThrow(DTypeError);
    expect(() => untyped(jvp)(sin, [f64(1)], [])).toThrow(TreeError);
    expect(() => untyped(jvp)(sin, [f64(1)], f64(1))).toThrow(TypeMismatchError);
    expect(() => untyped(jvp)(sin, [f64(1)], f64(1))).toThrow("jvp: expected tangents: a list with one entry for each argument");
    expect(() => untyped(jvp)(sin, [f64(1)], [f64(1)], { aux: true })).toThrow(OptionError);
  });
});

describe("linearize", () => {
  const f = (x: NDArray): NDArray => mul(sin(x), exp(x));
  const slope = (v: number): number => (Math.sin(v) + Math.cos(v)) * Math.exp(v);

  test("the derivative is a function of tangents, used again", () => {
    const [y, push] = linearize(f, [f64(0.5, 1)]);
    expectClose(y, [Math.sin(0.5) * Math.exp(0.5), Math.sin(1) * Math.exp(1)]);
    for (const s of [1, -2]) expectClose(push(f64(s, s)), [s * slope(0.5), s * slope(1)]);
  });

  test("only the linear part is left for each call", () => {
    const [, push] = linearize(f, [f64(0.5)]);
    const names = makeJaxpr(push)(f64(1)).jaxpr.equations.map((e) => e.primitive.name);
    expect(names).toContain("mul");
    expect(names.filter((name) => ["sin", "cos", "exp"].includes(name))).toEqual([]);
  });

  test("integers, constants and trees", () => {
    const [y, push] = linearize((p: { x: NDArray; n: NDArray }) => ({ x: mul(p.x, 3), n: p.n, c: f64(1) }), [{ x: f64(1), n: i32(4) }]);
    expect(contents(y)).toEqual({ ".x": [3], ".n": [4], ".c": [1] });
    expect(contents(push({ x: f64(2), n: i32(0) }))).toEqual({ ".x": [6], ".n": [0], ".c": [0] });
  });

  test("composes with the other transforms", () => {
    const along = (x: NDArray): NDArray => reduceSum(linearize(f, [x])[1](f64(1)));
    expectClose(grad(along)(f64(0.5)), [2 * Math.cos(0.5) * Math.exp(0.5)]);
    const [, push] = linearize(jit(f), [f64(0.5)]);
    expectClose(jit(push)(f64(1)), [slope(0.5)]);
    expectClose(vmap(push)(reshape(f64(1, 2), [2, 1])), [slope(0.5), 2 * slope(0.5)]);
  });

  test("tangents that do not fit", () => {
    const [, push] = linearize(f, [f64(0.5)]);
    expect(() => push(f64(1, 2))).toThrow("linearize: expected a tangent of type float64[1] at primals[0], got float64[2].");
    expect(() => untyped(linearize)(f, f64(1))).toThrow("linearize: expected primals: a list");
  });
});

describe("linearTranspose", () => {
  test("the transpose of linear functions", () => {
    const [x] = linearTranspose((y: NDArray) => mul(reshape(y, [2, 2]), 3), [f64(0, 0, 0, 0)])(reshape(f64(1, 2, 3, 4), [2, 2]));
    expect(x.toArray()).toEqual([3, 6, 9, 12]);
    const [a, b] = linearTranspose((p: NDArray, q: NDArray) => add(p, neg(q)), [f64(0), f64(0)])(f64(5));
    expect([a.toArray(), b.toArray()]).toEqual([[5], [-5]]);
  });

  test("examples need no elements; what is not used gets zeros", () => {
    const [a, b] = linearTranspose((p: NDArray, _q: NDArray) => p, [shapeDtype([2]), shapeDtype([3])])(f32(1, 2));
    expect([a.toArray(), b.toArray()]).toEqual([
      [1, 2],
      [0, 0, 0],
    ]);
  });

  test("twice is the function itself", () => {
    const f = (x: NDArray): NDArray => mul(x, f64(2, 3));
    const twice = linearTranspose((ct: NDArray) => linearTranspose(f, [f64(0, 0)])(ct)[0], [f64(0, 0)]);
    expect(twice(f64(1, 1))[0].toArray()).toEqual([2, 3]);
  });

  test.each<[string, (x: NDArray) => NDArray, string]>([
    ["a square", (x) => mul(x, x), "a product of two values that both depend on them"],
    ["a sine", (x) => sin(x), "one that applies sin, which is not linear there"],
    ["a cosine inside", (x) => mul(f64(1), cos(mul(x, 2))), "one that applies cos"],
  ])("%s is refused", (_, f, received) => {
    expect(() => linearTranspose(f, [f64(1)])(f64(1))).toThrow(NotDifferentiableError);
    expect(() => linearTranspose(f, [f64(1)])(f64(1))).toThrow(
      `linearTranspose: expected a function linear in its inputs, got ${received}`,
    );
  });

  test("integers and cotangents that do not fit are refused", () => {
    expect(() => linearTranspose((x: NDArray) => x, [i32(1)])).toThrow(
      "linearTranspose: expected floating-point inputs to differentiate, got int32[1] at arguments[0].",
    );
    expect(() => linearTranspose((x: NDArray) => x, [f64(1)])(f64(1, 2))).toThrow(ShapeError);
  });
});
