// customVjp: forward keeps residuals, backward decides the gradient; trees, nulls, integers, static arguments and faults.

import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test, vi } from "vitest";
import {
  CustomRuleError,
  DTypeError,
  type NDArray,
  NotDifferentiableError,
  OptionError,
  ShapeError,
  TreeError,
  customVjp,
  grad,
  jit,
  jvp,
  makeJaxpr,
  numpy as np,
  valueAndGrad,
  vjp,
  vmap,
} from "../../../src/index.js";
import { type Equal, assert } from "../../tree/types.js";
import { contents, expectClose, f32, f64, i32, untyped } from "../arrays.js";

const x = f64(1, 2);

describe("the rule decides the gradient", () => {
  // Deliberately wrong, so that nothing else could have given it.
  const f = customVjp((y: NDArray, z: NDArray) => y.mul(z), {
    forward: (y, z) => [y.mul(z).add(1), { y, pair: [z, 5] }],
    backward: ({ y, pair }, ct) => {
      assert<Equal<typeof pair, NDArray[]>>();
      return [ct.mul(pair[0]).mul(pair[1]), ct.mul(y)];
    },
  });

  test("values come from the function, and from forward where it is differentiated", () => {
    expectClose(f(x, x), [1, 4]);
    const [value, [dy, dz]] = valueAndGrad((y: NDArray, z: NDArray) => f(y, z).sum(), { argnums: [0, 1] })(x, f64(3, 4));
    expect(value.item()).toBe(3 + 8 + 2);
    expectClose(dy, [15, 20]);
    expectClose(dz, [1, 2]);
  });

  test("one backward for each pullback, with its own cotangent", () => {
    const [, pull] = vjp(f, [x, x]);
    expect(contents(pull(f64(1, 0)))).toEqual({ "[0]": [5, 0], "[1]": [1, 0] });
    expect(contents(pull(f64(0, 1)))).toEqual({ "[0]": [0, 10], "[1]": [0, 2] });
  });

  test("an argument that all examples share gets the sum", () => {
    const loss = (z: NDArray): NDArray => vmap((y: NDArray) => f(y, z))(f64(1, 2, 3)).sum();
    const four = np.array(4, { dtype: "float64" });
    expect(grad(loss)(four).item()).toBe(6);
    expect(grad(jit(loss))(four).item()).toBe(6);
  });

  test("nothing is pulled back where there is nothing to pull", () => {
    const pulled = vi.fn<(y: NDArray, ct: NDArray) => readonly [NDArray]>((y, ct) => [ct.mul(y)]);
    const g = customVjp((y: NDArray) => y.mul(y), { forward: (y) => [y.mul(y), y], backward: (y, ct) => pulled(y, ct) });
    expectClose(grad((y: NDArray) => y.sum().add(np.greater(g(y), 1).sum().mul(0)))(x), [1, 1]);
    expect(pulled).not.toHaveBeenCalled();
    expectClose(grad((y: NDArray) => g(y).sum())(x), [1, 2]);
    expect(pulled).toHaveBeenCalledTimes(1);
    // No program keeps anything of the rules but their operations.
    expect(String(makeJaxpr(grad((y: NDArray) => g(y).sum()))(x))).not.toContain("custom");
  });
});

