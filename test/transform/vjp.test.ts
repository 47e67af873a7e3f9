// vjp: pullbacks that may be called again, integers, auxiliary results, and cotangents that do not fit.

import { describe, expect, test, beforeAll } from "vitest";
import {
  DTypeError,
  LeakedTracerError,
  type NDArray,
  ShapeError,
  TreeError,
  TypeMismatchError,
  grad,
  jit,
  vjp,
  vmap,
  setDebug,
} from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { convertElementType } from "../../src/ops/convert.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

describe("pullbacks", () => {
  test("take cotangents of the value to cotangents of all arguments, any number of times", () => {
    const [y, pullback] = vjp((a: NDArray, b: NDArray) => mul(a, b), [f64(1, 2), f64(3, 4)]);
    expect(y.toArray()).toEqual([3, 8]);
    for (const scale of [1, 2, 1]) {
      const [da, db] = pullback(f64(scale, scale));
      expect([da.toArray(), db.toArray()]).toEqual([
        [3 * scale, 4 * scale],
        [scale, 2 * scale],
      ]);
    }
  });

  test("of trees", () => {
    const f = (p: { a: NDArray }, [b]: readonly [NDArray]): { sum: NDArray; both: NDArray[] } => ({
      sum: add(p.a, b),
      both: [p.a, mul(b, 2)],
    });
    const [, pullback] = vjp(f, [{ a: f64(1) }, [f64(2)]]);
    expect(contents(pullback({ sum: f64(1), both: [f64(10), f64(100)] }))).toEqual({ "[0].a": [11], "[1][0]": [201] });
  });

  test("a number serves as the cotangent of a scalar", () => {
    const [, pullback] = vjp((x: NDArray) => reduceSum(mul(x, x)), [f64(3)]);
    expect(pullback(0.1)[0].toArray()).toEqual([6 * 0.1]);
  });

  test("are made of operations: they can be differentiated, batched and compiled", () => {
    const x = f64(0.3, 0.4);
    const [, pullback] = vjp((y: NDArray) => sin(y), [x]);
    expectClose(jit(pullback)(f64(1, 1))[0], [Math.cos(0.3), Math.cos(0.4)]);
    expect(vmap((ct: NDArray) => pullback(ct)[0])(mulRows(3)).shape).toEqual([3, 2]);
    const second = grad((y: NDArray) => reduceSum(vjp(sin, [y])[1](f64(1, 1))[0]))(x);
    expectClose(second, [-Math.sin(0.3), -Math.sin(0.4)]);
  });

  test("called while another transform is running, on its tracers", () => {
    const [, pullback] = vjp((y: NDArray) => mul(y, f64(2, 3)), [f64(1, 1)]);
    expect(grad((ct: NDArray) => reduceSum(pullback(ct)[0]))(f64(1, 1)).toArray()).toEqual([2, 3]);
  });

  test("one that outlives the transform around it throws, and says where from", () => {
    let kept: ((ct: NDArray) => [NDArray]) | undefined;
    jit(function outer(x: NDArray) {
      const [y, pullback] = vjp((z: NDArray) => mul(z, z), [x]);
      kept = pullback;
      return y;
    })(f64(3));
    expect(() => kept?.(f64(1))).toThrow(LeakedTracerError);
    expect(() => kept?.(f64(1))).toThrow(/made in jit of outer, at .*vjp\.test\.ts:\d+:\d+/);
  });
});

const mulRows = (n: number): NDArray => vmap((s: NDArray) => mul(f64(1, 2), s))(f64(...Array.from({ length: n }, (_, i) => i)));

describe("integers", () => {
  test("integer leaves get zeros of their own type", () => {
    const [, pullback] = vjp((x: NDArray, n: NDArray) => mul(x, convertElementType(n, "float64")), [f64(1, 2), i32(3, 4)]);
    const [dx, dn] = pullback(f64(1, 1));
    expect([dx.toArray(), dn.toArray(), dn.dtype]).toEqual([[3, 4], [0, 0], "int32"]);
  });

  test("an integer result takes zeros as its cotangent, and nothing else", () => {
    const [, pullback] = vjp((x: NDArray): [NDArray, NDArray] => [mul(x, 2), i32(5)], [f64(1)]);
    expect(pullback([f64(1), i32(0)])[0].toArray()).toEqual([2]);
    expect(() => pullback([f64(1), i32(1)])).toThrow(DTypeError);
    expect(() => pullback([f64(1), i32(1)])).toThrow(
      "vjp pullback: expected zeros as the cotangent of an integer or bool result, got int32[1] with other values at the cotangent[1].",
    );
  });
});

describe("auxiliary results", () => {
  test("come third, and take no cotangent", () => {
    const [y, pullback, aux] = vjp((x: NDArray): [NDArray, { n: NDArray }] => [mul(x, x), { n: i32(1) }], [f64(3)], { hasAux: true });
    expect([y.toArray(), pullback(f64(1))[0].toArray(), aux.n.toArray()]).toEqual([[9], [6], [1]]);
  });
});

describe("refusals", () => {
  const [, pullback] = vjp((x: NDArray) => ({ y: sin(x), z: x }), [f32(1, 2)]);
  const good = { y: f32(1, 1), z: f32(1, 1) };

  test("a cotangent of another structure lists the paths", () => {
    expect(() => untyped(pullback)({ y: good.y })).toThrow(TreeError);
    expect(() => untyped(pullback)({ y: good.y, w: good.z })).toThrow(
      /^vjp pullback: expected trees of the same structure, got trees that differ at\n {4}\.w: missing in the value, array in a cotangent\n {4}\.z: array in the value, missing in a cotangent\./,
    );
  });

  test("of another shape or dtype, with its path", () => {
    expect(() => pullback({ ...good, z: f32(1) })).toThrow(ShapeError);
    expect(() => pullback({ ...good, z: f32(1) })).toThrow(
      "vjp pullback: expected a cotangent of type float32[2] at the value.z, got float32[1].",
    );
    expect(() => pullback({ ...good, y: f64(1, 1) })).toThrow(DTypeError);
    expect(() => pullback({ ...good, y: f64(1, 1) })).toThrow("at the value.y, got float64[2].");
    expect(() => untyped(pullback)({ ...good, y: 1 })).toThrow(ShapeError);
    expect(() => untyped(pullback)({ ...good, y: "1" })).toThrow('at the cotangent.y, got the string "1".');
  });

  test("arguments that are in no list", () => {
    expect(() => untyped(vjp)(sin, f64(1))).toThrow(TypeMismatchError);
    expect(() => untyped(vjp)(sin, f64(1))).toThrow(
      "vjp: expected primals: a list with one entry for each argument of the function, got an array float64[1].\n  put them into a list, such as vjp(f, [x]).",
    );
  });
});
