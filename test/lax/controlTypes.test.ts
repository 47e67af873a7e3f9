// The types of loops and branches: what TypeScript infers for carries, slices and results, and what it refuses.

import { expect, expectTypeOf, test } from "vitest";
import { type NDArray, lax, numpy as np } from "../../src/index.js";
import type { Arrays } from "../../src/tree/index.js";

const x = np.array([1, 2, 3]);

test("carries and slices are inferred from their trees, numbers as arrays", () => {
  const [carry, ys] = lax.scan(
    (c, slice) => {
      expectTypeOf(c).toEqualTypeOf<{ n: NDArray; w: NDArray }>();
      expectTypeOf(slice).toEqualTypeOf<NDArray>();
      return [
        { n: c.n.add(1), w: c.w.add(slice) },
        { y: c.w, pair: [c.n, null] as const },
      ];
    },
    { n: 0, w: np.array(0) },
    x,
  );
  expectTypeOf(carry).toEqualTypeOf<{ n: NDArray; w: NDArray }>();
  expectTypeOf(ys).toEqualTypeOf<{ y: NDArray; pair: readonly [NDArray, null] }>();
  expect([carry.n.item(), carry.w.item(), ys.y.shape]).toEqual([3, 6, [3]]);
});

test("a list written in place is a tuple", () => {
  const [a, b] = lax.foriLoop(
    0,
    3,
    (i, [u, v]) => {
      expectTypeOf(i).toEqualTypeOf<NDArray>();
      return [v, u.add(i)];
    },
    [np.array(1), 0],
  );
  expectTypeOf([a, b]).toEqualTypeOf<NDArray[]>();
  const pair = lax.whileLoop(
    ([n]) => n.less(3),
    ([n, y]) => [n.add(1), { deep: y.deep.mul(2) }],
    [0, { deep: x }],
  );
  expectTypeOf(pair).toEqualTypeOf<[NDArray, { deep: NDArray }]>();
  expect([b.item(), pair[1].deep.toArray()]).toEqual([3, [8, 16, 24]]);
});

test("interfaces come back by name, and operands are typed one by one", () => {
  interface Params {
    readonly w: NDArray;
    readonly next: Params | null;
  }
  const params: Params = { w: x, next: { w: x, next: null } };
  const step = (p: Params, slice: NDArray): [Params, null] => [{ ...p, w: p.w.add(slice) }, null];
  const [last, none] = lax.scan(step, params, x);
  expectTypeOf(last).toEqualTypeOf<Params>();
  expectTypeOf(none).toEqualTypeOf<null>();
  const chosen = lax.cond(
    true,
    (p, n) => {
      expectTypeOf(p).toEqualTypeOf<Params>();
      expectTypeOf(n).toEqualTypeOf<NDArray>();
      return { u: p.w.mul(n) };
    },
    (p) => ({ u: p.w }),
    params,
    2,
  );
  expectTypeOf(chosen).toEqualTypeOf<{ u: NDArray }>();
  const mapped = lax.map((slice) => ({ s: slice.mul(2) }), x);
  expectTypeOf(mapped).toEqualTypeOf<{ s: NDArray }>();
  const running = lax.associativeScan(([a, b], [c, d]) => [a.mul(c), b.mul(c).add(d)], [x, x]);
  expectTypeOf(running).toEqualTypeOf<[NDArray, NDArray]>();
  expect([last.w.toArray(), chosen.u.toArray(), mapped.s.toArray()]).toEqual([
    [7, 8, 9],
    [2, 4, 6],
    [2, 4, 6],
  ]);
});

test("lists that come back may be readonly, at any depth", () => {
  const [carry, ys] = lax.scan(([a, b], slice) => [[b, a.add(slice)] as const, b] as const, [np.array(0), 0], x);
  expectTypeOf(carry).toEqualTypeOf<[NDArray, NDArray]>();
  expectTypeOf(ys).toEqualTypeOf<NDArray>();
  const looped = lax.whileLoop(
    ([n]) => n.less(3),
    ([n, { pair }]) => [n.add(1), { pair: [pair[1], pair[0]] }] as const,
    [0, { pair: [np.array(1), np.array(2)] as [NDArray, NDArray] }],
  );
  expectTypeOf(looped).toEqualTypeOf<[NDArray, { pair: [NDArray, NDArray] }]>();
  const counted = lax.foriLoop(0, 3, (i, [u, v]) => [v, u.add(i)] as const, [np.array(1), 0]);
  expectTypeOf(counted).toEqualTypeOf<[NDArray, NDArray]>();
  const running = lax.associativeScan(([a, b], [c, d]) => [a.mul(c), b.mul(c).add(d)] as const, [x, x]);
  expectTypeOf(running).toEqualTypeOf<[NDArray, NDArray]>();
  const [product, sum] = lax.reduce([x, x], [1, 0], ([a, b], [c, d]) => [a.mul(c), b.add(d)] as const, [0]);
  expect([carry[0].item(), carry[1].item(), looped[1].pair[0].item(), counted[0].item()]).toEqual([2, 4, 2, 1]);
  expect([product.item(), sum.item(), running[1].toArray()]).toEqual([6, 6, [1, 4, 15]]);
});

test("a loop inside of a function generic in its carry", () => {
  const twice = <S extends object>(step: (state: Arrays<S>) => Arrays<S>, state: S): Arrays<S> =>
    lax.foriLoop(0, 2, (_, carry: Arrays<S>) => step(carry), state);
  const out = twice(({ w }: { w: NDArray }) => ({ w: w.mul(2) }), { w: x });
  expectTypeOf(out).toEqualTypeOf<{ w: NDArray }>();
  expect(out.w.toArray()).toEqual([4, 8, 12]);
});

test("what cannot work does not compile", () => {
  // @ts-expect-error The carry comes back as a list.
  expect(() => lax.scan((c: NDArray) => [[c], null], x, x)).toThrow(/list of 1/);
  // @ts-expect-error The carry comes back with an entry more.
  expect(() => lax.foriLoop(0, 3, (_, [n]) => [n, n] as const, [x.sum()])).toThrow(/list of 2/);
  // @ts-expect-error The carry comes back under another name.
  expect(() => lax.foriLoop(0, 3, (_, { n }) => ({ m: n }), { n: x.sum() })).toThrow(/m/);
  // @ts-expect-error The carry comes back as a text.
  expect(() => lax.foriLoop(0, 3, () => "text", x)).toThrow(/the string "text"/);
  // @ts-expect-error There is no such option.
  expect(() => lax.scan((c: NDArray) => [c, null], x, x, { backwards: true })).toThrow(/backwards/);
  // @ts-expect-error A string is no tree.
  expect(() => lax.scan((c) => [c, null], "x", x)).toThrow(/string/);
});
