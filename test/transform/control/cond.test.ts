// lax.cond and lax.switch: values, derivatives, batches of which the examples choose differently, and what is computed when.

import { describe, expect, test } from "vitest";
import { type NDArray, checkpoint, grad, hessian, jit, jvp, lax, linearize, makeJaxpr, numpy as np, vmap } from "../../../src/index.js";
import { expectClose, f64, i32 } from "../arrays.js";
import { expectSameFunction, summed, underBoth } from "./loops.js";

const x = f64(0.3, -0.7);
const y = f64(1.2, 0.4);
const t = np.array(0.1, { dtype: "float64" });
const on = (p: boolean): NDArray => np.array(p);

underBoth(() => {
  const yes = (a: NDArray, b: NDArray) => ({ u: np.sin(a).mul(b), v: b });
  const no = (a: NDArray, b: NDArray) => ({ u: a.mul(a).sub(np.exp(b)), v: a.mul(2) });
  const both = (p: NDArray | boolean, a: NDArray, b: NDArray) => lax.cond(p, yes, no, a, b);

  describe("values", () => {
    test("are those of the branch that holds, eagerly and compiled, for arrays and booleans", () => {
      for (const p of [true, false]) {
        const expected = p ? yes(x, y) : no(x, y);
        for (const found of [both(p, x, y), both(on(p), x, y), jit(both)(on(p), x, y)]) {
          expectClose(found.u, expected.u, 1e-15);
          expectClose(found.v, expected.v, 1e-15);
        }
      }
    });

    test("switch moves its index to the nearest branch", () => {
      const branches = [0, 1, 2].map((k) => (a: NDArray) => a.add(10 * k));
      const at = (i: NDArray | number): unknown => lax.switch(i, branches, np.array(1)).item();
      expect([-7, 0, 1, 2, 3].map((i) => at(i))).toEqual([1, 1, 11, 21, 21]);
      expect([at(np.array(2, { dtype: "int8" })), at(np.array(4e9, { dtype: "uint32" }))]).toEqual([21, 21]);
      expect(vmap((i: NDArray) => lax.switch(i, branches, np.array(1)))(i32(-1, 0, 1, 2, 5)).toArray()).toEqual([1, 1, 11, 21, 21]);
      expect(lax.switch(0, [() => np.array(3)]).item()).toBe(3);
    });

    test("a number among the operands keeps its digits and its weak type", () => {
      const f = (a: NDArray, rate: NDArray | number): NDArray =>
        lax.cond(
          true,
          (b: NDArray, r: NDArray) => b.mul(r),
          (b) => b,
          a,
          rate,
        );
      expect([f(f64(1), 0.1).item(), jit(f)(f64(1), 0.1).item()]).toEqual([0.1, 0.1]);
      expect([f(i32(2), 3).dtype, f(np.array(2), 0.1).dtype]).toEqual(["int32", "float32"]);
      expect(grad((r: NDArray) => f(f64(2), r).sum())(0.1).item()).toBe(2);
    });
  });

  describe("derivatives", () => {
    test.each([true, false])("in every mode, where the predicate is %s", (p) => {
      const whole = (a: NDArray, b: NDArray): NDArray => {
        const { u, v } = both(on(p), a, b);
        return summed(u, v);
      };
      const direct = (a: NDArray, b: NDArray): NDArray => {
        const { u, v } = (p ? yes : no)(a, b);
        return summed(u, v);
      };
      expectSameFunction(whole, direct, [x, y], t);
      const closing = (a: NDArray, b: NDArray): NDArray =>
        lax.cond(
          on(p),
          () => summed(yes(a, b).u, yes(a, b).v),
          () => summed(no(a, b).u, no(a, b).v),
        );
      expectSameFunction(closing, direct, [x, y], t);
    });

    test("of a predicate that depends on what is differentiated", () => {
      const f = (a: NDArray): NDArray =>
        lax.cond(
          a.greater(0),
          (b: NDArray) => np.sin(b),
          (b: NDArray) => b.mul(b),
          a,
        );
      for (const at of [0.5, -0.5]) {
        const a = np.array(at, { dtype: "float64" });
        expectClose(grad(f)(a), [at > 0 ? Math.cos(at) : 2 * at], 1e-14);
        expectClose(jit(grad(checkpoint(f)))(a), [at > 0 ? Math.cos(at) : 2 * at], 1e-14);
        expectClose(hessian(f)(a), [at > 0 ? -Math.sin(at) : 2], 1e-14);
        expectClose(linearize(f, [a])[1](a), [at * (at > 0 ? Math.cos(at) : 2 * at)], 1e-14);
        expectClose(jvp(jit(f), [a], [a])[1], [at * (at > 0 ? Math.cos(at) : 2 * at)], 1e-14);
      }
      // Each example by its own branch.
      const at = f64(0.5, -0.5, 2);
      const expected = [Math.cos(0.5), -1, Math.cos(2)];
      for (const g of [vmap(grad(f)), jit(vmap(grad(f))), grad((a: NDArray) => vmap(f)(a).sum())]) expectClose(g(at), expected, 1e-14);
    });

    test("no infinity of the branch that is not taken comes through", () => {
      const safe = (a: NDArray): NDArray =>
        lax.cond(
          a.greater(0),
          (b: NDArray) => np.sqrt(b),
          () => np.array(0, { dtype: "float64" }),
          a,
        );
      expect(grad(safe)(np.array(0, { dtype: "float64" })).item()).toBe(0);
      expect(vmap(grad(safe))(f64(0, 4)).toArray()).toEqual([0, 0.25]);
    });
  });

  test("an unbatched predicate stays a choice; a batched one selects, but for what every branch passes on", () => {
    const f = (p: NDArray, a: NDArray, b: NDArray): readonly NDArray[] =>
      lax.cond(
        p,
        (u: NDArray, v: NDArray) => [np.sin(u), v],
        (u: NDArray, v: NDArray) => [u, v],
        a,
        b,
      );
    const stay = String(makeJaxpr(vmap(f, { inAxes: [null, 0, 0] }))(on(true), np.ones([3]), np.ones([3])));
    expect(stay).toMatch(/cond\[/);
    expect(stay).not.toMatch(/select_n/);
    const choose = String(makeJaxpr(vmap(f, { inAxes: [0, 0, 0] }))(np.array([true, false, true]), np.ones([3]), np.ones([3])));
    expect(choose).not.toMatch(/cond\[/);
    expect(choose.match(/select_n/g)).toHaveLength(1);
  });

  test("residuals of one type share a place in different branches, and unread outputs go", () => {
    const f = (p: NDArray, a: NDArray): NDArray =>
      lax
        .cond(
          p,
          (b: NDArray) => np.sin(b),
          (b: NDArray) => np.exp(b),
          a,
        )
        .sum();
    const text = String(makeJaxpr((p: NDArray, a: NDArray) => grad((b: NDArray) => f(p, b))(a))(on(true), f64(1, 2, 3)));
    // The known choice gives its value and one residual, the other reads one.
    expect(text).toMatch(/\w+:f64\[3\] \w+:f64\[3\] = cond\[/);
    expect(text.match(/= cond\[/g)).toHaveLength(2);
    expect(text).not.toMatch(/broadcast_in_dim 0\.0/);
  });
});