describe("arguments, residuals and results", () => {
  interface State {
    w: NDArray;
    n: NDArray;
  }
  const seen: unknown[] = [];
  const tree = customVjp((s: State, scale: NDArray): { y: NDArray; n: NDArray } => ({ y: s.w.mul(scale), n: s.n }), {
    forward: (s, scale) => [
      { y: s.w.mul(scale), n: s.n },
      { w: s.w, scale, none: null },
    ],
    backward: ({ scale, none }, ct) => {
      seen.push(none, ct.n.dtype);
      return [{ w: ct.y.mul(scale).mul(2), n: ct.n }, null];
    },
  });

  test("trees, with integers among them; null is no gradient", () => {
    const loss = (w: NDArray, scale: NDArray): NDArray => tree({ w, n: i32(7) }, scale).y.sum();
    expectClose(grad(loss)(x, f64(3, 3)), [6, 6]);
    expect(seen).toEqual([null, "int32"]);
    expectClose(grad(loss, { argnums: 1 })(x, f64(3, 3)), [0, 0]);
    expectClose(vmap(grad(loss))(np.stack([x, x]), np.stack([x, x])).reshape([4]), [2, 4, 2, 4]);
    const [, pull] = vjp((s: State) => tree(s, f64(3, 3)), [{ w: x, n: i32(7) }]);
    expect(contents(pull({ y: f64(1, 1), n: i32(0) }))).toEqual({ "[0].n": [0], "[0].w": [6, 6] });
  });

  test("static arguments reach both rules", () => {
    const apply = customVjp((g: (y: NDArray) => NDArray, y: NDArray, factor: string) => (factor === "x" ? g(y) : y), {
      nondiffArgnums: [0, 2],
      forward: (g, y) => [g(y), { y }],
      backward: ({ y }, ct, g, factor) => {
        assert<Equal<typeof factor, string>>();
        return [null, g(ct).add(y.mul(factor === "x" ? 0 : 1)), null];
      },
    });
    const loss = (y: NDArray): NDArray => apply((z) => z.mul(3), y, "x").sum();
    expectClose(grad(loss)(x), [3, 3]);
    expectClose(jit(grad(loss))(x), [3, 3]);
    expectClose(vmap(grad((y: NDArray) => apply((z) => z.mul(3), y, "x")))(x), [3, 3]);
  });

  test("integer arguments need no mark", () => {
    const take = customVjp((y: NDArray, i: NDArray) => np.take(y, i), {
      forward: (y, i) => [np.take(y, i), { y, i }],
      backward: ({ y, i }, ct) => [np.zerosLike(y).at(i).add(ct), null],
    });
    expectClose(grad((y: NDArray) => take(y, i32(1, 1)).sum())(x), [0, 2]);
    expectClose(
      vmap(
        grad((y: NDArray, i: NDArray) => take(y, i)),
        { inAxes: [null, 0] },
      )(x, i32(0, 1)).reshape([4]),
      [1, 0, 0, 1],
    );
  });

  test("with the rule first, it waits for the function", () => {
    const clipped = customVjp({
      forward: (y: NDArray) => [y, null] as const,
      backward: (_: null, ct: NDArray) => [np.clip(ct, -1, 1)] as const,
    });
    const f = pipe((y: NDArray) => y, clipped);
    expectClose(grad((y: NDArray) => f(y).mul(f64(0.5, 7)).sum())(x), [0.5, 1]);
  });

  test("a forward that reads values works where it has them", () => {
    const root: (a: NDArray) => NDArray = customVjp(
      (a: NDArray) => {
        let z = a;
        while (Math.abs(z.mul(z).sub(a).item()) > 1e-12) z = z.add(a.div(z)).div(2);
        return z;
      },
      {
        forward: (a) => {
          const z = root(a);
          return [z, z];
        },
        backward: (z, ct) => [ct.div(z.mul(2))],
      },
    );
    const two = np.array(2, { dtype: "float64" });
    expect(root(two).item()).toBeCloseTo(Math.SQRT2, 12);
    expect(grad(root)(two).item()).toBeCloseTo(0.5 / Math.SQRT2, 12);
    expect(grad(grad(root))(two).item()).toBeCloseTo(-0.25 / 2 / Math.SQRT2, 12);
    expect(() => jit(grad(root))(two)).toThrow(/^item: expected a concrete array/);
  });
});

describe("forward mode", () => {
  const rule = {
    forward: (y: NDArray) => [y.sin(), y] as const,
    backward: (y: NDArray, ct: NDArray) => [ct.mul(y.cos()).mul(10)] as const,
  };

  test("without a jvp it throws, at the user's line, compiled too", () => {
    const f = customVjp(function wave(y: NDArray) {
      return y.sin();
    }, rule);
    for (const derivative of [() => jvp(f, [x], [x]), () => jvp(jit(f), [x], [x]), () => jit((y: NDArray) => jvp(f, [y], [y])[1])(x)]) {
      expect(derivative).toThrow(NotDifferentiableError);
      expect(derivative).toThrow(/^customVjp of wave: expected reverse mode[^]*at: .*customVjp\.test\.ts/);
    }
  });

  test("with a jvp each mode has its own rule", () => {
    const f = customVjp((y: NDArray) => y.sin(), { ...rule, jvp: ([y], [dy]) => [y.sin(), dy.mul(y.cos()).mul(100)] });
    const cosine = [Math.cos(1), Math.cos(2)];
    expectClose(
      jvp(f, [x], [f64(1, 1)])[1],
      cosine.map((c) => 100 * c),
    );
    expectClose(
      jvp(jit(f), [x], [f64(1, 1)])[1],
      cosine.map((c) => 100 * c),
    );
    expectClose(
      grad((y: NDArray) => f(y).sum())(x),
      cosine.map((c) => 10 * c),
    );
    expectClose(
      grad((y: NDArray) => jit(f)(y).sum())(x),
      cosine.map((c) => 10 * c),
    );
    expectClose(
      vmap((y: NDArray) => jvp(f, [y], [np.array(1, { dtype: "float64" })])[1])(x),
      cosine.map((c) => 100 * c),
    );
  });
});

