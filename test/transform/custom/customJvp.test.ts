// customJvp: the rule is what is used, for trees, numbers, integers and static arguments; what is wrong with a rule is said.

import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test, vi } from "vitest";
import {
  CustomRuleError,
  DTypeError,
  LeakedTracerError,
  type NDArray,
  NotDifferentiableError,
  OptionError,
  ShapeError,
  TreeError,
  customJvp,
  grad,
  jit,
  jvp,
  lax,
  linearTranspose,
  makeJaxpr,
  numpy as np,
  vmap,
} from "../../../src/index.js";
import { type Equal, assert } from "../../tree/types.js";
import { contents, expectClose, f32, f64, i32, untyped } from "../arrays.js";

const x = f64(1, 2);

describe("the rule decides the derivative", () => {
  // Deliberately wrong rules, so that nothing else could have given these derivatives.
  const whole = customJvp((y: NDArray) => y.mul(y), { jvp: ([y], [dy]) => [y.mul(y), dy.mul(100)] });
  const each = customJvp((y: NDArray, z: NDArray) => y.mul(z), { jvps: [(dy) => dy.mul(10), (dz, out) => dz.mul(out)] });

  test.each([
    ["jvp", (f: (y: NDArray) => NDArray) => jvp(f, [x], [f64(1, 1)])[1]],
    ["grad", (f: (y: NDArray) => NDArray) => grad((y: NDArray) => f(y).sum())(x)],
    ["jit of grad", (f: (y: NDArray) => NDArray) => jit(grad((y: NDArray) => f(y).sum()))(x)],
    ["grad of jit", (f: (y: NDArray) => NDArray) => grad((y: NDArray) => jit(f)(y).sum())(x)],
    ["vmap of grad", (f: (y: NDArray) => NDArray) => vmap(grad((y: NDArray) => f(y).sum()))(x)],
  ] as const)("%s", (_, derivative) => {
    expectClose(derivative(whole), [100, 100]);
  });

  test("one by one: contributions are added, absent ones not computed", () => {
    const [dy, dz] = grad((y: NDArray, z: NDArray) => each(y, z).sum(), { argnums: [0, 1] })(x, f64(3, 5));
    expectClose(dy, [10, 10]);
    expectClose(dz, [3, 10]);
    const rule = vi.fn<(dz: NDArray) => NDArray>((dz) => dz);
    const g = customJvp((y: NDArray, z: NDArray) => y.mul(z), { jvps: [(dy) => dy, (d) => rule(d)] });
    expectClose(grad((y: NDArray) => g(y, x).sum())(x), [1, 1]);
    expect(rule).not.toHaveBeenCalled();
    const constant = customJvp((y: NDArray, z: NDArray) => y.mul(z), { jvps: [(dy) => dy, null] });
    expectClose(grad((z: NDArray) => constant(x, z).sum())(x), [0, 0]);
  });

  test("a program shows the call, and its derivative shows the rule alone", () => {
    expect(String(makeJaxpr(whole)(f32(1, 2)))).toBe(
      "{ lambda ; a:f32[2]. let\n    b:f32[2] = custom_jvp_call[\n      jaxpr={ lambda ; c:f32[2]. let d:f32[2] = mul c c in (d,) }\n      name=anonymous\n    ] a\n  in (b,) }",
    );
    expect(String(makeJaxpr((y: NDArray) => jvp(whole, [y], [y])[1])(f32(1, 2)))).toBe(
      "{ lambda ; a:f32[2]. let\n    _:f32[2] = mul a a\n    b:f32[2] = mul a 100.0:f32[]\n  in (b,) }",
    );
  });
});

