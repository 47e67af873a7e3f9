// Products that leave a scan: those of its slices go ahead of it, sums of products come behind it. What the loop was for stays;
// values agree with the traced program, in both evaluators.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { innerPrograms } from "../../src/core/check.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { setDebug } from "../../src/core/debug.js";
import type { Equation } from "../../src/core/jaxpr.js";
import { checkpoint, grad, jit, lax, makeJaxpr, numpy as np, shapeDtype } from "../../src/index.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { optimise } from "../../src/optimise/optimise.js";
import type { ScanParams } from "../../src/transform/control/params.js";
import { noise } from "../property/arbitraries.js";
import { expectClose } from "../property/measure.js";

setDebug({ checkJaxprs: true });

type F = (...xs: NDArray[]) => NDArray | readonly NDArray[];

const run = (program: ClosedJaxpr, xs: readonly NDArray[]): readonly NDArray[] => interpret(program).run(xs as readonly ConcreteArray[]);
const namesOf = (equations: readonly Equation[]): string[] => equations.map(({ primitive }) => primitive.name);
const scansOf = ({ jaxpr }: ClosedJaxpr): readonly Equation[] => jaxpr.equations.filter(({ primitive }) => primitive.name === "scan");
const bodyOf = (scan: Equation): string[] => namesOf(innerPrograms(scan.params)[0].equations);

function checked(f: F, xs: readonly NDArray[]): ClosedJaxpr {
  const program = makeJaxpr(f)(...(xs as NDArray[]));
  const result = optimise(program);
  expectClose(run(result, xs), run(program, xs), 1e-12, "optimised");
  expectClose([jit(f)(...(xs as NDArray[]))].flat() as NDArray[], run(program, xs), 1e-12, "compiled");
  return result;
}

const h0 = noise([4, 6], 1);
const w = noise([3, 6], 2);
const u = noise([6, 6], 3).mul(0.3);
const xs = noise([8, 4, 3], 4);

const rnn =
  (options: { readonly reverse?: boolean } = {}) =>
  (h: NDArray, a: NDArray, b: NDArray, rows: NDArray): readonly [NDArray, NDArray] =>
    lax.scan((c: NDArray, row: NDArray) => [np.tanh(row.matmul(a).add(c.matmul(b))), c.sum()] as const, h, rows, options);

