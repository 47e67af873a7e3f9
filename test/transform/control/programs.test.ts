// The programs of loops and branches as data: what the checker refuses, what dead code elimination removes, how they print.

import { describe, expect, test } from "vitest";
import "../../../src/install.js";
import { aval } from "../../../src/core/aval.js";
import { checkJaxpr } from "../../../src/core/check.js";
import type { Jaxpr } from "../../../src/core/jaxpr.js";
import { type ClosedJaxpr, type NDArray, debugPrint, lax, makeJaxpr, numpy as np, shapeDtype } from "../../../src/index.js";
import { bindAll } from "../../../src/core/trace.js";
import { condP } from "../../../src/transform/control/cond.js";
import type { CondParams, ScanParams, WhileParams } from "../../../src/transform/control/params.js";
import { scanP } from "../../../src/transform/control/scan.js";
import { withoutDeadCode } from "../../../src/transform/deadcode.js";

const scalar = shapeDtype([]);
const counter = np.array(0, { dtype: "int32" });

/** The program, each equation of which has other parameters. */
const tampered = <P extends object>({ jaxpr }: ClosedJaxpr, change: Partial<P>): Jaxpr => ({
  ...jaxpr,
  equations: jaxpr.equations.map((e) => ({ ...e, params: { ...e.params, ...change } })),
});

describe("the checker refuses", () => {
  const scan = makeJaxpr((xs: NDArray) => lax.scan((c: NDArray, x: NDArray) => [c.add(x), c], np.array(0), xs))(shapeDtype([4]));
  const loop = makeJaxpr((x: NDArray) =>
    lax.whileLoop(
      (c: NDArray) => c.less(9),
      (c: NDArray) => c.mul(2),
      x,
    ),
  )(scalar);

  test("a scan of another length, with another split of its operands, or a carry that changes", () => {
    expect(() => checkJaxpr(scan.jaxpr)).not.toThrow();
    const changes: readonly Partial<ScanParams>[] = [
      { length: 3 },
      { numCarry: 2 },
      { numConsts: 1 },
      { jaxpr: makeJaxpr((c: NDArray, x: NDArray) => [c.greater(x), c])(scalar, scalar) },
      { jaxpr: makeJaxpr((c: NDArray, x: NDArray) => [c.add(x), c.greater(0)])(scalar, scalar) },
    ];
    for (const change of changes) expect(() => checkJaxpr(tampered<ScanParams>(scan, change))).toThrow(/jaxpr check of scan/);
  });

  test("a while whose condition is no bool, or whose body changes the carry", () => {
    const changes: readonly Partial<WhileParams>[] = [
      { condJaxpr: makeJaxpr((c: NDArray) => c)(scalar) },
      { condJaxpr: makeJaxpr((c: NDArray) => c.greater(0))(shapeDtype([2])) },
      { bodyJaxpr: makeJaxpr((c: NDArray) => c.greater(0))(scalar) },
      { bodyConsts: 1 },
    ];
    for (const change of changes) expect(() => checkJaxpr(tampered<WhileParams>(loop, change))).toThrow(/jaxpr check of while/);
  });

  test("eager operands of other types, on every call", () => {
    const params = scan.jaxpr.equations[0].params as ScanParams;
    const run = (xs: NDArray) => () => bindAll(scanP, [np.array(0), xs], params);
    expect(run(np.ones([4]))()[0].item()).toBe(4);
    expect(run(np.ones([3]))).toThrow(/scan: expected float32\[\] float32\[4\], got float32\[\] float32\[3\]/);
    expect(run(np.ones([4], { dtype: "int32" }))).toThrow(/int32\[4\]/);
  });

  test("branches of different types, and an index that is no int32 scalar", () => {
    const branches = [makeJaxpr((x: NDArray) => x)(scalar), makeJaxpr((x: NDArray) => x.greater(0))(scalar)];
    const types = (index: ReturnType<typeof aval>, params: CondParams) => () => condP.type([index, aval([], "float32")], params);
    expect(types(aval([], "int32"), { branches: [branches[0]] })).not.toThrow();
    expect(types(aval([], "int32"), { branches })).toThrow(/cond: expected float32\[\], got bool\[\]/);
    expect(types(aval([], "float32"), { branches: [branches[0]] })).toThrow(/an index int32\[\], got float32\[\]/);
    expect(types(aval([2], "int32"), { branches: [branches[0]] })).toThrow(/got int32\[2\]/);
  });
});

describe("dead code elimination", () => {
  const text = (f: (x: NDArray) => unknown): string => String(withoutDeadCode(makeJaxpr(f as (x: NDArray) => NDArray)(scalar)));

  test("drops outputs of a cond that nobody reads, and operands that no branch needs any more", () => {
    const kept = text((x) => {
      const y = np.exp(x);
      return lax.cond(
        x.greater(0),
        (a: NDArray, b: NDArray) => [a, b],
        (a: NDArray, b: NDArray) => [a.neg(), np.sin(b)],
        x,
        y,
      )[0];
    });
    expect(kept).not.toMatch(/exp|sin/);
    expect(kept).toMatch(/cond\[/);
  });

  test("drops carries of a while that only feed themselves", () => {
    const loop =
      (k: "n" | "dead") =>
      (x: NDArray): unknown =>
        lax.whileLoop(
          (c) => c.n.less(3),
          (c) => ({ n: c.n.add(1), dead: np.sin(c.dead).mul(x), live: c.live.mul(2) }),
          { n: counter, dead: x, live: x },
        )[k];
    expect(text(loop("n"))).not.toMatch(/sin|mul/);
    expect(text(loop("dead"))).toMatch(/sin/);
    // The constant of the body goes with them, and the count stays: the condition reads it.
    expect(text(loop("n"))).toMatch(/body_consts=0/);
  });

  test("keeps what prints", () => {
    const noisy = (x: NDArray): NDArray =>
      lax.scan(
        ([c, unread]) => {
          debugPrint("{}", unread);
          return [[c.mul(2), np.sin(unread)], null];
        },
        [x, x],
        null,
        { length: 2 },
      )[0][0];
    expect(text(noisy)).toMatch(/sin/);
  });

  test("leaves what is all read as it is", () => {
    const program = makeJaxpr((x: NDArray) => lax.scan((c: NDArray) => [c.mul(2), c], x, null, { length: 2 }))(scalar);
    expect(withoutDeadCode(program).jaxpr.equations[0]).toBe(program.jaxpr.equations[0]);
    expect(scanP.prune?.(program.jaxpr.equations[0].params as ScanParams, [true, true])).toBeUndefined();
  });
});

test("a while prints its two programs, as JAX does", () => {
  const f = (x: NDArray): NDArray =>
    lax.whileLoop(
      (c: NDArray) => c.less(9),
      (c: NDArray) => c.mul(2),
      x,
    );
  expect(String(makeJaxpr(f)(scalar))).toBe(`{ lambda ; a:f32[]. let
    b:f32[] = while[
      body_consts=0
      body_jaxpr={ lambda ; c:f32[]. let d:f32[] = mul c 2.0:f32[] in (d,) }
      cond_consts=0
      cond_jaxpr={ lambda ; e:f32[]. let f:bool[] = lt e 9.0:f32[] in (f,) }
    ] a
  in (b,) }`);
});
