// lax.map, lax.associativeScan, lax.reduce and lax.reduceWindow with functions of the user's own.

import { describe, expect, test } from "vitest";
import {
  type NDArray,
  ShapeError,
  OptionError,
  TreeError,
  TypeMismatchError,
  grad,
  jit,
  lax,
  makeJaxpr,
  numpy as np,
  vmap,
} from "../../src/index.js";
import { expectClose, f64, i32, untyped } from "../transform/arrays.js";
import { random } from "../ops/rules.js";
import { underBoth } from "../transform/control/loops.js";

underBoth(() => {
  describe("map", () => {
    const f = ({ a, b }: { a: NDArray; b: NDArray }): { s: NDArray; c: NDArray } => ({ s: np.sin(a).mul(b.sum()), c: b });
    const tree = { a: random([7]), b: random([7, 2], 2) };

    test.each([undefined, 1, 2, 3, 7, 20])("is vmap, batchSize %s", (batchSize) => {
      const found = lax.map(f, tree, batchSize === undefined ? {} : { batchSize });
      const expected = vmap(f)(tree);
      expectClose(found.s, expected.s, 1e-15);
      expectClose(found.c, expected.c, 1e-15);
      const loss =
        (batch: { batchSize?: number }) =>
        (a: NDArray): NDArray =>
          lax
            .map((y: NDArray) => np.exp(y), a, batch)
            .mul(tree.a)
            .sum();
      expectClose(grad(loss(batchSize === undefined ? {} : { batchSize }))(tree.a), np.exp(tree.a).mul(tree.a), 1e-14);
    });

    test("of nothing is of length 0", () => {
      expect(lax.map((y: NDArray) => y.mul(2), np.zeros([0, 3])).shape).toEqual([0, 3]);
      expect(lax.map((y: NDArray) => y.mul(2), np.zeros([0, 3]), { batchSize: 2 }).shape).toEqual([0, 3]);
    });
  });

  describe("associativeScan", () => {
    test.each([1, 2, 3, 4, 5, 8, 13])("of %s elements: sums, products, the order of what does not commute", (n) => {
      const x: NDArray = random([n, 2], n);
      const sum = (a: NDArray, b: NDArray): NDArray => a.add(b);
      expectClose(lax.associativeScan(sum, x), np.cumsum(x, 0), 1e-14);
      expectClose(lax.associativeScan(sum, x.transpose(), { axis: 1 }), np.cumsum(x, 0).transpose(), 1e-14);
      expectClose(
        lax.associativeScan(sum, x.transpose(), { axis: -1, reverse: true }),
        np.flip(np.cumsum(np.flip(x, 0), 0), 0).transpose(),
        1e-14,
      );
      // Linear recurrences y ← a·y + b compose, and do not commute.
      const compose = ([a, b]: [NDArray, NDArray], [c, d]: [NDArray, NDArray]): [NDArray, NDArray] => [a.mul(c), b.mul(c).add(d)];
      const b: NDArray = random([n, 2], 9);
      const [, y] = lax.associativeScan(compose, [x, b]);
      const [, steps] = lax.scan(
        (c: NDArray, [p, q]: [NDArray, NDArray]) => {
          const next = c.mul(p).add(q);
          return [next, next];
        },
        f64(0, 0),
        [x, b] as [NDArray, NDArray],
      );
      expectClose(y, steps, 1e-13);
      const loss = (z: NDArray): NDArray => lax.associativeScan(compose, [z, b])[1].mul(b).sum();
      const slow = (z: NDArray): NDArray =>
        lax
          .scan((c: NDArray, [p, q]: [NDArray, NDArray]) => [c.mul(p).add(q), c.mul(p).add(q)], f64(0, 0), [z, b] as [NDArray, NDArray])[1]
          .mul(b)
          .sum();
      expectClose(jit(grad(loss))(x), grad(slow)(x), 1e-12);
    });

    test("bools and integers", () => {
      expect(lax.associativeScan((a: NDArray, b: NDArray) => np.logicalOr(a, b), np.array([false, true, false])).toArray()).toEqual([
        false,
        true,
        true,
      ]);
      expect(lax.associativeScan((a: NDArray, b: NDArray) => np.maximum(a, b), i32(1, 3, 2, 5)).toArray()).toEqual([1, 3, 3, 5]);
    });
  });

  describe("reduce", () => {
    const x: NDArray = random([3, 4, 2]);

    test("a monoid is recognised and becomes its primitive", () => {
      const cases: readonly (readonly [(a: NDArray, b: NDArray) => NDArray, number, RegExp])[] = [
        [(a, b) => lax.add(a, b), 0, /reduce_sum/],
        [(a, b) => lax.mul(b, a), 1, /reduce_prod/],
        [(a, b) => lax.max(a, b), -Infinity, /reduce_max/],
        [(a, b) => np.minimum(a, b), Infinity, /reduce_min/],
      ];
      const slow: readonly ((y: NDArray) => NDArray)[] = [
        (y) => np.sum(y, [0, 2]),
        (y) => np.prod(y, [0, 2]),
        (y) => np.max(y, [0, 2]),
        (y) => np.min(y, [0, 2]),
      ];
      cases.forEach(([f, init, name], k) => {
        expectClose(lax.reduce(x, init, f, [0, 2]), slow[k](x), 1e-14);
        expect(String(makeJaxpr((y: NDArray) => lax.reduce(y, init, f, [0, 2]))(x))).toMatch(name);
      });
      expect(lax.reduce(np.array([true, false]), true, (a: NDArray, b: NDArray) => np.logicalAnd(a, b), [0]).item()).toBe(0);
      expect(lax.reduce(i32(6, 3), -1, (a: NDArray, b: NDArray) => lax.bitwiseAnd(a, b), [0]).item()).toBe(2);
    });

    test("any other function is applied to pairs, in order", () => {
      // log Σ exp, whose derivative is the softmax.
      const f = (a: NDArray, b: NDArray): NDArray => np.logaddexp(a, b);
      const lse = (y: NDArray): NDArray => lax.reduce(y, -Infinity, f, [1]);
      expectClose(lse(x), np.log(np.exp(x).sum(1)), 1e-13);
      expectClose(grad((y: NDArray) => lse(y).sum())(x.add(0)), np.exp(x).div(np.exp(x).sum(1, { keepdims: true })), 1e-13);
      expectClose(vmap(lse)(np.stack([x, x.mul(2)])), np.stack([lse(x), lse(x.mul(2))]), 1e-14);
      // The first of two maxima and its place: a tree of two arrays, and a function that does not commute.
      const [best, place] = lax.reduce(
        [f64(3, 7, 1, 7, 2), i32(0, 1, 2, 3, 4)],
        [-Infinity, -1],
        ([a, i], [b, j]) => [np.where(a.greaterEqual(b), a, b), np.where(a.greaterEqual(b), i, j)],
        [0],
      );
      expect([best.item(), place.item()]).toEqual([7, 1]);
    });

    test("no elements give the init", () => {
      expect(lax.reduce(np.zeros([0, 2]), 5, (a: NDArray, b: NDArray) => lax.max(a, b), [0]).toArray()).toEqual([5, 5]);
      expect(lax.reduce(np.zeros([2, 0]), 5, (a: NDArray, b: NDArray) => a.mul(b).add(0), [0]).shape).toEqual([0]);
    });
  });

  describe("reduceWindow", () => {
    const x: NDArray = random([5, 4]).add(2);
    const options = {
      windowDimensions: [2, 3],
      windowStrides: [2, 1],
      padding: [
        [1, 0],
        [1, 1],
      ] as const,
      baseDilation: [1, 2],
      windowDilation: [2, 1],
    };

    test("with a function that has a primitive, and with one that has none", () => {
      expectClose(
        lax.reduceWindow(x, (a, b) => a.add(b), { init: 0, ...options }),
        lax.reduceWindow(x, "sum", options),
        1e-14,
      );
      expectClose(
        lax.reduceWindow(x, (a, b) => lax.max(b, a), { init: -Infinity, ...options }),
        lax.reduceWindow(x, "max", options),
        1e-14,
      );
      // Products are exponentials of sums of logarithms, whatever the window.
      const product = (y: NDArray): NDArray => lax.reduceWindow(y, (a, b) => a.mul(b), { init: 1, ...options });
      const slow = (y: NDArray): NDArray => np.exp(lax.reduceWindow(np.log(y), "sum", options));
      expectClose(product(x), slow(x), 1e-13);
      expectClose(jit(grad((y: NDArray) => np.sin(product(y)).sum()))(x), grad((y: NDArray) => np.sin(slow(y)).sum())(x), 1e-11);
    });
  });
});