describe("ahead of the loop", () => {
  it.each([false, true])("products of slices with constants; reverse: %s", (reverse) => {
    const { jaxpr } = checked(rnn({ reverse }), [h0, w, u, xs]);
    const outside = jaxpr.equations.filter(({ primitive }) => primitive.name === "dot_general");
    expect(outside.map(({ outputs }) => outputs[0].aval.shape)).toEqual([[8, 4, 6]]);
    const [scan] = jaxpr.equations.filter(({ primitive }) => primitive.name === "scan");
    expect(bodyOf(scan).filter((name) => name === "dot_general")).toHaveLength(1);
  });

  it("with what they are made of, whichever side turns, one behind the other", () => {
    const f: F = (h, a, rows) =>
      lax.scan((c: NDArray, row: NDArray) => [c.add(np.sin(a.T.matmul(row.T)).T.matmul(u)), row] as const, h, rows) as never;
    const program = checked(f, [h0, w, xs]);
    expect(bodyOf(scansOf(program)[0])).toEqual(["add"]);
    expect(namesOf(program.jaxpr.equations).filter((name) => name === "dot_general")).toHaveLength(2);
  });

  it("convolutions, and through two loops", () => {
    const images = noise([3, 2, 1, 2, 5, 5], 5);
    const kernel = noise([2, 2, 3, 3], 6);
    const f: F = (k, frames) =>
      lax.scan(
        (c: NDArray, group: NDArray) =>
          lax.scan(
            (d: NDArray, frame: NDArray) =>
              [d.mul(0.5).add(lax.conv(frame, k, { windowStrides: [1, 1], padding: "VALID" })), d.sum()] as const,
            c,
            group,
          ),
        np.zeros([1, 2, 3, 3], { dtype: "float64" }),
        frames,
      ) as never;
    const program = checked(f, [kernel, images]);
    const [{ outputs }] = program.jaxpr.equations.filter(({ primitive }) => primitive.name === "conv_general_dilated");
    expect(outputs[0].aval.shape.reduce((n, size) => n * size, 1)).toBe(3 * 2 * 2 * 3 * 3);
  });

  it("not products with a carry, of two things that turn, of one turn, or of what a checkpoint computes again", () => {
    const stays = (f: F, args: readonly NDArray[]): void => {
      const names = namesOf(checked(f, args).jaxpr.equations);
      expect(names).not.toContain("dot_general");
    };
    stays((h, rows) => lax.scan((c: NDArray, row: NDArray) => [c.add(row.matmul(row.T.matmul(c))), null] as const, h, rows)[0], [h0, xs]);
    const step = checkpoint((c: NDArray, row: NDArray): readonly [NDArray, null] => [np.sin(row.matmul(w).mul(c)), null]);
    const saved: F = grad((h: NDArray, rows: NDArray) => lax.scan(step, h, rows)[0].sum());
    const program = checked(saved, [h0, xs]);
    const [, backward] = scansOf(program);
    expect(bodyOf(backward)).toContain("dot_general");
  });

  it("nothing that would take much room", () => {
    const v = noise([4, 4], 10, "float32");
    const large = makeJaxpr((h: NDArray, rows: NDArray) =>
      lax.scan((c: NDArray, row: NDArray) => [c.add(row.matmul(v)), null] as const, h, rows),
    );
    const small = (n: number): string[] => bodyOf(scansOf(optimise(large(shapeDtype([4]), shapeDtype([n, 4]))))[0]);
    expect(small(100)).not.toContain("dot_general");
    expect(small(10_000_000)).toContain("dot_general");
  });
});

describe("behind the loop", () => {
  const loss = (h: NDArray, a: NDArray, b: NDArray, c: NDArray): NDArray => {
    const step = (s: NDArray, row: NDArray): readonly [NDArray, NDArray] => {
      const next = np.tanh(row.matmul(a).add(s.matmul(b)).add(c));
      return [next, next];
    };
    return lax.scan(step, h, xs)[1].square().sum();
  };

  it("the gradients of weights and of what is added to their products", () => {
    const f = grad(loss, { argnums: [1, 2, 3] });
    const program = checked((...args) => f(...(args as [NDArray, NDArray, NDArray, NDArray])), [h0, w, u, noise([6], 7)]);
    const [, backward] = scansOf(program);
    expect((backward.params as ScanParams).numCarry).toBe(1);
    expect(bodyOf(backward).filter((name) => name === "dot_general")).toHaveLength(1);
    expect(bodyOf(backward)).not.toContain("reduce_sum");
  });

  it("only sums: not what a turn reads or scales, nor integers", () => {
    const carries = (f: F, args: readonly NDArray[]): number => (scansOf(checked(f, args))[0].params as ScanParams).numCarry;
    const rows = noise([5, 3, 3], 8);
    const m0 = noise([3, 3], 9);
    const none = (): NDArray => np.ones([1]);
    const left = (
      next: (m: NDArray, p: NDArray) => NDArray,
      out: (m: NDArray) => NDArray = none,
      args: readonly NDArray[] = [m0, rows],
    ): number => carries((m, r) => lax.scan((c: NDArray, x: NDArray) => [next(c, x.matmul(x.T)), out(c)] as const, m, r) as never, args);
    const add = (m: NDArray, p: NDArray): NDArray => m.add(p);
    expect(left(add)).toBe(0);
    expect(left((m, p) => p.add(m))).toBe(0);
    expect(left(add, (m) => m)).toBe(1);
    expect(left((m, p) => m.mul(0.5).add(p))).toBe(1);
    expect(left((m, p) => m.add(m.matmul(p)))).toBe(1);
    const whole = (x: NDArray): NDArray => x.mul(9).astype("int32");
    expect(left(add, none, [whole(m0), whole(rows)])).toBe(1);
  });
});
