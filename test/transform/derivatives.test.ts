// jacfwd, jacrev and hessian: shapes, trees, lists of arguments, and each mode against the other.

import { describe, expect, test, beforeAll } from "vitest";
import { DTypeError, type NDArray, hessian, jacfwd, jacrev, jit, vmap, setDebug } from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { exp } from "../../src/ops/exponential.js";
import { reshape } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

const modes = [
  ["jacfwd", jacfwd],
  ["jacrev", jacrev],
] as const;

describe.each(modes)("%s", (name, jacobian) => {
  test("of a vector function: results by arguments", () => {
    const f = (x: NDArray): NDArray => mul(reshape(vmap((s: NDArray) => mul(s, x))(f64(1, 2, 3)), [6]), 2);
    const j = jacobian(f)(f64(5, 7));
    expect(j.shape).toEqual([6, 2]);
    expect(j.toArray()).toEqual([
      [2, 0],
      [0, 2],
      [4, 0],
      [0, 4],
      [6, 0],
      [0, 6],
    ]);
  });

  test("shapes append: of the result, then of the argument", () => {
    const f = (x: NDArray): NDArray => reshape(sin(x), [3, 2]);
    const x = reshape(f64(1, 2, 3, 4, 5, 6), [2, 3]);
    const j = jacobian(f)(x);
    expect(j.shape).toEqual([3, 2, 2, 3]);
    expectClose(
      reshape(j, [36]),
      Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? Math.cos(i / 7 + 1) : 0)),
    );
    expect(jacobian((y: NDArray) => reduceSum(y))(x).toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(jacobian((y: NDArray) => mul(y, y))(3).item()).toBe(6);
  });

  test("trees of results hold trees of arguments", () => {
    const f = (p: { a: NDArray; b: NDArray[] }): { s: NDArray; t: [NDArray] } => ({ s: reduceSum(mul(p.a, p.a)), t: [mul(p.b[0], p.a)] });
    expect(contents(jacobian(f)({ a: f64(1, 2), b: [f64(3, 4)] }))).toEqual({
      ".s.a": [2, 4],
      ".s.b[0]": [0, 0],
      ".t[0].a": [
        [3, 0],
        [0, 4],
      ],
      ".t[0].b[0]": [
        [1, 0],
        [0, 2],
      ],
    });
  });

  test("argnums: one, a list, negative", () => {
    const f = (x: NDArray, y: NDArray): NDArray => mul(x, mul(y, y));
    const args = [f64(2, 3), f64(5, 7)] as const;
    expect(jacobian(f, { argnums: -1 })(...args).toArray()).toEqual([
      [20, 0],
      [0, 42],
    ]);
    const [dy, dx] = jacobian(f, { argnums: [1, 0] })(...args);
    expect([dy.toArray(), dx.toArray()]).toEqual([
      [
        [20, 0],
        [0, 42],
      ],
      [
        [25, 0],
        [0, 49],
      ],
    ]);
    expect(() => jacobian(f, { argnums: 2 })(...args)).toThrow(
      `${name}: expected argnums: distinct positions among the 2 arguments of the call, got 2.`,
    );
  });

  test("what does not depend on the argument, and nothing at all", () => {
    expect(jacobian((_x: NDArray) => f64(1, 2))(f64(1)).toArray()).toEqual([[0], [0]]);
    expect(jacobian((x: NDArray) => x)(f32()).shape).toEqual([0, 0]);
    expect(jacobian((_: { a: NDArray[] }) => f64(1))({ a: [] })).toEqual({ a: [] });
  });

  test("mixed dtypes", () => {
    const f = (p: { x: NDArray; y: NDArray }): [NDArray, NDArray] => [mul(p.x, 2), mul(p.y, 3)];
    const [x, y] = jacobian(f)({ x: f32(1), y: f64(1) });
    expect([x.x.dtype, y.y.dtype, x.x.toArray(), y.y.toArray(), y.x.toArray()]).toEqual(["float32", "float64", [[2]], [[3]], [[0]]]);
  });

  test("integers are refused, in arguments and results", () => {
    expect(() => jacobian((x: NDArray) => x)(i32(1))).toThrow(DTypeError);
    expect(() => jacobian((x: NDArray) => x)(i32(1))).toThrow(
      `${name}: expected floating-point inputs to differentiate, got int32[1] at argument 0.`,
    );
    expect(() => jacobian((_x: NDArray) => i32(1))(f64(1))).toThrow(
      `${name}: expected a function whose results are floating point, got int32[1].`,
    );
  });

  test("in vmap and jit", () => {
    const f = (x: NDArray): NDArray => mul(sin(x), x);
    const xs = reshape(f64(0.1, 0.2, 0.3, 0.4), [2, 2]);
    const rows = [f64(0.1, 0.2), f64(0.3, 0.4)].map((x) => jacobian(f)(x));
    for (const all of [vmap(jacobian(f))(xs), jit(vmap(jacobian(f)))(xs), vmap(jit(jacobian(f)))(xs)])
      expectClose(
        reshape(all, [8]),
        rows.flatMap((r) => Array.from(r.toTypedArray())),
        1e-14,
      );
  });

  test("options first", () => {
    expect(jacobian({ argnums: 1 })((x: NDArray, y: NDArray) => mul(x, y))(f64(2), f64(3)).toArray()).toEqual([[2]]);
    expect(() => untyped(jacobian)({ argnum: 1 })).toThrow(`${name}: expected options among argnums, got argnum.`);
  });
});