describe("arguments and results", () => {
  interface State {
    w: NDArray;
    n: NDArray;
  }
  const tree = customJvp((s: State, scale: NDArray): { y: NDArray; n: NDArray } => ({ y: s.w.mul(scale), n: s.n }), {
    jvp: ([s, scale], [ds, dscale]) => [
      { y: s.w.mul(scale), n: s.n },
      { y: ds.w.mul(scale).add(s.w.mul(dscale)).mul(2), n: ds.n },
    ],
  });

  test("trees, with integers among them, whose tangents are zeros", () => {
    const loss = (w: NDArray, scale: NDArray): NDArray => tree({ w, n: i32(7) }, scale).y.sum();
    expectClose(grad(loss)(x, f64(3, 3)), [6, 6]);
    expectClose(grad(loss, { argnums: 1 })(x, f64(3, 3)), [2, 4]);
    expect(contents(tree({ w: x, n: i32(7) }, f64(3, 3)))).toEqual({ ".n": [7], ".y": [3, 6] });
    assert<Equal<ReturnType<typeof tree>, { y: NDArray; n: NDArray }>>();
  });

  test("numbers come in and go out as arrays", () => {
    const double = customJvp((y: NDArray) => y.mul(2), { jvp: ([y], [dy]) => [y.mul(2), dy.mul(7)] });
    expect(double(4).item()).toBe(8);
    expect(grad((y: NDArray) => double(y))(4).item()).toBe(7);
    const half = customJvp((_: NDArray) => 0.5, { jvp: (_, [dy]) => [0.5, dy.mul(3)] });
    expect(half(1).item()).toBe(0.5);
    expect(grad((y: NDArray) => half(y))(1).item()).toBe(3);
  });

  test("static arguments are passed on, and have no tangent", () => {
    const seen: unknown[] = [];
    const apply = customJvp((g: (y: NDArray) => NDArray, y: NDArray, label: string) => (label === "on" ? g(y) : y), {
      nondiffArgnums: [0, 2],
      jvp: ([g, y, label], [dg, dy, dlabel]) => {
        assert<Equal<typeof dg, null>>();
        assert<Equal<typeof dy, NDArray>>();
        seen.push(dg, label, dlabel);
        return [g(y), g(dy).mul(10)];
      },
    });
    expectClose(
      apply((y) => y.mul(3), x, "on"),
      [3, 6],
    );
    expectClose(grad((y: NDArray) => apply((z) => z.mul(3), y, "on").sum())(x), [30, 30]);
    expect(seen).toEqual([null, "on", null]);
    expectClose(vmap(grad((y: NDArray) => apply((z) => z.mul(3), y, "on")))(x), [30, 30]);
  });

  test("with the rule first, it waits for the function", () => {
    const doubled = customJvp({ jvp: ([y]: readonly [NDArray], [dy]: readonly [NDArray]) => [y.sin(), dy.mul(2)] as const });
    const f = pipe((y: NDArray) => y.sin(), doubled);
    expectClose(grad((y: NDArray) => f(y).sum())(x), [2, 2]);
  });

  test("a function that reads values works where it has them", () => {
    const halvings: (y: NDArray) => NDArray = customJvp(
      (y: NDArray) => {
        let [z, count] = [y, 0];
        for (; Math.abs(z.item()) > 1; count++) z = z.div(2);
        return z;
      },
      { jvp: ([y], [dy]) => [halvings(y), dy.mul(42)] },
    );
    expect(halvings(np.array(12)).item()).toBe(0.75);
    expect(grad((y: NDArray) => halvings(y.mul(1)))(np.array(12)).item()).toBe(42);
    expect(grad(grad((y: NDArray) => halvings(y).mul(y)))(np.array(12)).item()).toBe(84);
    expect(() => jit(halvings)(12)).toThrow(/^item: expected .* Tracer<float32\[\]> of customJvp of an anonymous function, which/);
    expect(() => vmap(halvings)(x)).toThrow("item: expected");
  });
});