describe("what is closed over", () => {
  const scaled = (w: NDArray) =>
    customVjp((y: NDArray) => y.mul(w), { forward: (y) => [y.mul(w), null], backward: (_, ct) => [ct.mul(w).mul(2)] });

  test("is constant for the rule, so differentiating it throws", () => {
    const loss = (w: NDArray): NDArray => scaled(w)(x).sum();
    for (const derivative of [grad(loss), grad(jit(loss)), jit(grad(loss)), vmap(grad(loss), { inAxes: null, axisSize: 2 })]) {
      expect(() => derivative(x)).toThrow(
        /^customVjp of anonymous: expected derivatives with respect to its arguments, got one with respect to a float64\[2\] that the function closes over\.\n {2}pass that value as an argument/,
      );
    }
  });

  test("is the right value in every other nesting, whenever the rules run", () => {
    const w = f64(3, 5);
    const expected = [6, 10];
    expectClose(jit((v: NDArray) => grad((y: NDArray) => scaled(v)(y).sum())(x))(w), expected);
    expectClose(jit((v: NDArray) => grad((y: NDArray) => jit(scaled(v))(y).sum())(x))(w), expected);
    expectClose(vmap((v: NDArray) => grad((y: NDArray) => scaled(v)(y))(np.array(1, { dtype: "float64" })))(w), expected);
    expectClose(grad((y: NDArray) => vmap((v: NDArray, z: NDArray) => scaled(v)(z))(w, y).sum())(x), expected);
    expectClose(grad((y: NDArray) => vmap((v: NDArray, z: NDArray) => jit(scaled(v))(z))(w, y).sum())(x), expected);
    // A backward that gives back the closed-over value itself.
    const itself = (v: NDArray) => customVjp((y: NDArray) => y.mul(v), { forward: (y) => [y.mul(v), null], backward: () => [v] });
    expectClose(grad((y: NDArray) => vmap((v: NDArray, z: NDArray) => itself(v)(z))(w, y).sum())(x), [3, 5]);
  });
});

describe("what is wrong is said", () => {
  type Loss = (w: NDArray) => unknown;
  const y = f64(1, 2);
  const withRule = (forward: unknown, backward: unknown): Loss => {
    const f = untyped(customVjp)(
      function scaled({ w }: { w: NDArray }) {
        return { y: w.mul(2) };
      },
      { forward, backward },
    ) as (s: { w: NDArray }) => { y: NDArray };
    return grad((w: NDArray) => f({ w }).y.sum());
  };
  const keep = ({ w }: { w: NDArray }): unknown => [{ y: w.mul(2) }, w];

  test.each([
    ["no pair", () => ({ y }), CustomRuleError, /^customVjp of scaled: expected a list \[value, residuals\] from forward, got .*object/],
    [
      "residuals that are no arrays",
      () => [{ y }, { a: [y, "text"] }],
      TreeError,
      /at the residuals from forward\.a\[1\], got the string "text"/,
    ],
    ["another value", () => [{ z: y }, y], TreeError, /\.y: array in the function's result, missing in a value from forward/],
    [
      "a value of another shape",
      () => [{ y: f64(1) }, y],
      ShapeError,
      /expected a value from forward of type float64\[2\] at the function's result\.y, got float64\[1\]/,
    ],
  ] as const)("forward: %s", (_, forward, kind, message) => {
    const derivative = withRule(forward, () => [null]);
    expect(() => derivative(x)).toThrow(kind);
    expect(() => derivative(x)).toThrow(message);
  });

  test.each([
    ["no list", () => ({ w: y }), CustomRuleError, /expected a list from backward with one entry, for the one argument, got .*object/],
    ["a list too long", () => [{ w: y }, y], CustomRuleError, /one entry, for the one argument, got a list of 2/],
    ["another tree", () => [y], TreeError, /record in argument 0, array in a cotangent from backward/],
    [
      "another shape",
      () => [{ w: f64(1) }],
      ShapeError,
      /expected a cotangent from backward of type float64\[2\] at argument 0\.w, got float64\[1\]/,
    ],
    [
      "another dtype",
      () => [{ w: f32(1, 2) }],
      DTypeError,
      /expected a cotangent from backward of type float64\[2\] at argument 0\.w, got float32\[2\]/,
    ],
  ] as const)("backward: %s", (_, backward, kind, message) => {
    const derivative = withRule(keep, backward);
    expect(() => derivative(x)).toThrow(kind);
    expect(() => derivative(x)).toThrow(message);
    expect(() => jit(derivative)(x)).toThrow(message);
  });

  test("a cotangent for a static argument", () => {
    const f = customVjp((y: NDArray, label: string) => (label === "" ? y : y.neg()), {
      nondiffArgnums: 1,
      forward: (z) => [z, null],
      backward: (_, ct) => [ct, ct as unknown as null],
    });
    expect(() => grad((z: NDArray) => f(z, "").sum())(x)).toThrow(
      "expected null from backward for argument 1, which nondiffArgnums names, got an array",
    );
  });

  test("no rule, half a rule, a misspelt option", () => {
    const f = (z: NDArray): NDArray => z;
    expect(() => untyped(customVjp)(f, {})).toThrow(
      "customVjp: expected a rule of two functions, forward and backward, and perhaps a third, jvp, got none called forward.",
    );
    expect(() => untyped(customVjp)(f, { forward: f })).toThrow("got none called backward");
    expect(() => untyped(customVjp)(f, { forward: f, backward: f, jvp: 1 })).toThrow("got a jvp that is no function");
    expect(() => untyped(customVjp)(f, { fwd: f, backward: f })).toThrow(
      "customVjp: expected options among forward, backward, jvp, nondiffArgnums, got fwd.",
    );
    expect(() => untyped(customVjp)(f)).toThrow(OptionError);
    const g = untyped(customVjp)(f, { forward: f, backward: f, nondiffArgnums: 3 }) as (z: NDArray) => NDArray;
    expect(() => g(x)).toThrow("nondiffArgnums: distinct positions among the one argument of the call");
  });
});
