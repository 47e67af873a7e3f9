// lax.whileLoop and lax.foriLoop: values, forward mode, reverse mode with a bound, and batches that end at different times.

import { describe, expect, test } from "vitest";
import { type NDArray, grad, jacfwd, jit, jvp, lax, linearize, makeJaxpr, numpy as np, vjp, vmap } from "../../../src/index.js";
import { expectClose, f64, i32 } from "../arrays.js";
import { expectSameFunction, summed, underBoth, unrolled } from "./loops.js";

const t = np.array(0.1, { dtype: "float64" });
const number = (value: number): NDArray => np.array(value, { dtype: "float64" });

underBoth(() => {
  /** Newton's iteration for √a, until the residual is small: the number of steps depends on a. */
  const root =
    (options: { maxSteps?: number }) =>
    (a: NDArray): NDArray =>
      lax.whileLoop(
        (r) => np.abs(r.mul(r).sub(a)).greater(1e-14),
        (r) => r.add(a.div(r)).mul(0.5),
        a.mul(0).add(1),
        options,
      );

  describe("whileLoop", () => {
    test("runs until the condition fails, never, or for maxSteps", () => {
      const double = (start: number, maxSteps?: number): number =>
        lax
          .whileLoop(
            (c: NDArray) => c.less(100),
            (c: NDArray) => c.mul(2),
            np.array(start),
            maxSteps === undefined ? {} : { maxSteps },
          )
          .item();
      expect([double(3), double(300), double(3, 2), double(3, 0), double(3, 50)]).toEqual([192, 300, 12, 3, 192]);
    });

    test("takes any tree, and numbers whose dtype comes from the body", () => {
      const { n, x } = lax.whileLoop(
        (c) => c.n.less(3),
        (c) => ({ n: c.n.add(i32(1).sum()), x: [c.x[0].mul(2), c.x[0]] }),
        { n: 0, x: [f64(1, 2), f64(0, 0)] },
      );
      expect([n.item(), n.dtype, x[0].toArray(), x[1].toArray()]).toEqual([3, "int32", [8, 16], [4, 8]]);
    });

    test("forward mode without a bound, and through linearize", () => {
      const f = root({});
      for (const at of [2, 9, 0.3]) {
        const slope = 0.5 / Math.sqrt(at);
        expectClose(f(number(at)), [Math.sqrt(at)], 1e-13);
        expectClose(jvp(f, [number(at)], [number(1)])[1], [slope], 1e-7);
        expectClose(jacfwd(f)(number(at)), [slope], 1e-7);
        expectClose(linearize(f, [number(at)])[1](number(1)), jvp(f, [number(at)], [number(1)])[1], 1e-13);
        expectClose(jit(jacfwd(f))(number(at)), jacfwd(f)(number(at)), 1e-13);
      }
    });

    test("linearize of loops whose condition or body reads for nothing what they could do without", () => {
      const start = [i32(0).sum(), f64(1, 2)] as const;
      const unread = (x: NDArray): NDArray =>
        lax.whileLoop(
          ([n, , z]) => [z.mul(2), n.less(3)][1],
          ([n, y, z]) => [n.add(1), y.mul(y), z.mul(3)],
          [start[0], x, x.mul(2)],
        )[1];
      const next = jit((n: NDArray, y: NDArray): NDArray => [y.mul(2), n.add(1)][1]);
      const inCall = (x: NDArray): NDArray =>
        lax.whileLoop(
          ([n]) => n.less(3),
          ([n, y]) => [next(n, y), y.mul(y)],
          [start[0], x],
        )[1];
      for (const f of [unread, inCall]) {
        const [y, derivative] = linearize(f, [start[1]]);
        expect([y.toArray(), derivative(f64(1, 1)).toArray()]).toEqual([
          [1, 256],
          [8, 1024],
        ]);
      }
    });

    test("reverse mode with maxSteps, to second order and nested", () => {
      const loop = (a: NDArray, x: NDArray): NDArray => {
        const { y, s } = lax.whileLoop(
          (c) => c.n.less(4),
          (c) => ({ n: c.n.add(1), y: np.sin(c.y).mul(a), s: c.s.add(c.y.sum()) }),
          { n: np.array(0, { dtype: "int32" }), y: x, s: number(0) },
          { maxSteps: 7 },
        );
        return summed(y, s);
      };
      const direct = (a: NDArray, x: NDArray): NDArray => {
        let [y, s] = [x, number(0)];
        for (let n = 0; n < 4; n++) [y, s] = [np.sin(y).mul(a), s.add(y.sum())];
        return summed(y, s);
      };
      expectSameFunction(loop, direct, [f64(0.9, 1.3), f64(0.2, -0.6)], t);
      expectClose(grad(root({ maxSteps: 60 }))(number(9)), jvp(root({}), [number(9)], [number(1)])[1], 1e-12);
    });

    test("under vmap each example ends at its own time", () => {
      const starts = f64(3, 50, 300, 99);
      const double = (c: NDArray): NDArray =>
        lax.whileLoop(
          (x: NDArray) => x.less(100),
          (x: NDArray) => x.mul(2),
          c,
          { maxSteps: 9 },
        );
      expect(vmap(double)(starts).toArray()).toEqual([192, 100, 300, 198]);
      expect(vmap(grad(double))(starts).toArray()).toEqual([64, 2, 1, 2]);
      expect(grad((c: NDArray) => vmap(double)(c).sum())(starts).toArray()).toEqual([64, 2, 1, 2]);
      expectClose(vmap(root({}))(f64(2, 9, 100)), [Math.SQRT2, 3, 10], 1e-12);
      // Trip counts from a closed-over limit; the part of the carry that the body passes on has no batch.
      const count = (limit: NDArray) =>
        lax.whileLoop(
          ({ n }) => n.less(limit),
          ({ n, keep }) => ({ n: n.add(1), keep }),
          { n: np.array(0, { dtype: "int32" }), keep: f64(1, 2) },
        );
      expect(vmap((limit: NDArray) => count(limit).n)(i32(0, 5, 2)).toArray()).toEqual([0, 5, 2]);
      expect(String(makeJaxpr(vmap(count))(i32(0, 5, 2)))).toMatch(/f64\[2\] \w+:i32\[3\] = while\[/);
    });

    test("an unbatched condition stays one number", () => {
      const f = (x: NDArray): NDArray =>
        lax.whileLoop(
          ([n]) => n.less(3),
          ([n, y]) => [n.add(1), y.mul(2)],
          [np.array(0), x],
        )[1];
      expect(vmap(f)(f64(1, 2)).toArray()).toEqual([8, 16]);
      expect(String(makeJaxpr(vmap(f))(f64(1, 2)))).not.toMatch(/reduce_or|select_n/);
    });
  });

  describe("foriLoop", () => {
    const power =
      (n: NDArray | number, from: NDArray | number = 0) =>
      (x: NDArray): NDArray =>
        lax.foriLoop(from, n, (i: NDArray, c: NDArray) => c.mul(x).add(i), np.ones([], { dtype: "float64" }));
    const direct =
      (n: number, from = 0) =>
      (x: NDArray): NDArray => {
        let c: NDArray = number(1);
        for (let i = from; i < n; i++) c = c.mul(x).add(i);
        return c;
      };

    test("bounds that are known make a scan, so reverse mode works", () => {
      expectSameFunction(
        (x) => power(5, 2)(x),
        (x) => direct(5, 2)(x),
        [number(0.7)],
        t,
      );
      expect(power(2, 5)(number(3)).item()).toBe(1);
      expect(power(np.array(4, { dtype: "int32" }))(number(2)).item()).toBe(direct(4)(number(2)).item());
    });

    test("traced bounds make a while: values and forward mode", () => {
      const f = jit((n: NDArray, x: NDArray) => power(n)(x));
      for (const n of [0, 1, 4]) {
        const count = np.array(n, { dtype: "int32" });
        expectClose(f(count, number(0.7)), direct(n)(number(0.7)), 1e-14);
        expectClose(jvp((x: NDArray) => f(count, x), [number(0.7)], [number(1)])[1], grad(direct(n))(number(0.7)), 1e-13);
      }
      expectClose(
        vmap((n: NDArray) => power(n)(number(2)))(i32(0, 1, 4)),
        [0, 1, 4].map((n) => direct(n)(number(2)).item()),
        1e-14,
      );
    });

    test("the body is traced once for an eager loop of calls", () => {
      let traces = 0;
      const body = (i: NDArray, c: NDArray): NDArray => {
        traces++;
        return c.add(i);
      };
      for (let n = 0; n < 4; n++) expect(lax.foriLoop(0, n, body, 0).item()).toBe([0, 0, 1, 3][n]);
      expect(traces).toBe(1);
    });
  });

  test("a cond in a while in a scan, closing over tracers of each, in every mode", () => {
    const inner =
      (a: NDArray, x: NDArray, n: number) =>
      (y: NDArray): NDArray =>
        n % 2 === 0 ? np.sin(y).mul(a) : y.mul(x).add(np.cos(a));
    const loop = (a: NDArray, c: NDArray, x: NDArray): NDArray => {
      const step = (y: NDArray, slice: NDArray): readonly [NDArray, NDArray] => {
        const [last, n] = lax.whileLoop(
          ([, n]) => n.less(3),
          ([z, n]) => [lax.cond(np.equal(n.mod(2), 0), inner(a, slice, 0), inner(a, slice, 1), z), n.add(1)],
          [y, np.array(0, { dtype: "int32" })],
          { maxSteps: 4 },
        );
        return [last, y.mul(n)];
      };
      return summed(...lax.scan(step, c, x));
    };
    const direct = (a: NDArray, c: NDArray, x: NDArray): NDArray => {
      const step = (y: NDArray, slice: NDArray): readonly [NDArray, NDArray] => {
        let z = y;
        for (let n = 0; n < 3; n++) z = inner(a, slice, n)(z);
        return [z, y.mul(3)];
      };
      return summed(...unrolled(step, c, x));
    };
    expectSameFunction(loop, direct, [f64(0.9, 0.4), f64(0.5, -0.2), f64(0.3, 1.1)], t);
  });

  test("a pullback through a bounded loop may be used again", () => {
    const [, pull] = vjp(root({ maxSteps: 30 }), [number(4)]);
    expect(pull(1)[0].item()).toBe(pull(1)[0].item());
  });
});