describe("what is closed over", () => {
  test("is constant for the rule, so differentiating it throws", () => {
    const loss = (w: NDArray): NDArray => customJvp((y: NDArray) => y.mul(w), { jvp: ([y], [dy]) => [y.mul(w), dy.mul(w)] })(x).sum();
    for (const derivative of [grad(loss), jit(grad(loss)), grad(jit(loss))]) {
      expect(() => derivative(x)).toThrow(NotDifferentiableError);
      expect(() => derivative(x)).toThrow(
        /^customJvp of (an )?anonymous.*: expected derivatives with respect to its arguments, got one with respect to a float64\[2\] that the function closes over/,
      );
    }
  });

  test("is the right value in every other nesting, whenever the rule runs", () => {
    const f = (w: NDArray) => customJvp((y: NDArray) => y.mul(w), { jvp: ([y], [dy]) => [y.mul(w), dy.mul(w)] });
    const expected = [3, 5];
    const w = f64(3, 5);
    expectClose(jit((v: NDArray) => grad((y: NDArray) => f(v)(y).sum())(x))(w), expected);
    expectClose(jit((v: NDArray) => grad((y: NDArray) => jit(f(v))(y).sum())(x))(w), expected);
    expectClose(vmap((v: NDArray) => grad((y: NDArray) => f(v)(y))(np.array(1)))(w), expected);
    expectClose(grad((y: NDArray) => vmap((v: NDArray, z: NDArray) => f(v)(z))(w, y).sum())(x), expected);
    expectClose(grad((y: NDArray) => vmap((v: NDArray, z: NDArray) => jit(f(v))(z))(w, y).sum())(x), expected);
    expectClose(vmap((v: NDArray) => f(v)(np.array(1)))(w), expected);
    // Only the outer function is differentiated, to which the value is an argument.
    expectClose(grad((v: NDArray) => grad((y: NDArray) => v.mul(y).sum())(x).sum())(w), [1, 1]);
  });

  test("a value that only the rule closes over is refused, with a remedy", () => {
    const byTangent = (w: NDArray): NDArray => customJvp((y: NDArray) => y, { jvp: ([y], [dy]) => [y, dy.mul(w)] })(w).sum();
    expect(() => grad(byTangent)(x)).toThrow(LeakedTracerError);
    const loss = (w: NDArray): NDArray => customJvp((y: NDArray) => y, { jvp: ([y], [dy]) => [y.add(w.mul(0)), dy] })(w).sum();
    expect(() => grad(loss)(x)).toThrow(LeakedTracerError);
    expect(() => grad(loss)(x)).toThrow("pass that value as an argument of the function, or hoist it with closureConvert");
  });
});

