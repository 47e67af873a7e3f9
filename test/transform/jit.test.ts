// jit: what is traced when, static and donated arguments, closures, weak numbers, and agreement with eager evaluation.

import { describe, expect, test, beforeAll } from "vitest";
import {
  type ArrayLike,
  ConcretizationError,
  DonatedError,
  type NDArray,
  OptionError,
  TreeError,
  evalShape,
  grad,
  jit,
  jvp,
  shapeDtype,
  vmap,
  setDebug,
} from "../../src/index.js";
import { add, div, mul, sub } from "../../src/ops/arithmetic.js";
import { literalDTypeBeside, literalTo } from "../../src/ops/operands.js";
import { asArray } from "../../src/core/array.js";
import { convertElementType } from "../../src/ops/convert.js";
import { reshape } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { checkJaxpr } from "../../src/core/check.js";
import { arrayOf } from "../ops/rules.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

describe("results", () => {
  test("the identity, constants, the same value twice, no arguments, unused ones", () => {
    const x = f32(1, 2);
    expect(jit((y: NDArray) => y)(x).toArray()).toEqual([1, 2]);
    expect(jit(() => f64(3))().toArray()).toEqual([3]);
    expect(jit(() => 0.5)().dtype).toBe("float32");
    expect(jit(() => true)().toArray()).toBe(true);
    const [a, b] = jit((y: NDArray) => [y, y] as const)(x);
    expect([a.toArray(), b.toArray()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(jit((_y: NDArray, z: NDArray) => z)(x, i32(1)).toArray()).toEqual([1]);
    expect(jit((): undefined => undefined)()).toBeUndefined();
    expect(jit((y: NDArray) => ({ y, none: null, list: [] as NDArray[] }))(x)).toMatchObject({ none: null, list: [] });
  });

  test("its name is the function's", () => {
    expect([jit(function step() {}).name, jit(() => 1).name]).toEqual(["step", "anonymous"]);
  });

  test("nested jits", () => {
    const inner = jit((x: NDArray) => sin(x));
    const outer = jit((x: NDArray) => add(inner(x), inner(mul(x, 2))));
    expectClose(outer(f64(0.5)), [Math.sin(0.5) + Math.sin(1)]);
    expect(inner.cacheSize).toBe(1);
  });
});

describe("the cache", () => {
  const traced = (): { calls: () => number; f: (x: NDArray, y: unknown) => NDArray } => {
    let count = 0;
    const f = (x: NDArray, y: unknown): NDArray => {
      count++;
      return add(x, (y as { a?: NDArray }).a ?? (y as NDArray));
    };
    return { calls: () => count, f };
  };

  test("one trace a structure and types, not values", () => {
    const { calls, f } = traced();
    const g = untyped(jit(f));
    g(f32(1), f32(2));
    g(f32(3), f32(4));
    expect(calls()).toBe(1);
    g(f32(1, 2), f32(3, 4));
    g(f64(1), f64(2));
    g(f32(1), { a: f32(2) });
    expect(calls()).toBe(4);
    g(f32(9), { a: f32(8) });
    expect(calls()).toBe(4);
  });

  test("cacheSize counts programs, traces says why each was traced", () => {
    const f = jit((x: NDArray, y: { w: NDArray; rate?: NDArray }) => mul(x, y.w));
    expect([f.cacheSize, f.traces]).toEqual([0, []]);
    f(f32(1, 2), { w: f32(1, 2) });
    f(f32(1, 2, 3), { w: f32(1, 2, 3) });
    f(f32(1, 2), { w: f32(1, 2) });
    f(f64(1, 2), { w: f64(1, 2) });
    f(f64(1, 2), { w: f64(1, 2), rate: f64(1) });
    expect(f.cacheSize).toBe(4);
    expect(f.traces.map((t) => t.reason)).toEqual([
      "first call",
      "argument 0 was float32[2], now float32[3]; argument 1.w was float32[2], now float32[3]",
      "argument 0 was float32[3], now float64[2]; argument 1.w was float32[3], now float64[2]",
      "the arguments' structure was [*, {w: *}], now [*, {rate: *, w: *}]",
    ]);
  });

  test("whole numbers, fractions and arrays are different types", () => {
    const f = jit((x: NDArray) => mul(x, 2));
    for (const x of [1, 2, 0.5, 1.5, -3]) f(x);
    f(f32(1));
    expect(f.traces.map((t) => t.reason)).toEqual([
      "first call",
      "argument 0 was a whole JavaScript number, now a fractional JavaScript number",
      "argument 0 was a fractional JavaScript number, now float32[1]",
    ]);
  });

  test("keys of records in another order are the same structure", () => {
    const f = jit((p: { a: NDArray; b: NDArray }) => sub(p.a, p.b));
    expect([f({ a: f32(3), b: f32(1) }).toArray(), f({ b: f32(1), a: f32(3) }).toArray(), f.cacheSize]).toEqual([[2], [2], 1]);
  });

  test("a trace that throws leaves nothing behind", () => {
    let fail = true;
    const f = jit((x: NDArray) => {
      if (fail) throw new RangeError("mine");
      return mul(x, 2);
    });
    expect(() => f(f32(1))).toThrow(RangeError);
    expect(f.cacheSize).toBe(0);
    fail = false;
    expect([f(f32(1)).toArray(), f.cacheSize]).toEqual([[2], 1]);
  });

  test("lower gives the program, and traces as a call does", () => {
    const f = jit((x: NDArray) => mul(x, 2));
    const lowered = f.lower(f32(1));
    expect(String(lowered.jaxpr)).toBe("{ lambda ; a:f32[1]. let b:f32[1] = mul a 2.0:f32[] in (b,) }");
    expect(() => checkJaxpr(lowered.jaxpr.jaxpr)).not.toThrow();
    f(f32(2));
    expect(f.cacheSize).toBe(1);
  });
});

describe("static arguments", () => {
  test("are compared by value where they are primitive", () => {
    const power = jit((x: NDArray, n: number): NDArray => (n === 0 ? mul(x, 0) : n === 1 ? x : mul(x, power2(x, n - 1))), {
      staticArgnums: 1,
    });
    const power2 = (x: NDArray, n: number): NDArray => (n <= 1 ? x : mul(x, power2(x, n - 1)));
    expect([power(f64(2), 3).toArray(), power(f64(3), 3).toArray(), power.cacheSize]).toEqual([[8], [27], 1]);
    expect([power(f64(2), 2).toArray(), power.cacheSize]).toEqual([[4], 2]);
    expect(power.traces[1].reason).toBe("static argument 1 was 3, now 2");
  });

  test.each<[string, readonly unknown[]]>([
    ["numbers, zeros of both signs and NaN", [0, -0, 1, NaN]],
    ["types", ["1", 1, true, "true", null, undefined, "undefined", "null", 1n, "1n"]],
    ["strings with the cache's own punctuation", ["", ",", "|", "#0", "@0", "-0", "number:0", 'a"b', "a\\"]],
    ["symbols of one name", [Symbol("a"), Symbol("a"), Symbol.for("a")]],
    ["functions and objects", [Math.sin, Math.cos, {}, {}, [], []]],
  ])("told apart: %s", (_, values) => {
    const seen: unknown[] = [];
    const f = untyped(
      jit(
        (x: NDArray, value: unknown) => {
          seen.push(value);
          return x;
        },
        { staticArgnums: 1 },
      ),
    );
    for (let round = 0; round < 2; round++) for (const value of values) f(f32(1), value);
    expect(seen).toHaveLength(values.length);
    seen.forEach((value, i) => expect(Object.is(value, values[i])).toBe(true));
  });

  test("two strings are not confused with two others", () => {
    const lengths = untyped(jit((a: string, b: string) => a.length * 100 + b.length, { staticArgnums: [0, 1] }));
    const tricky: readonly (readonly [string, string])[] = [
      ["x,1=string:y", "z"],
      ["x", "y,1=string:z"],
      ['x",1="y', "z"],
      ["x", 'y",1="z'],
    ];
    for (const [a, b] of tricky) expect(Number((lengths(a, b) as NDArray).item())).toBe(a.length * 100 + b.length);
  });

  test("negative positions, several, in any order", () => {
    const f = jit((mode: string, x: NDArray, k: number): NDArray => (mode === "mul" ? mul(x, k) : add(x, k)), { staticArgnums: [-1, 0] });
    expect([f("mul", f64(3), 4).toArray(), f("add", f64(3), 4).toArray()]).toEqual([[12], [7]]);
  });

  test("paths in messages count static arguments too", () => {
    const f = jit((_mode: string, p: { w: NDArray }): NDArray => p.w, { staticArgnums: 0 });
    f("a", { w: f32(1) });
    f("a", { w: f32(1, 2) });
    expect(f.traces[1].reason).toBe("argument 1.w was float32[1], now float32[2]");
    expect(() => untyped(f)("a", { w: "no" })).toThrow(
      'jit: expected an array, a number or a boolean at arguments[1].w, got the string "no".',
    );
  });

  test("a string that is not static is refused, with the remedy", () => {
    const call = (): unknown => untyped(jit((x: NDArray, _mode: string) => x))(f32(1), "mul");
    expect(call).toThrow(TreeError);
    expect(call).toThrow(/at arguments\[1\], got the string "mul"\.\n.*mark the argument as static \(staticArgnums\)/);
  });

  test("a position that the call does not have", () => {
    expect(() => untyped(jit((x: NDArray) => x, { staticArgnums: 1 }))(f32(1))).toThrow(
      "jit: expected staticArgnums: distinct positions among the one argument of the call, got 1.\n  use position 0.",
    );
  });
});

describe("donation", () => {
  const step = (): ((x: NDArray, y: NDArray) => NDArray) =>
    jit(
      function step(x: NDArray, y: NDArray) {
        return add(x, y);
      },
      { donateArgnums: 0 },
    );

  test("a donated array cannot be used again; the others can", () => {
    const [x, y] = [f32(1), f32(2)];
    const z = step()(x, y);
    expect([z.toArray(), y.toArray()]).toEqual([[3], [2]]);
    for (const use of [
      () => x.toArray(),
      () => x.item(),
      () => add(x, 1),
      () => jit(sin)(x),
      () => grad((a: NDArray) => reduceSum(sin(a)))(x),
    ]) {
      expect(use).toThrow(DonatedError);
      expect(use).toThrow(
        /use of a donated array: expected an array that is still alive, got float32\[1\], donated to step\.\n {2}use the array that the jitted call returned/,
      );
    }
  });

  test("all arrays of a tree are", () => {
    const params = { w: f32(1), b: [f32(2)] };
    const f = jit((p: typeof params) => mul(p.w, p.b[0]), { donateArgnums: -1 });
    f(params);
    expect(() => params.b[0].toArray()).toThrow(DonatedError);
  });

  test("results that are the donated arrays stay", () => {
    const f = jit((x: NDArray) => [x, reshape(x, [1, 2])] as const, { donateArgnums: 0 });
    const [a, b] = f(f32(1, 2));
    expect([a.toArray(), b.toArray()]).toEqual([[1, 2], [[1, 2]]]);
  });

  test("a loop that hands its state over", () => {
    const f = jit((s: { x: NDArray; n: NDArray }) => ({ x: mul(s.x, 2), n: add(s.n, 1) }), { donateArgnums: 0 });
    let state = { x: f32(1), n: i32(0) };
    for (let i = 0; i < 5; i++) state = f(state);
    expect(contents(state)).toEqual({ ".x": [32], ".n": [5] });
  });

  test("the same array twice is refused, before anything runs", () => {
    const x = f32(1);
    const both = jit((a: NDArray, b: NDArray) => add(a, b), { donateArgnums: [0, 1] });
    for (const call of [() => step()(x, x), () => both(x, x)]) {
      expect(call).toThrow(OptionError);
      expect(call).toThrow(
        "jit: expected donated arguments that appear once in the call, got an array that the call has twice, at argument",
      );
    }
    expect(x.toArray()).toEqual([1]);
    expect(() => untyped(jit((a: NDArray, _n: number) => a, { staticArgnums: 1, donateArgnums: 1 }))(x, 1)).toThrow(
      "got a static argument, at argument 1",
    );
  });

  test("a call that throws takes nothing", () => {
    const x = f32(1);
    const f = jit(
      (_a: NDArray): NDArray => {
        throw new RangeError("mine");
      },
      { donateArgnums: 0 },
    );
    expect(() => f(x)).toThrow(RangeError);
    expect(x.toArray()).toEqual([1]);
  });

  test("numbers may be donated; inside another transform nothing is", () => {
    const f = step();
    expect(untyped(f)(1, 2)).toMatchObject({ dtype: "float32" });
    const x = f32(1);
    expect(grad((y: NDArray) => reduceSum(f(y, x)))(x).toArray()).toEqual([1]);
    expect(x.toArray()).toEqual([1]);
  });
});

describe("closures over outer transforms", () => {
  test("a jitted function inside grad closes over what is differentiated", () => {
    const f = (w: NDArray): NDArray => {
      const scaled = jit((x: NDArray) => mul(x, w));
      return reduceSum(scaled(f64(1, 2)));
    };
    expect(grad(f)(f64(3, 4)).toArray()).toEqual([1, 2]);
    expect(grad(jit(f))(f64(3, 4)).toArray()).toEqual([1, 2]);
  });

  test("such programs are not kept for other calls", () => {
    let w: NDArray = f64(0);
    const scaled = jit((x: NDArray) => mul(x, w));
    const at = (value: NDArray): NDArray => {
      w = value;
      return reduceSum(scaled(f64(10)));
    };
    expect([grad(at)(f64(1)).toArray(), grad(at)(f64(2)).toArray(), scaled.cacheSize]).toEqual([[10], [10], 0]);
    expect(scaled.traces[1].reason).toBe(
      "same types as an earlier call, whose program closed over values of an outer transform or was dropped",
    );
  });

  test("jit inside vmap inside grad, closing over both", () => {
    const f = (w: NDArray): NDArray =>
      reduceSum(
        vmap((x: NDArray) => {
          const inner = jit((y: NDArray) => mul(mul(y, x), w));
          return inner(f64(2));
        })(f64(1, 2, 3)),
      );
    expect(grad(f)(f64(5)).toArray()).toEqual([12]);
    expect(jit(grad(f))(f64(5)).toArray()).toEqual([12]);
  });

  test("a concrete array is read when it is traced", () => {
    let w = f64(1);
    const f = jit((x: NDArray) => mul(x, w));
    expect(f(f64(2)).toArray()).toEqual([2]);
    w = f64(100);
    expect(f(f64(2)).toArray()).toEqual([2]);
  });

  test("an array without elements cannot be run", () => {
    expect(() => jit((x: NDArray) => add(x, shapeDtype([1])))(f32(1))).toThrow(ConcretizationError);
    expect(() => jit((x: NDArray) => add(x, shapeDtype([1])))(f32(1))).toThrow(
      "jit: expected a concrete array, got AbstractArray<float32[1]>",
    );
    expect(evalShape((x: NDArray) => add(x, shapeDtype([1])), f32(1)).shape).toEqual([1]);
  });
});

describe("numbers as arguments", () => {
  // What NumPy's functions do with a number beside an array.
  const times = (x: NDArray, s: ArrayLike): NDArray => {
    const literal = asArray(s, "times");
    const dtype = literalDTypeBeside(literal, x.dtype);
    return mul(convertElementType(x, dtype), literalTo(literal, dtype, "times"));
  };

  const cases: readonly (readonly [NDArray, number, string])[] = [
    [f64(1, 3), 0.1, "float64"],
    [f64(1, 3), 3, "float64"],
    [f32(1, 3), 0.1, "float32"],
    [i32(1, 3), 3, "int32"],
    [i32(1, 3), 0.5, "float32"],
  ];
  test.each(cases)("%s by %s", (x, s, dtype) => {
    const eager = times(x, s);
    const results = [
      jit(times)(x, s),
      jit((y: NDArray) => times(y, s))(x),
      jit((y: NDArray, t: NDArray) => jit(times)(y, t))(x, s),
      jit((y: NDArray, t: NDArray) => jit((z: NDArray) => times(z, t))(y))(x, s),
      vmap(times, { inAxes: [0, null] })(x, s),
      jit(vmap(jit(times), { inAxes: [0, null] }))(x, s),
    ];
    expect(eager.dtype).toBe(dtype);
    for (const result of results) expect([result.dtype, result.toArray()]).toEqual([eager.dtype, eager.toArray()]);
  });

  test("derivatives agree too", () => {
    const f = (x: NDArray, s: NDArray): NDArray => reduceSum(mul(sin(mul(x, s)), x));
    const x = f64(1, 3);
    const eager = grad(f, { argnums: [0, 1] })(x, 0.1);
    for (const [dx, ds] of [grad(jit(f), { argnums: [0, 1] })(x, 0.1), jit(grad(f, { argnums: [0, 1] }))(x, 0.1)]) {
      expectClose(dx, eager[0], 1e-15);
      expect([ds.dtype, eager[1].dtype]).toEqual(["float32", "float32"]);
      expectClose(ds, eager[1], 1e-7);
    }
    expectClose(jvp(jit(f), [x, 0.1], [f64(1, 1), 0])[1], jvp(f, [x, 0.1], [f64(1, 1), 0])[1], 1e-15);
  });

  test("a result that is the number itself is float32", () => {
    const id = (s: NDArray): NDArray => s;
    for (const f of [id, jit(id), jit(jit(id))] as const) {
      const [y] = [jit((s: NDArray) => f(s))(0.1)];
      expect([y.dtype, y.item()]).toEqual(["float32", Math.fround(0.1)]);
    }
    expect(jit(id)(3).item()).toBe(3);
  });

  test.each([
    ["int8", 300],
    ["int8", -129],
    ["uint8", -1],
    ["int32", 2 ** 31],
    ["uint32", -1],
    ["uint32", 2 ** 32],
  ] as const)("beside %s a number that it does not hold is refused, as eagerly: %d", (dtype, s) => {
    const x = arrayOf(dtype, [1, 2]);
    expect(() => times(x, s)).toThrow(`expected a number that ${dtype} holds, got ${s}`);
    const expected = new RegExp(`^jit: expected a number that ${dtype} holds at argument 1, because it becomes one there, got ${s}`);
    expect(() => jit(times)(x, s)).toThrow(expected);
    expect(() => jit((y: NDArray, t: NDArray) => jit(times)(y, t))(x, s)).toThrow(expected);
    expect(() => vmap(jit(times), { inAxes: [0, null] })(x, s)).toThrow(expected);
    const f = jit((p: { readonly y: NDArray; readonly t: ArrayLike }) => times(p.y, p.t));
    expect(f({ y: x, t: 1 }).toArray()).toEqual([1, 2]);
    expect(() => f({ y: x, t: s })).toThrow(`jit: expected a number that ${dtype} holds at argument 0.t`);
    expect(f({ y: x, t: 2 }).toArray()).toEqual([2, 4]);
  });

  test("what a function closes over does not shift the arguments' places", () => {
    const x = arrayOf("int8", [1, 2]);
    const f = (y: NDArray): NDArray => jit((t: ArrayLike) => times(y, t))(300);
    expect(() => vmap(f)(x)).toThrow("jit: expected a number that int8 holds at argument 0, because it becomes one there, got 300");
  });

  test("two numbers alone are float32, in both", () => {
    const third = (a: NDArray, b: NDArray): NDArray => div(a, b);
    expect([third(asArray(1, "div"), asArray(3, "div")).item(), jit(third)(1, 3).item()]).toEqual([Math.fround(1 / 3), Math.fround(1 / 3)]);
  });
});

describe("options", () => {
  test("unknown ones are refused, function first and options first", () => {
    for (const call of [() => untyped(jit)(sin, { donate: 0 }), () => untyped(jit)({ donate: 0 })])
      expect(call).toThrow("jit: expected options among staticArgnums, donateArgnums, got donate.");
  });
});
