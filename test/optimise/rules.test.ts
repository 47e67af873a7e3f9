// What becomes of programs, as text: rules by example, constants, equal equations, dead ones, calls, effects and barriers.

import { describe, expect, it } from "vitest";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { setDebug } from "../../src/core/debug.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import * as np from "../../src/numpy/index.js";
import { optimizationBarrier } from "../../src/ops/barrier.js";
import { broadcastInDim, full, reduceSum } from "../../src/ops/broadcast.js";
import { debugPrint } from "../../src/ops/debugCallback.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { transpose } from "../../src/ops/layout.js";
import { select } from "../../src/ops/select.js";
import { optimise } from "../../src/optimise/optimise.js";
import { checkpoint } from "../../src/transform/checkpoint.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { expectClose } from "../property/measure.js";
import "../../src/install.js";

setDebug({ checkJaxprs: true });

type F = (...xs: NDArray[]) => NDArray | readonly NDArray[];

const traced = (f: F, ...xs: readonly NDArray[]): ClosedJaxpr => makeJaxpr(f)(...(xs as NDArray[]));
const text = (f: F, ...xs: readonly NDArray[]): string => String(optimise(traced(f, ...xs)));
const run = (program: ClosedJaxpr, xs: readonly NDArray[]): readonly NDArray[] => interpret(program).run(xs as readonly ConcreteArray[]);

/** The text on one line, equations as words apart. */
const flat = (program: string): string => program.replace(/[\s;]+/g, " ");

const v = np.arange(3, { dtype: "float32" });
const m = np.ones([2, 3]);
const n = np.ones([2, 3]).mul(2);

describe("optimise", () => {
  const examples: readonly (readonly [string, F, readonly NDArray[], string])[] = [
    ["laws in turn", (x) => x.neg().neg().mul(1).sub(0), [v], "{ lambda ; a:f32[3]. let  in (a,) }"],
    ["not x + 0, which is 0 for −0", (x) => x.add(0), [v], "{ lambda ; a:f32[3]. let b:f32[3] = add a 0.0:f32[] in (b,) }"],
    ["not x − x, which is NaN for infinities", (x) => x.sub(x), [v], "{ lambda ; a:f32[3]. let b:f32[3] = sub a a in (b,) }"],
    [
      "known numbers",
      (x) => x.mul(np.array(2).mul(3).exp().mul(0).add(4)),
      [v],
      "{ lambda ; a:f32[3]. let b:f32[3] = mul a 4.0:f32[] in (b,) }",
    ],
    [
      "powers of two",
      (x) => x.div(4).div(3),
      [v],
      "{ lambda ; a:f32[3]. let b:f32[3] = mul a 0.25:f32[]; c:f32[3] = div b 3.0:f32[] in (c,) }",
    ],
    ["small powers", (x) => np.power(x, np.array(2)), [v], "{ lambda ; a:f32[3]. let b:f32[3] = square a in (b,) }"],
    [
      "equal equations once",
      (x) => np.sin(x).add(np.sin(x)),
      [v],
      "{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = add b b in (c,) }",
    ],
    [
      "in either order",
      (x, y) => x.mul(y).sub(y.mul(x)),
      [v, v],
      "{ lambda ; a:f32[3] b:f32[3]. let c:f32[3] = mul a b; d:f32[3] = sub c c in (d,) }",
    ],
    ["what is used alone", (x) => [np.sin(x), np.cos(x)][0], [v], "{ lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) }"],
    ["calls opened", (x) => jit((y: NDArray) => y.neg())(x).neg(), [v], "{ lambda ; a:f32[3]. let  in (a,) }"],
    ["scalars beside arrays", (x) => x.mul(full([3], 2, "float32")), [v], "{ lambda ; a:f32[3]. let b:f32[3] = mul a 2.0:f32[] in (b,) }"],
    [
      "functions before broadcasts",
      (x) => np.exp(broadcastInDim(x, [2, 3], [1])),
      [v],
      "{ lambda ; a:f32[3]. let\n    b:f32[3] = exp a\n    c:f32[2,3] = broadcast_in_dim[broadcast_dimensions=(1,) shape=(2, 3)] b\n  in (c,) }",
    ],
    [
      "sums of what repeats",
      (x) => reduceSum(broadcastInDim(x, [4, 3], [1]), [0]),
      [v],
      "{ lambda ; a:f32[3]. let b:f32[3] = mul a 4.0:f32[]; c:f32[3] = add b 0.0:f32[] in (c,) }",
    ],
    [
      "transposes in products",
      (x, y) =>
        dotGeneral(transpose(x, [1, 0]), y, [
          [[1], [0]],
          [[], []],
        ]),
      [m, n],
      "{ lambda ; a:f32[2,3] b:f32[2,3]. let\n    c:f32[3,3] = dot_general[\n      dimension_numbers=(([0], [0]), ([], []))\n      preferred_element_type=float32\n    ] a b\n  in (c,) }",
    ],
    [
      "transposes of products",
      (x, y) =>
        transpose(
          dotGeneral(x, y, [
            [[0], [0]],
            [[], []],
          ]),
          [1, 0],
        ),
      [m, n],
      "{ lambda ; a:f32[2,3] b:f32[2,3]. let\n    c:f32[3,3] = dot_general[\n      dimension_numbers=(([0], [0]), ([], []))\n      preferred_element_type=float32\n    ] b a\n  in (c,) }",
    ],
    [
      "products with ones",
      (x) =>
        dotGeneral(x, full([3, 2], 1, "float32"), [
          [[1], [0]],
          [[], []],
        ]),
      [m],
      "{ lambda ; a:f32[2,3]. let\n    b:f32[2] = reduce_sum[axes=(1,)] a\n    c:f32[2,2] = broadcast_in_dim[broadcast_dimensions=(0,) shape=(2, 2)] b\n  in (c,) }",
    ],
    ["known choices", (x, y) => select(true, x, y), [v, v], "{ lambda ; a:f32[3] b:f32[3]. let  in (a,) }"],
  ];

  it.each(examples)("knows %s", (_, f, xs, expected) => {
    const program = traced(f, ...xs);
    expect(flat(String(optimise(program)))).toBe(flat(expected));
    expectClose(run(optimise(program), xs), run(program, xs), 1e-6, "optimised");
  });

  it("folds constants of few elements, and no others", () => {
    expect(text((x) => x.add(np.sin(v)), v)).toBe("{ lambda a:f32[3]; b:f32[3]. let c:f32[3] = add b a in (c,) }");
    const large = np.ones([100]);
    const staged = text((x) => x.add(jit((y: NDArray) => np.sin(y))(large)), np.ones([100]));
    expect(staged).toContain("sin");
    const small = text((x) => x.add(jit((y: NDArray) => np.sin(y))(v)), v);
    expect(small).not.toContain("sin");
  });

  it("keeps the weakness of arguments that are numbers", () => {
    const program = traced((x) => x.add(0.5), np.ones([]));
    expect(optimise(program).inAvals).toEqual(program.inAvals);
    const f = jit((x: NDArray | number) => np.add(x, np.ones([2], { dtype: "float64" })));
    expect((f(0.1) as NDArray).toArray()).toEqual([1.1, 1.1]);
  });

  it("is itself when it is optimised again", () => {
    const once = optimise(traced((x) => np.sin(x).neg().neg(), v));
    expect(optimise(once)).toBe(once);
  });

  it("gives what it made the lines of what it stands for", () => {
    const program = traced((x) => np.exp(x).add(x.neg()), v);
    const lines = new Set(program.jaxpr.equations.map((equation) => equation.source.line));
    const made = optimise(program).jaxpr.equations;
    expect(made.map((equation) => equation.primitive.name)).toEqual(["exp", "sub"]);
    for (const equation of made) expect(lines).toContain(equation.source.line);
  });
});