describe("what is wrong is said", () => {
  const wrong = (jvpRule: unknown) => (): unknown => {
    const f = untyped(customJvp)(
      function scaled({ w }: { w: NDArray }) {
        return { y: w.mul(2) };
      },
      { jvp: jvpRule },
    ) as (s: { w: NDArray }) => { y: NDArray };
    return grad((w: NDArray) => f({ w }).y.sum())(x);
  };
  const y = f64(1, 2);

  test.each([
    ["no pair", () => y, CustomRuleError, /^customJvp of scaled: expected a list \[value, tangent\] from jvp, got an array\./],
    ["another tree", () => [y, { y }], TreeError, /value from jvp/],
    [
      "another shape",
      () => [{ y: f64(1) }, { y }],
      ShapeError,
      /expected a value from jvp of type float64\[2\] at the function's result\.y, got float64\[1\]/,
    ],
    ["another tangent tree", () => [{ y }, [y]], TreeError, /record in the value, list of 1 in a tangent from jvp/],
    [
      "another tangent type",
      () => [{ y }, { y: f32(1, 2) }],
      DTypeError,
      /expected a tangent from jvp of type float64\[2\] at the value\.y, got float32\[2\]/,
    ],
    ["no arrays", () => [{ y }, { y: "text" }], TreeError, /at the tangent from jvp\.y, got the string "text"/],
  ] as const)("%s", (_, rule, kind, message) => {
    expect(wrong(rule)).toThrow(kind);
    expect(wrong(rule)).toThrow(message);
  });

  describe("a rule that is not linear in the tangents", () => {
    const sine = jit((dz: NDArray) => np.sin(dz));
    const rules: readonly (readonly [string, (dz: NDArray) => NDArray, string])[] = [
      ["a nonlinear operation", (dz) => np.sin(dz), "one that applies sin, which is not linear there"],
      ["a product", (dz) => dz.mul(dz), "a product of two values that both depend on them"],
      ["a jitted function", (dz) => sine(dz), "one that applies sin, which is not linear there"],
      ["a choice by the tangent", (dz) => np.where(dz.greater(0), dz, 0), "one that applies select_n, which is not linear there"],
    ];
    const calls: readonly (readonly [string, (f: (z: NDArray) => NDArray) => unknown])[] = [
      ["grad", (f) => grad((z: NDArray) => f(z).sum())(x)],
      ["grad of jit", (f) => grad(jit((z: NDArray) => f(z).sum()))(x)],
      ["jit of grad", (f) => jit(grad((z: NDArray) => f(z).sum()))(x)],
      ["vmap of grad", (f) => vmap(grad(f))(x)],
      ["grad of a loop", (f) => grad((z: NDArray) => lax.foriLoop(0, 3, (_, c) => f(c), z).sum())(x)],
    ];

    test.each(rules.flatMap(([what, tangent, received]) => calls.map(([name, run]) => [what, name, tangent, received, run] as const)))(
      "%s, in %s",
      (_, __, tangent, received, run) => {
        const doubled = (z: NDArray): NDArray => z.mul(2);
        for (const f of [
          customJvp(doubled, { jvp: ([z], [dz]) => [doubled(z), tangent(dz)] }),
          customJvp(doubled, { jvps: [(dz) => tangent(dz)] }),
        ]) {
          expect(() => run(f)).toThrow(NotDifferentiableError);
          expect(() => run(f)).toThrow(
            `customJvp of doubled: expected a rule whose tangent is linear in the tangents it takes, as reverse mode transposes it, got ${received}.`,
          );
          expect(() => run(f)).toThrow(
            /\n {2}let nonlinear operations of the rule depend on the primals alone[^]*\n {2}at: .*customJvp\.test\.ts/,
          );
        }
      },
    );

    test("a function that is not linear for linearTranspose's sake is no rule's fault", () => {
      const f = customJvp((z: NDArray) => z.mul(2), { jvp: ([z], [dz]) => [z.mul(2), dz.mul(2)] });
      expect(() => linearTranspose((z: NDArray) => jvp(f, [z], [z])[1].mul(z), [x])(x)).toThrow(
        "linearTranspose: expected a function linear",
      );
    });
  });

  test("no rule, both kinds, a misspelt option, a wrong count", () => {
    const f = (z: NDArray): NDArray => z;
    expect(() => untyped(customJvp)(f, {})).toThrow(
      "customJvp: expected a rule: either jvp, a function, or jvps, a list of functions and nulls, got neither.",
    );
    expect(() => untyped(customJvp)(f, { jvp: f, jvps: [null] })).toThrow("got both");
    expect(() => untyped(customJvp)(f, { jvp: 3 })).toThrow("got something else");
    expect(() => untyped(customJvp)(f, { jpv: f })).toThrow("customJvp: expected options among jvp, jvps, nondiffArgnums, got jpv.");
    expect(() => untyped(customJvp)(f)).toThrow(OptionError);
    expect(() => untyped(customJvp)(3, { jvp: f })).toThrow("customJvp: expected a function, got a number.");
    const two = untyped(customJvp)(f, { jvps: [null, null] }) as (z: NDArray) => NDArray;
    expect(() => jit(two)(y)).toThrow("expected jvps with one entry, for the one argument, got 2.");
    const async = customJvp({ jvp: ([z]: readonly [NDArray]) => [z, z] as const }) as unknown as (g: unknown) => (z: NDArray) => unknown;
    expect(() => async(async (z: NDArray) => z)(y)).toThrow("an async function, which computes later");
  });
});
