// Random nestings of scan, cond, while, switch and checkpoint, each with its double unrolled in JavaScript: values and
// derivatives agree, in both evaluators.

import * as fc from "fast-check";
import { afterAll, test } from "vitest";
import { runs } from "../../property/settings.js";
import { installCompiler } from "../../../src/core/executable.js";
import { type NDArray, checkpoint, grad, hessian, jit, lax, numpy as np, vmap } from "../../../src/index.js";
import { interpret } from "../../../src/interpret/evaluator.js";
import { compileProgram } from "../../../src/runtime/evaluator.js";
import { expectClose, f64 } from "../arrays.js";

type Body = (x: NDArray, w: NDArray) => NDArray;

/** One function twice: with loops and branches as operations, and in JavaScript. */
interface Double {
  readonly staged: Body;
  readonly plain: Body;
  /** What fast-check shows of a failure. */
  readonly [fc.toStringMethod]: () => string;
}

const leaves: readonly (readonly [string, Body])[] = [
  ["sin(x)·w", (x, w) => np.sin(x).mul(w)],
  ["x/2 + w", (x, w) => x.mul(0.5).add(w)],
  ["tanh(x²)", (x) => np.tanh(x.mul(x))],
  ["x·Σexp(0.3w)", (x, w) => x.mul(np.exp(w.mul(0.3)).sum())],
  ["flip(x)·cos(w)", (x, w) => np.flip(x).mul(np.cos(w))],
];

const leaf = fc.constantFrom(...leaves).map(([text, f]): Double => ({ staged: f, plain: f, [fc.toStringMethod]: () => text }));
const counter = (value: number): NDArray => np.array(value, { dtype: "int32" });

/** The body's parts by their number of steps; `xs` are what a scan reads. */
const combinations: Readonly<Record<string, (a: Double, b: Double, xs: readonly number[]) => Pick<Double, "staged" | "plain">>> = {
  chain: (a, b) => ({
    staged: (x, w) => b.staged(a.staged(x, w), w),
    plain: (x, w) => b.plain(a.plain(x, w), w),
  }),
  scan: (a, b, xs) => ({
    staged: (x, w) => {
      const step = ([c, unread]: [NDArray, NDArray], s: NDArray): [[NDArray, NDArray], NDArray] => [
        [a.staged(c, w.mul(s)).add(x.mul(0.1)), b.staged(unread, c)],
        b.staged(c, w),
      ];
      const [[c], ys] = lax.scan(step, [x, w], f64(...xs), { reverse: true });
      return c.add(ys.sum(0));
    },
    plain: (x, w) => {
      let [c, sum] = [x, x.mul(0)];
      for (const s of xs.toReversed()) {
        sum = sum.add(b.plain(c, w));
        c = a.plain(c, w.mul(s)).add(x.mul(0.1));
      }
      return c.add(sum);
    },
  }),
  cond: (a, b, xs) => ({
    staged: (x, w) =>
      lax.foriLoop(
        0,
        xs.length,
        (i, c) =>
          lax.cond(
            i.mod(2).equal(0),
            (y: NDArray) => a.staged(y, w),
            (y: NDArray, v: NDArray) => b.staged(y, v),
            c,
            w,
          ),
        x,
      ),
    plain: (x, w) => xs.reduce((c, _, i) => (i % 2 === 0 ? a : b).plain(c, w), x),
  }),
  while: (a, _b, xs) => ({
    staged: (x, w) =>
      lax.whileLoop(
        ([i]) => i.less(xs.length),
        ([i, y]) => [i.add(1), a.staged(y, w.add(i.astype("float64").mul(0.1)))],
        [counter(0), x],
        { maxSteps: xs.length + 1 },
      )[1],
    plain: (x, w) => xs.reduce((y, _, i) => a.plain(y, w.add(i * 0.1)), x),
  }),
  switch: (a, b, xs) => ({
    staged: (x, w) => lax.switch(xs.length % 3, [(y: NDArray) => a.staged(y, w), (y: NDArray) => b.staged(y, x), (y: NDArray) => y], x),
    plain: (x, w) => [() => a.plain(x, w), () => b.plain(x, x), () => x][xs.length % 3](),
  }),
  checkpoint: (a, b) => ({
    staged: (x, w) => checkpoint((y: NDArray, v: NDArray) => a.staged(y, v))(x, w).add(b.staged(x, w)),
    plain: (x, w) => a.plain(x, w).add(b.plain(x, w)),
  }),
};

const doubles = (depth: number): fc.Arbitrary<Double> =>
  depth === 0
    ? leaf
    : fc
        .tuple(
          fc.constantFrom(...Object.keys(combinations)),
          doubles(depth - 1),
          doubles(Math.floor(depth / 2)),
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 3 }),
        )
        .map(([kind, a, b, xs]): Double => ({
          ...combinations[kind](a, b, xs),
          [fc.toStringMethod]: () => `${kind}(${a[fc.toStringMethod]()}; ${b[fc.toStringMethod]()}; [${xs.join()}])`,
        }));

const x = f64(0.3, -0.5, 0.2);
const w = f64(0.7, 0.2, -0.4);
const batch = np.stack([x, x.mul(0.5)]);

const loss =
  (f: Body): Body =>
  (y, v) =>
    f(y, v)
      .mul(f64(1, 2, 3))
      .sum();
const gradient = (f: Body) => grad(loss(f), { argnums: [0, 1] });
const second = (f: Body) => hessian((y: NDArray) => loss(f)(y, w));
const batched = (f: Body) => vmap(grad(loss(f)), { inAxes: [0, null] });

afterAll(() => installCompiler(compileProgram));

test("values, gradients, hessians and batches of gradients are those of the unrolled function", () => {
  fc.assert(
    fc.property(doubles(3), ({ staged, plain }) => {
      const [dx, dw] = gradient(plain)(x, w);
      // Repeated squares and exponentials can leave the range in which digits can be compared.
      fc.pre(Math.abs(dx.sum().item()) < 1e4);
      for (const compiler of [interpret, compileProgram]) {
        installCompiler(compiler);
        expectClose(jit(loss(staged))(x, w), loss(plain)(x, w), 1e-10);
        const found = jit(gradient(staged))(x, w);
        expectClose(found[0], dx, 1e-9);
        expectClose(found[1], dw, 1e-9);
        expectClose(second(staged)(x), second(plain)(x), 1e-8);
        expectClose(jit(batched(staged))(batch, w), batched(plain)(batch, w), 1e-9);
      }
    }),
    runs(8, 400),
  );
});