describe("what computes again", () => {
  const inner = (x: NDArray): NDArray => np.sin(np.sin(x));
  const count = (program: ClosedJaxpr, name: string): number =>
    program.jaxpr.equations.filter((equation) => equation.primitive.name === name).length;

  it("stays computed again in a checkpoint's backward pass", () => {
    const plain = optimise(traced((x) => grad((y: NDArray) => inner(y).sum())(x), v));
    const kept = optimise(traced((x) => [inner(x), grad((y: NDArray) => checkpoint(inner)(y).sum())(x)], v));
    expect(count(plain, "sin")).toBe(1);
    // Forward: two. Backward again: the inner one.
    expect(count(kept, "sin")).toBe(3);
    expect(count(kept, "checkpoint")).toBe(0);
  });

  it("is not merged across a barrier", () => {
    const kept = optimise(traced((x) => [np.sin(x), np.sin(optimizationBarrier(x) as NDArray)], v));
    expect(count(kept, "sin")).toBe(2);
  });
});

describe("effects", () => {
  it("stay, once each and in order, also where nothing reads them", () => {
    const lines: string[] = [];
    const before = setDebug({ print: (line) => void lines.push(line) });
    try {
      const f = (x: NDArray): NDArray => {
        debugPrint("x {}", x);
        jit((y: NDArray) => {
          debugPrint("y {}", y);
          return y;
        })(x);
        debugPrint("x {}", x);
        return x.neg().neg();
      };
      const program = traced(f, np.ones([]));
      run(optimise(program), [np.ones([])]);
    } finally {
      setDebug(before);
    }
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => line[0])).toEqual(["x", "y", "x"]);
  });
});
