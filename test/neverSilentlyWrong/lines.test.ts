// Every equation carries the user's line, and errors quote it: type errors while tracing, errors of derivatives, errors of
// what is deep inside of transforms. And trees that must match are compared by path.

import { describe, expect, test } from "vitest";
import {
  CotangentError,
  type NDArray,
  ShapeError,
  TreeError,
  checkpoint,
  grad,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  vjp,
  vmap,
} from "../../src/index.js";
import { innerPrograms } from "../../src/core/check.js";
import type { Equation, Jaxpr } from "../../src/core/jaxpr.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { exp } from "../../src/ops/exponential.js";
import { sin } from "../../src/ops/trigonometric.js";
import { f32, f64, i32, untyped } from "../transform/arrays.js";

type Scalar = (x: NDArray) => NDArray;

/** The line of this file that calls this function. */
const here = (): number => Number(/lines\.test\.ts:(\d+):\d+\)?$/.exec(new Error().stack?.split("\n")[2] ?? "")?.[1]);
const lineOf = (where: string | undefined): number => Number(/lines\.test\.ts:(\d+):\d+$/.exec(where ?? "")?.[1]);
const all = (jaxpr: Jaxpr): readonly Equation[] => jaxpr.equations.flatMap((e) => [e, ...innerPrograms(e.params).flatMap(all)]);

const x = f64(0.5, 1.5);
let [first, last] = [0, 0];
const loss: Scalar = (y) => {
  first = here() + 1;
  const z = exp(sin(y));
  const w = mul(z, y);
  last = here() + 1;
  return reduceSum(mul(w, w));
};

describe("equations", () => {
  const programs: Readonly<Record<string, (f: Scalar) => Scalar>> = {
    plain: (f) => f,
    jit: (f) => jit(f),
    grad: (f) => (y) => grad(f)(y),
    "jit of grad": (f) => jit(grad(f)),
    "grad of jit": (f) => grad(jit(f)),
    "grad of checkpoint": (f) => grad(checkpoint(f)),
    vmap: (f) => (y) => vmap((s: NDArray) => f(mul(s, y)))(f64(1, 2)),
    jvp: (f) => (y) => jvp(f, [y], [y])[1],
    "third derivative": (f) => grad((y: NDArray) => reduceSum(grad((z: NDArray) => reduceSum(grad(f)(z)))(y))),
    "jit, vmap and four derivatives": (f) =>
      jit((y: NDArray) =>
        vmap(
          (s: NDArray) =>
            jvp(
              (u: NDArray) => jvp((v: NDArray) => reduceSum(grad((w: NDArray) => reduceSum(grad(f)(w)))(v)), [u], [u])[1],
              [mul(s, y)],
              [y],
            )[1],
        )(f64(1, 2)),
      ),
  };
  test.each(Object.entries(programs))("%s: each has its line, derivatives the line of what they derive", (name, transform) => {
    const equations = all(makeJaxpr(transform(loss))(x).jaxpr);
    expect(equations.length).toBeGreaterThan(4);
    for (const e of equations) expect(e.source.line, `${e.primitive.name} of ${name}`).toMatch(/lines\.test\.ts:\d+:\d+$/);
    const sines = equations.filter((e) => ["sin", "cos", "exp"].includes(e.primitive.name));
    expect(sines.length).toBeGreaterThan(1);
    for (const e of sines) expect(lineOf(e.source.line)).toBe(first);
    const lines = new Set(equations.map((e) => lineOf(e.source.line)));
    expect([first, first + 1, last].every((line) => lines.has(line))).toBe(true);
  });
});

describe("errors quote the operation's line", () => {
  const wrong = (y: NDArray): NDArray => {
    first = here() + 1;
    const z = add(y, f64(1, 2, 3));
    return reduceSum(z);
  };
  const calls: Readonly<Record<string, () => unknown>> = {
    eager: () => wrong(x),
    jit: () => jit(wrong)(x),
    grad: () => grad(wrong)(x),
    "jit of vmap of grad": () => jit(vmap(grad(wrong)))(matrix()),
    checkpoint: () => grad(checkpoint(wrong))(x),
    vjp: () => vjp(wrong, [x]),
    linearize: () => linearize(wrong, [x]),
  };
  test.each(Object.entries(calls))("%s", (_, call) => {
    let error: unknown;
    try {
      call();
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(ShapeError);
    if (!(error instanceof CotangentError)) throw error;
    expect(lineOf(error.at)).toBe(first);
    expect(error.message).toMatch(/^add: expected .*\n? *.*, got .*float64\[2\].*float64\[3\]/);
    expect(error.message.endsWith(`at: ${error.at}`)).toBe(true);
  });
});

const matrix = (): NDArray => vmap((s: NDArray) => mul(s, x))(f64(1, 2));

describe("trees that must match", () => {
  const f = (p: { w: NDArray; layers: { b: NDArray }[] }): NDArray => add(reduceSum(p.w), reduceSum(p.layers[0].b));
  const primal = { w: f32(1), layers: [{ b: f32(2) }] };
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["a missing key", { layers: [{ b: f32(2) }] }, "[0].w: array in primals, missing in a tangent"],
    ["another length", { w: f32(1), layers: [] }, "[0].layers: list of 1 in primals, list of 0 in a tangent"],
    ["null for an array", { w: null, layers: [{ b: f32(2) }] }, "[0].w: array in primals, null in a tangent"],
    ["a record for an array", { w: { v: f32(1) }, layers: [{ b: f32(2) }] }, "[0].w: array in primals, record in a tangent"],
  ];
  test.each(cases)("%s: the path and both sides are told", (_, tangent, message) => {
    const call = (): unknown => untyped(jvp)(f, [primal], [tangent]);
    expect(call).toThrow(TreeError);
    expect(call).toThrow(message);
    expect(call).toThrow(/^jvp: expected trees of the same structure/);
  });

  test("leaves of another type, by path", () => {
    expect(() => untyped(jvp)(f, [primal], [{ w: f32(1), layers: [{ b: i32(2) }] }])).toThrow("at primals[0].layers[0].b, got int32[1].");
  });
});
