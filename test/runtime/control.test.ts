// Loops and branches in the module, on one, two and three threads that share every step they can, and by the loops'
// interpreter, against loops in JavaScript: the same bits for every number of threads. None of them may fall back to the host.

import { describe, expect, it, test } from "vitest";
import "../../src/install.js";
import { type DType, dtypes, isFloat } from "../../src/core/dtype.js";
import { type NDArray, checkpoint, debugCallback, grad, hessian, jit, jvp, lax, numpy as np, valueAndGrad, vmap } from "../../src/index.js";
import { allSteps } from "../../src/loop/ir.js";
import { makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { noise } from "../property/arbitraries.js";
import { closedOf, expectAlike, loopsOf } from "./threads.js";

type F = (...xs: NDArray[]) => NDArray | readonly NDArray[];

const int = (value: number): NDArray => np.array(value, { dtype: "int32" });
const list = (out: NDArray | readonly NDArray[]): readonly NDArray[] =>
  Array.isArray(out) ? (out as readonly NDArray[]) : [out as NDArray];

/** Compares, and makes sure that no step was left to the host. */
function expectInside(f: F, inputs: readonly NDArray[], what: string): void {
  const flat = (...xs: NDArray[]): readonly NDArray[] => list(f(...xs));
  expectAlike(flat, inputs, what);
  const kinds = allSteps(loopsOf(closedOf(flat, inputs)).program.steps).map(({ kind }) => kind);
  expect(kinds).not.toContain("host");
}

const firstOf = (rows: NDArray, n: number): NDArray => lax.sliceInDim(rows, 0, n);

const x = noise([5], 1);
const m = noise([5, 5], 2).mul(0.3);
const xs = noise([7, 5], 3);

const scans: Readonly<Record<string, F>> = {
  "carries and slices": (c, w, rows) =>
    lax.scan((h: NDArray, row: NDArray) => [np.tanh(w.matmul(h).add(row)), h.mul(row)] as const, c, rows) as never,
  "from the end": (c, _, rows) =>
    lax.scan((h: NDArray, row: NDArray) => [h.mul(0.5).add(row), h] as const, c, rows, { reverse: true }) as never,
  "slices alone": (_c, w, rows) => lax.scan((h: null, row: NDArray) => [h, [w.matmul(row), row.sum()]] as const, null, rows)[1] as never,
  "a carry alone": (c, w) => lax.scan((h: NDArray, _: null) => [np.sin(w.matmul(h)), null] as const, c, null, { length: 6 })[0],
  "carries that change places, and one that stays": (c, w, rows) =>
    lax
      .scan(
        ([a, b, k]: readonly [NDArray, NDArray, NDArray], row: NDArray) => [[b, a.add(row.mul(k)), k], a] as const,
        [c, w.sum(0), c.mul(2)] as const,
        rows,
      )
      .flat() as never,
  "results that are given twice, and constants": (c, _, rows) => {
    const [h, [a, b, d]] = lax.scan((_: NDArray, row: NDArray) => [row, [row, row, np.ones([2])]] as const, c, rows);
    return [h, a, b, d];
  },
  "views of rows": (c, w, rows) =>
    lax.scan((h: NDArray, row: NDArray) => [h.add(np.flip(row)), row.mul(w.T.sum(0))] as const, c, np.flip(rows.T, 0).T) as never,
  "one turn": (c, w, rows) => lax.scan((h: NDArray, row: NDArray) => [w.matmul(h), h.add(row)] as const, c, firstOf(rows, 1)) as never,
  "no turn": (c, w, rows) => lax.scan((h: NDArray, row: NDArray) => [w.matmul(h), h.add(row)] as const, c, firstOf(rows, 0)) as never,
  "two and three turns": (c, w, rows) =>
    [2, 3].flatMap((n) => lax.scan((h: NDArray, row: NDArray) => [w.matmul(h).add(row), h] as const, c, firstOf(rows, n))),
  "loops in loops": (c, w, rows) =>
    lax.scan(
      (h: NDArray, row: NDArray) => {
        const [inner, ys] = lax.scan((g: NDArray, s: NDArray) => [g.mul(s).add(row), g.sum()] as const, h, w.at(0).get());
        return [inner.mul(0.1), ys] as const;
      },
      c,
      rows,
    ) as never,
  "sorting, windows and gathers in turns": (c, w, rows) =>
    lax.scan((h: NDArray, row: NDArray) => [np.sort(h.add(row)), np.cumsum(w.at(np.argmax(row)).get())] as const, c, rows) as never,
  "writes at the number of the turn": (c) => lax.foriLoop(0, 5, (i: NDArray, h: NDArray) => h.at(i).set(h.sum().add(i)), c),
};

describe("scans", () => {
  it.each(Object.keys(scans))("%s", (name) => expectInside(scans[name], [x, m, xs], name));

  it.each(Object.keys(scans).filter((name) => name !== "sorting, windows and gathers in turns"))("%s, differentiated", (name) => {
    const total = (...args: NDArray[]): NDArray =>
      list(scans[name](...args))
        .flat(9)
        .reduce((sum, y) => sum.add(y.square().sum()), np.array(0));
    const run = grad(total, { argnums: [0, 1, 2] });
    expectAlike((...args) => run(...(args as [NDArray, NDArray, NDArray])), [x, m, xs], name);
  });

  it.each(Object.keys(scans))("%s, of a batch", (name) => {
    const mapped = vmap((c: NDArray) => list(scans[name](c, m, xs)).flat(9));
    expectAlike((c) => mapped(c), [noise([3, 5], 4)], name);
  });

  it.each(dtypes)("of %s", (dtype: DType) => {
    const values = np.array([1, 0, 1, 1, 0, 1], { dtype });
    const step = (h: NDArray, row: NDArray): readonly [NDArray, NDArray] => {
      const next =
        dtype === "bool"
          ? h.notEqual(row)
          : h
              .mul(isFloat(dtype) ? 0.5 : 3)
              .add(row)
              .astype(dtype);
      return [next, np.where(row.astype("bool"), h, next)];
    };
    for (const reverse of [false, true]) {
      expectInside(
        (c, rows) => lax.scan(step, c, rows, { reverse }) as never,
        [
          np.array([1, 0, 0], { dtype }),
          values
            .reshape([6, 1])
            .mul(np.ones([6, 3], { dtype }))
            .astype(dtype),
        ],
        dtype,
      );
    }
  });

  it("whose steps threads share", () => {
    const w = noise([32, 32], 5).mul(0.1);
    const rows = noise([6, 24, 32], 6);
    const f: F = (h, u, r) => lax.scan((c: NDArray, row: NDArray) => [np.tanh(c.matmul(u).add(row)), c.sum(0)] as const, h, r) as never;
    expectInside(f, [noise([24, 32], 7), w, rows], "shared");
    const nested: F = (h, u, r) => lax.foriLoop(0, 3, (_: NDArray, c: NDArray) => f(c, u, r)[0 as never], h);
    expectInside(nested, [noise([24, 32], 7), w, rows], "shared, nested");
    const loss = (h: NDArray, u: NDArray, r: NDArray): NDArray =>
      list(f(h, u, r))[0]
        .square()
        .mean();
    const run = valueAndGrad(loss, { argnums: [0, 1, 2] });
    expectAlike((...args) => run(...(args as [NDArray, NDArray, NDArray])).flat(), [noise([24, 32], 7), w, rows], "shared, differentiated");
  });

  it("in second derivatives, and in derivatives forward", () => {
    const f = (c: NDArray): NDArray =>
      lax.scan((h: NDArray, row: NDArray) => [np.sin(m.matmul(h)).mul(row), null] as const, c, xs)[0].sum();
    expectAlike((c) => [hessian(f)(c)], [x], "hessian");
    expectAlike((c) => jvp(f, [c], [c.mul(2)]), [x], "jvp");
    const saved = (c: NDArray): NDArray =>
      lax
        .scan(
          checkpoint((h: NDArray, row: NDArray) => [np.sin(m.matmul(h)).mul(row), null] as const),
          c,
          xs,
        )[0]
        .sum();
    expectAlike((c) => [grad(saved)(c)], [x], "checkpoint");
  });

  it("whose arrays are numbers", () => {
    const f: F = (c, rows) => lax.scan((h: NDArray, r: NDArray) => [h.mul(0.9).add(r), h] as const, c, rows) as never;
    expectInside(f, [np.array(0.5), noise([1000], 8, "float32")], "numbers");
    expect(
      jit((c: NDArray) => lax.scan((h: NDArray, _: null) => [h.add(1), null] as const, c, null, { length: 100_000 })[0])(
        np.array(0),
      ).item(),
    ).toBe(100_000);
  });
});

describe("while loops", () => {
  const collatz = (start: NDArray): readonly [NDArray, NDArray] =>
    lax.whileLoop(
      ([n]: readonly [NDArray, NDArray]) => n.greater(1),
      ([n, steps]: readonly [NDArray, NDArray]) => [np.where(n.mod(2).equal(0), n.floorDivide(2), n.mul(3).add(1)), steps.add(1)] as const,
      [start, int(0)] as const,
    );

  it.each([1, 2, 3, 6, 27])("from %i", (start) => {
    expectInside((n) => collatz(n), [int(start)], "collatz");
  });

  it("that stop at a bound", () => {
    for (const maxSteps of [0, 1, 2, 5]) {
      expectInside(
        (n) =>
          lax.whileLoop(
            (y: NDArray) => y.less(100),
            (y: NDArray) => y.mul(3),
            n,
            { maxSteps },
          ),
        [int(1)],
        `${maxSteps} steps`,
      );
    }
  });

  it("over arrays, that close over others", () => {
    const f: F = (c, w, limit) =>
      lax.whileLoop(
        (y: NDArray) => y.square().sum().greater(limit),
        (y: NDArray) => w.matmul(y),
        c,
      );
    expectInside(f, [x, m, np.array(1e-3)], "power");
    expectInside(f, [x, m, np.array(1e9)], "no turn");
    expectAlike((c) => [vmap((y: NDArray) => list(f(y, m, np.array(1e-3)))[0])(c)], [noise([4, 5], 9)], "of a batch");
  });

  it("in derivatives", () => {
    const f = (c: NDArray): NDArray =>
      lax
        .whileLoop(
          (y: NDArray) => y.sum().less(50),
          (y: NDArray) => y.mul(1.5).add(np.sin(y)),
          c,
          { maxSteps: 20 },
        )
        .sum();
    expectAlike((c) => [grad(f)(c)], [np.abs(x).add(0.5)], "grad");
  });
});

describe("branches", () => {
  const chosen: F = (i, c, w) =>
    lax.switch(
      i,
      [(y: NDArray) => y.mul(2), (y: NDArray) => w.matmul(y), (y: NDArray) => np.sort(y), () => np.ones([5], { dtype: "float64" })],
      c,
    );

  it.each([-3, 0, 1, 2, 3, 9])("by the index %i", (i) => expectInside(chosen, [int(i), x, m], "switch"));

  it("with several results, one of which is an operand", () => {
    const f: F = (p, c, w) =>
      lax.cond(
        p.greater(0),
        (y: NDArray, z: NDArray) => [z, y] as const,
        (y: NDArray) => [w, y.sum().add(y)] as const,
        c,
        w,
      ) as never;
    for (const p of [-1, 1]) expectInside(f, [np.array(p), x, m], "cond");
  });

  it("in loops, with loops inside, shared by threads", () => {
    const w = noise([64, 64], 10).mul(0.1);
    const f: F = (c, u) =>
      lax.scan(
        (h: NDArray, i: NDArray) => {
          const next = lax.cond(
            i.mod(2).equal(0),
            (y: NDArray) => np.tanh(y.matmul(u)),
            (y: NDArray) => lax.foriLoop(0, 2, (_: NDArray, z: NDArray) => z.matmul(u).add(1), y),
            h,
          );
          return [next, next.sum(0)] as const;
        },
        c,
        np.arange(5),
      ) as never;
    expectInside(f, [noise([40, 64], 11), w], "mixed");
    const loss = (c: NDArray, u: NDArray): NDArray => list(f(c, u))[0].square().mean();
    expectAlike((c, u) => grad(loss, { argnums: [0, 1] })(c, u), [noise([40, 64], 11), w], "mixed, differentiated");
  });
});

test("a body with a step of the host is done by the host, and right", () => {
  const seen: number[] = [];
  const f: F = (h, xs) =>
    lax.scan(
      (c: NDArray, y: NDArray) => {
        debugCallback((v: NDArray) => void seen.push(v.item() as number), y);
        return [c.add(y), c.mul(y)] as const;
      },
      h,
      xs,
    ) as never;
  const args = [np.array(0.5), np.array([1, 2, 3])];
  expect(expectAlike((...xs) => list(f(...xs)), args, "a callback in turns")).toEqual(["host"]);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual(seen.map((_, i) => (i % 3) + 1));
});

test("turns may be more than 32 bits count", () => {
  for (const maxSteps of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    const f: F = (n) =>
      lax.whileLoop(
        (y: NDArray) => y.less(100),
        (y: NDArray) => y.mul(3),
        n,
        { maxSteps },
      );
    expectInside(f, [int(1)], `at most ${maxSteps}`);
  }
});

test("threads are asked at each turn", () => {
  const machine = makeMachine(2, 0);
  if (machine.pool === undefined) return;
  const w = noise([64, 64], 12);
  const closed = closedOf((h) => [lax.foriLoop(0, 50, (_: NDArray, c: NDArray) => np.tanh(c.matmul(w)), h)], [noise([64, 64], 13)]);
  const program = wasmCompiler(machine)(closed);
  const args = [noise([64, 64], 13)] as never;
  const deadline = performance.now() + 20_000;
  while (machine.pool.active < 2 && performance.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  const epoch = (): number => new Int32Array(machine.heap.memory.buffer, machine.pool?.control, 1)[0];
  program.run(args);
  const before = epoch();
  program.run(args);
  expect(epoch() - before).toBeGreaterThanOrEqual(50);
});
