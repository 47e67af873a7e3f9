// customBatching and closureConvert.

import { describe, expect, test } from "vitest";
import {
  CustomRuleError,
  type NDArray,
  OptionError,
  TreeError,
  closureConvert,
  customBatching,
  customVjp,
  grad,
  jit,
  jvp,
  numpy as np,
  vmap,
} from "../../../src/index.js";
import { contents, expectClose, f64, untyped } from "../arrays.js";

const xs = np.array([1, 2, 3], { dtype: "float64" });

describe("customBatching", () => {
  // The rule adds a mark, so that its use shows.
  const f = customBatching((x: NDArray, y: NDArray) => x.mul(y), {
    batch: (size, isBatched, x, y) => [x.mul(y).add(size * 100), isBatched[0] || isBatched[1]],
  });

  test("the rule runs where there is a batch, and only there", () => {
    expectClose(f(xs, xs), [1, 4, 9]);
    expectClose(jit(f)(xs, xs), [1, 4, 9]);
    for (const g of [vmap(f), jit(vmap(f)), vmap(jit(f))]) expectClose(g(xs, xs), [301, 304, 309]);
    expectClose(vmap(f, { inAxes: [0, null] })(xs, np.array(2, { dtype: "float64" })), [302, 304, 306]);
  });

  test("the rule sees what is batched, on axis 0", () => {
    const seen: unknown[] = [];
    const g = customBatching((s: { a: NDArray; b: NDArray }, c: NDArray) => ({ out: s.a.add(s.b).add(c), c }), {
      batch: (size, isBatched, s, c) => {
        seen.push(size, isBatched, s.a.shape, s.b.shape, c.shape);
        return [
          { out: s.a.add(s.b).add(c), c },
          { out: true, c: false },
        ];
      },
    });
    const found = vmap(g, { inAxes: [{ a: 1, b: null }, null] })({ a: np.ones([2, 3]), b: np.ones([2]) }, np.array(5));
    expect(seen).toEqual([3, [{ a: true, b: false }, false], [3, 2], [2], []]);
    expect(contents(found)).toEqual({
      ".c": [5, 5, 5],
      ".out": [
        [7, 7],
        [7, 7],
        [7, 7],
      ],
    });
  });

  test("derivatives: forward mode through the rule, reverse mode through the function", () => {
    const cubed = customBatching((x: NDArray) => x.mul(x), { batch: (_, [isBatched], x) => [x.mul(x).mul(x), isBatched] });
    const one = np.ones([3], { dtype: "float64" });
    expectClose(jvp(cubed, [xs], [one])[1], [2, 4, 6]);
    expectClose(vmap((x: NDArray, dx: NDArray) => jvp(cubed, [x], [dx])[1])(xs, one), [3, 12, 27]);
    expectClose(jvp(vmap(cubed), [xs], [one])[1], [3, 12, 27]);
    expectClose(grad((x: NDArray) => vmap(cubed)(x).sum())(xs), [3, 12, 27]);
    expectClose(vmap(grad(cubed))(xs), [2, 4, 6]);
    // Tangents that are batched where the point is not.
    expectClose(vmap((dx: NDArray) => jvp(cubed, [np.array(2, { dtype: "float64" })], [dx])[1])(xs), [12, 24, 36]);
  });

  test("what is wrong is said", () => {
    const g = (batch: unknown) => vmap(untyped(customBatching)((x: NDArray) => x, { batch }) as (x: NDArray) => NDArray);
    expect(() => g(() => xs)(xs)).toThrow(
      "customBatching of an anonymous function: expected a list [value, isBatched] from batch, got an array.",
    );
    expect(() => g(() => [xs.sum(), true])(xs)).toThrow(CustomRuleError);
    expect(() => g(() => [xs.sum(), true])(xs)).toThrow(
      "expected float64[3] at the value from batch, which carries the batch, got float64[].",
    );
    expect(() => g((_: number, __: unknown, x: NDArray) => [x, false])(xs)).toThrow("which does not carry the batch, got float64[3]");
    expect(() => g(() => [[xs], true])(xs)).toThrow(TreeError);
    expect(() => untyped(customBatching)((x: NDArray) => x, {})).toThrow("customBatching: expected a rule: a function batch, got none.");
    const closing = (w: NDArray) => customBatching((x: NDArray) => x.mul(w), { batch: (_, [is], x) => [x.mul(w), is] });
    expect(() => vmap((w: NDArray, x: NDArray) => closing(w)(x))(xs, xs)).toThrow(
      "got a batch of float64[3] that the function closes over",
    );
    expectClose(jit((w: NDArray) => vmap((x: NDArray) => closing(w)(x))(xs))(np.array(2)), [2, 4, 6]);
  });
});

describe("closureConvert", () => {
  test("what is traced becomes arguments, so that a rule can say its derivative", () => {
    // Evaluates g at x, and its gradient is marked, with respect to what g closes over too.
    const apply = (g: (x: NDArray) => NDArray, x: NDArray): NDArray => {
      const [converted, consts] = closureConvert(g, x);
      const marked = customVjp((y: NDArray, ws: NDArray[]) => converted(y, ...ws), {
        forward: (y, ws) => [converted(y, ...ws), ws],
        backward: (ws, ct) => [ct.mul(10), ws.map((w) => w.mul(ct))],
      });
      return marked(x, consts);
    };
    const loss = (w: NDArray, x: NDArray): NDArray => apply((y) => y.mul(w).add(xs), x).sum();
    for (const f of [loss, jit(loss)]) {
      const [dw, dx] = grad(f, { argnums: [0, 1] })(f64(5, 6, 7), xs);
      expectClose(dw, [5, 6, 7]);
      expectClose(dx, [10, 10, 10]);
    }
  });

  test("what is not traced stays inside", () => {
    const [converted, consts] = closureConvert((x: NDArray) => x.mul(xs), xs);
    expect(consts).toEqual([]);
    expectClose(converted(f64(2, 2, 2)), [2, 4, 6]);
    expect(() => untyped(converted)(xs, xs)).toThrow(OptionError);
    expect(() => untyped(converted)(xs, xs)).toThrow(
      "closureConvert: expected 1 arguments of the function, then the 0 values that it closed over, got 2.",
    );
    expect(() => untyped(converted)([xs])).toThrow(TreeError);
    expect(() => untyped(closureConvert)(3)).toThrow("closureConvert: expected a function, got a number.");
  });
});