describe("both modes", () => {
  const f = (p: { w: NDArray; b: NDArray }, x: NDArray): [NDArray, { out: NDArray }] => [
    exp(mul(p.w, reduceSum(mul(x, x)))),
    { out: sin(add(mul(p.w, p.b), reduceSum(x))) },
  ];
  const args = [{ w: f64(0.1, 0.2), b: f64(0.3, 0.4) }, f64(0.5, 0.6, 0.7)] as const;

  test("agree", () => {
    const [forward, reverse] = modes.map(([, jacobian]) => contents(jacobian(f, { argnums: [0, 1] })(...args)));
    expect(Object.keys(forward)).toEqual(Object.keys(reverse));
    for (const [path, block] of Object.entries(forward)) {
      const flat = (tree: unknown): number[] => [tree].flat(9).map(Number);
      flat(block).forEach((v, i) => expect(v).toBeCloseTo(flat(reverse[path])[i], 13));
    }
  });
});

describe("hessian", () => {
  const f = (x: NDArray): NDArray => reduceSum(mul(exp(x), mul(x, x)));
  const second = (v: number): number => Math.exp(v) * (v * v + 4 * v + 2);

  test("of a scalar function", () => {
    expectClose(reshape(hessian(f)(f64(0.5, -1)), [4]), [second(0.5), 0, 0, second(-1)]);
    expect(hessian((x: NDArray) => mul(mul(x, x), x))(2).item()).toBe(12);
  });

  test("is every composition of both modes", () => {
    const x = f64(0.5, -1, 2);
    for (const h of [jacrev(jacrev(f)), jacfwd(jacfwd(f)), jacrev(jacfwd(f)), jacfwd(jacrev(f)), jit(hessian(f))])
      expectClose(h(x), hessian(f)(x), 1e-12);
  });

  test("of trees, and of several arguments", () => {
    const g = (p: { a: NDArray; b: NDArray }): NDArray => mul(p.a, mul(p.b, p.b));
    const h = hessian(g)({ a: f32Scalar(2), b: f32Scalar(3) });
    expect(contents(h)).toEqual({ ".a.a": 0, ".a.b": 6, ".b.a": 6, ".b.b": 4 });
    const blocks = hessian((x: NDArray, y: NDArray) => mul(x, mul(y, y)), { argnums: [0, 1] })(2, 3);
    expect(contents(blocks)).toEqual({ "[0][0]": 0, "[0][1]": 6, "[1][0]": 6, "[1][1]": 4 });
  });

  test("of a vector function", () => {
    const h = hessian((x: NDArray) => mul(x, x))(f64(1, 2));
    expect([h.shape, h.toArray()]).toEqual([
      [2, 2, 2],
      [
        [
          [2, 0],
          [0, 0],
        ],
        [
          [0, 0],
          [0, 2],
        ],
      ],
    ]);
  });

  test("errors name it, not its parts", () => {
    expect(() => hessian(f)(i32(1))).toThrow("hessian: expected floating-point inputs to differentiate, got int32[1] at argument 0.");
    expect(() => hessian((_x: NDArray) => i32(1))(f64(1))).toThrow("hessian: expected a function whose results are floating point");
    expect(() => untyped(hessian)(null)).toThrow("hessian: expected a function, got null.");
  });
});

const f32Scalar = (v: number): NDArray => reshape(f32(v), []);
