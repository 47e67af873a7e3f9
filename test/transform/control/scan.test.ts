// lax.scan against the loop unrolled in JavaScript: values, trees, and derivatives in every mode and nesting.

import { describe, expect, test } from "vitest";
import { type NDArray, checkpoint, grad, jit, jvp, lax, makeJaxpr, numpy as np, vjp, vmap } from "../../../src/index.js";
import { expectClose, f32, f64, i32 } from "../arrays.js";
import { expectSameFunction, summed, underBoth, unrolled } from "./loops.js";

const xs = f64(0.3, -0.7, 1.1, 0.2);
const c0 = f64(0.5, -0.2);
const w = f64(0.9, 0.4);
const t = np.array(0.1, { dtype: "float64" });

underBoth(() => {
  const step =
    (a: NDArray) =>
    (c: NDArray, x: NDArray): [NDArray, NDArray] => {
      const next = np.tanh(c.mul(a).add(x));
      return [next, next.mul(c).add(np.sin(x))];
    };

  describe("values", () => {
    test.each([false, true])("are those of the unrolled loop, reverse: %s", (reverse) => {
      const [carry, ys] = lax.scan(step(w), c0, xs, { reverse });
      const [carry2, ys2] = unrolled(step(w), c0, xs, reverse);
      expectClose(carry, carry2, 1e-15);
      expectClose(ys, ys2, 1e-15);
      expect(ys.shape).toEqual([4, 2]);
    });

    test("any trees for carry, xs and ys, null among them", () => {
      const [carry, ys] = lax.scan(
        ({ n, pair: [a, b] }, { x }) => [
          { n: n.add(1), pair: [b, a.add(x)] },
          { seen: a, none: null },
        ],
        { n: np.array(0, { dtype: "int32" }), pair: [np.array(0), np.array(1)] },
        { x: f32(1, 2, 3) },
      );
      expect(carry.n.item()).toBe(3);
      expect(carry.pair.map((x) => x.item())).toEqual([3, 4]);
      expect(ys.seen.toArray()).toEqual([0, 1, 1]);
      expect(ys.none).toBeNull();
    });

    test("no xs, no ys, no carry", () => {
      const [power, none] = lax.scan((c: NDArray) => [c.mul(2), null], np.array(1), null, { length: 5 });
      expect([power.item(), none]).toEqual([32, null]);
      const [nothing, squares] = lax.scan((_, x) => [undefined, x.mul(x)], undefined, i32(1, 2, 3));
      expect([nothing, squares.toArray(), squares.dtype]).toEqual([undefined, [1, 4, 9], "int32"]);
    });

    test("no steps: the carry as it came, and ys of length 0", () => {
      const [carry, ys] = lax.scan(step(w), c0, np.zeros([0], { dtype: "float64" }));
      expect(carry.toArray()).toEqual(c0.toArray());
      expect(ys.aval).toEqual({ shape: [0, 2], dtype: "float64" });
      const loss = (a: NDArray, c: NDArray): NDArray => summed(...lax.scan(step(a), c, np.zeros([0], { dtype: "float64" })));
      const [da, dc] = grad(loss, { argnums: [0, 1] })(w, c0);
      expect([da.toArray(), dc.toArray()]).toEqual([
        [0, 0],
        [1, 1],
      ]);
    });

    test.each([1, 2, 3, 7, true, false])("unroll: %s changes nothing", (unroll) => {
      const [carry, ys] = lax.scan(step(w), c0, xs, { unroll });
      const [carry2, ys2] = lax.scan(step(w), c0, xs);
      expect([carry.toArray(), ys.toArray()]).toEqual([carry2.toArray(), ys2.toArray()]);
    });

    test("a number as the carry takes the dtype that comes back", () => {
      const sum = (x: NDArray): NDArray => lax.scan((c, y: NDArray) => [c.add(y), null], 0, x)[0];
      expect([sum(f64(0.1, 0.2)), sum(i32(1, 2)), sum(f32(1, 2))].map((y) => y.dtype)).toEqual(["float64", "int32", "float32"]);
      expect(sum(f64(0.1, 0.2)).item()).toBe(0.1 + 0.2);
      // One that meets integers in one place and fractions in another is float32 in both.
      const [carry, ys] = lax.scan((c, x: NDArray) => [c.add(0.5), c.add(x)], 0, i32(1, 1));
      expect([carry.item(), ys.toArray()]).toEqual([1, [1, 1.5]]);
      // A number that waits for another to be settled.
      const [pair] = lax.scan(([a, b], x: NDArray) => [[b, a.add(x)], null], [0, 1], i32(1, 2, 3));
      expect(pair.map((x) => [x.item(), x.dtype])).toEqual([
        [3, "int32"],
        [4, "int32"],
      ]);
    });

    test("a traced number that the body closes over keeps its digits", () => {
      const f = jit(
        (rate: NDArray) => lax.scan((c: NDArray, x: NDArray) => [c.add(x.mul(rate)), null], np.array(0, { dtype: "float64" }), f64(1))[0],
      );
      expect(f(0.1).item()).toBe(0.1);
    });

    test("a function is traced once for each combination of types", () => {
      let traces = 0;
      const f = (c: NDArray, x: NDArray): [NDArray, NDArray] => {
        traces++;
        return [c.add(x), c];
      };
      for (let i = 0; i < 3; i++) lax.scan(f, np.array(i), f32(1, 2));
      expect(traces).toBe(1);
      lax.scan(f, np.array(0), f32(1, 2, 3));
      expect(traces).toBe(1);
      lax.scan(f, np.array(0, { dtype: "float64" }), f64(1, 2));
      expect(traces).toBe(2);
    });
  });

  describe("derivatives", () => {
    test.each([false, true])("in every mode, reverse: %s", (reverse) => {
      expectSameFunction(
        (a, c, x) => summed(...lax.scan(step(a), c, x, { reverse })),
        (a, c, x) => summed(...unrolled(step(a), c, x, reverse)),
        [w, c0, xs],
        t,
      );
    });

    test("of checkpointed bodies, and of bodies that are jitted", () => {
      const plain = (a: NDArray, c: NDArray, x: NDArray): NDArray => summed(...unrolled(step(a), c, x));
      expectSameFunction((a, c, x) => summed(...lax.scan(checkpoint(step(a)), c, x)), plain, [w, c0, xs], t);
      expectSameFunction((a, c, x) => summed(...lax.scan(jit(step(a)), c, x)), plain, [w, c0, xs], t);
    });

    test("of a scan in a scan, and of a cond in a scan", () => {
      const few = f64(0.3, -0.7);
      const inner = (a: NDArray, scanning: boolean) => (c: NDArray, x: NDArray) => {
        const [last, ys] = scanning ? lax.scan(step(a.mul(c)), c, few.mul(x)) : unrolled(step(a.mul(c)), c, few.mul(x));
        return [last, ys.sum(0)] as const;
      };
      expectSameFunction(
        (a, c, x) => summed(...lax.scan(inner(a, true), c, x)),
        (a, c, x) => summed(...unrolled(inner(a, false), c, x)),
        [w, c0, few],
        t,
        1e-9,
      );
      const branching = (a: NDArray) => (c: NDArray, x: NDArray) => {
        const next = lax.cond(
          x.greater(0),
          (y: NDArray) => np.sin(y).mul(a),
          (y: NDArray) => y.mul(y).mul(x),
          c,
        );
        return [next, next.mul(c)] as const;
      };
      const choosing = (a: NDArray) => (c: NDArray, x: NDArray) => {
        const next = np.where(x.greater(0), np.sin(c).mul(a), c.mul(c).mul(x));
        return [next, next.mul(c)] as const;
      };
      expectSameFunction(
        (a, c, x) => summed(...lax.scan(branching(a), c, x)),
        (a, c, x) => summed(...unrolled(choosing(a), c, x)),
        [w, c0, xs],
        t,
      );
    });

    test("closures over tracers of several transforms at once", () => {
      const f = (a: NDArray): NDArray =>
        grad((b: NDArray) => summed(...lax.scan((c: NDArray, x: NDArray) => [c.mul(a).add(b.mul(x)), c.mul(b)], c0, xs)))(a.mul(2)).sum();
      const g = (a: NDArray): NDArray =>
        grad((b: NDArray) => summed(...unrolled((c, x) => [c.mul(a).add(b.mul(x)), c.mul(b)], c0, xs)))(a.mul(2)).sum();
      expectClose(grad(f)(w), grad(g)(w), 1e-10);
      expectClose(vmap(grad(f))(np.stack([w, c0])), vmap(grad(g))(np.stack([w, c0])), 1e-10);
      expectClose(jit(vmap(grad(f)))(np.stack([w, c0])), vmap(grad(g))(np.stack([w, c0])), 1e-10);
    });

    test("of integer and bool carries and xs: nothing flows, and the rest does", () => {
      const f = (a: NDArray): NDArray => {
        const [[c, n, on]] = lax.scan(
          ([y, k, flag], x: NDArray) => [[np.where(flag, y.mul(a).mul(k), y.add(x)), k.add(x), np.logicalNot(flag)], k],
          [a, np.array(1, { dtype: "int32" }), np.array(true)] as [NDArray, NDArray, NDArray],
          i32(1, 2, 3),
        );
        return c.mul(n).add(on);
      };
      // From a with k = 1: a², then a² + 2, then (a² + 2)·a·4; k ends at 7, the flag off.
      const a = 0.7;
      expectClose(grad(f)(np.array(a, { dtype: "float64" })), [28 * (3 * a * a + 2)], 1e-12);
    });
  });

  describe("vmap", () => {
    test("over any operands, the carry batched only where it must be", () => {
      const f = (a: NDArray, c: NDArray, x: NDArray) => lax.scan(step(a), c, x);
      const g = (a: NDArray, c: NDArray, x: NDArray) => unrolled(step(a), c, x);
      const axes = [
        [0, null, null],
        [null, 0, null],
        [null, null, 0],
        [null, null, 1],
        [1, 0, 1],
      ] as const;
      for (const inAxes of axes) {
        const args = [w, c0, xs].map((x, i) => (inAxes[i] === null ? x : np.stack([x, x.mul(2), x.add(1)], inAxes[i])));
        const found = vmap((...ys: NDArray[]) => f(ys[0], ys[1], ys[2]), { inAxes: [...inAxes] })(...args);
        const expected = vmap((...ys: NDArray[]) => [...g(ys[0], ys[1], ys[2])], { inAxes: [...inAxes] })(...args);
        found.forEach((y, i) => expectClose(y, expected[i], 1e-14));
      }
      const counting = makeJaxpr(
        vmap((x: NDArray) =>
          lax.scan(([n, c], y: NDArray) => [[n.add(1), c.add(y)], n], [np.array(0, { dtype: "int32" }), np.array(0)], x),
        ),
      )(np.ones([3, 4]));
      // The count has no batch.
      expect(counting.outAvals.map((a) => a.shape)).toEqual([[3], [3], [3, 4]]);
      expect(String(counting)).toMatch(/scan\[\s*jaxpr=\{ lambda ; \w+:i32\[\] \w+:f32\[3\] \w+:f32\[3\]/);
    });
  });

  test("the pullback and the derivative may be used again and again", () => {
    const [, pull] = vjp((a: NDArray) => lax.scan(step(a), c0, xs)[1], [w]);
    const ct = np.ones([4, 2], { dtype: "float64" });
    expect(pull(ct)[0].toArray()).toEqual(pull(ct)[0].toArray());
    expectClose(pull(ct.mul(2))[0], pull(ct)[0].mul(2), 1e-14);
    const [, dy] = jvp((a: NDArray) => lax.scan(step(a), c0, xs)[1].sum(), [w], [w]);
    expectClose(dy, [pull(ct)[0].mul(w).sum().item()], 1e-13);
  });
});