describe("what they refuse", () => {
  const x = f64(1, 2, 3);

  test("map", () => {
    expect(() => lax.map((y: NDArray) => y, x, { batchSize: 0 })).toThrow(OptionError);
    expect(() => untyped(lax.map)((y: NDArray) => y, { a: x, b: f64(1) })).toThrow(
      /one length for the leading axes of all xs, got 3 at xs\.a, 1 at xs\.b/,
    );
  });

  test("associativeScan", () => {
    const f = untyped(lax.associativeScan);
    expect(() => f((a: NDArray) => a.sum(), x)).toThrow(/associativeScan: expected the same types on both sides/);
    expect(() => f((a: NDArray) => a, { a: x, b: f64(1) })).toThrow(ShapeError);
    expect(() => f((a: NDArray) => a, [])).toThrow(OptionError);
    expect(() => f((a: NDArray) => a, x, { axes: 1 })).toThrow(/reverse, axis/);
  });

  test("reduce and reduceWindow", () => {
    const f = untyped(lax.reduce);
    expect(() => f({ a: x }, { b: 0 }, (a: unknown) => a, [0])).toThrow(TreeError);
    expect(() => f(x, x, (a: unknown) => a, [0])).toThrow(ShapeError);
    expect(() => f([x, f64(1)], [0, 0], (a: unknown) => a, [0])).toThrow(/all of one shape/);
    expect(() => f(x, 0, (a: NDArray) => a.greater(0), [0])).toThrow(/float64\[\] in the elements, bool\[\] in what the function returned/);
    const g = untyped(lax.reduceWindow);
    const options = { windowDimensions: [2], padding: "VALID" };
    expect(() => g(x, (a: NDArray, b: NDArray) => a.add(b), options)).toThrow(/init, the identity of the function/);
    expect(() => g(x, "product", options)).toThrow(OptionError);
    expect(() => f(x, 0, 3, [0])).toThrow(TypeMismatchError);
  });
});
