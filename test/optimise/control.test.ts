// Control flow: bodies are optimised, what does not turn leaves them, branches that are known are taken.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { innerPrograms } from "../../src/core/check.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { setDebug } from "../../src/core/debug.js";
import type { Equation, Jaxpr } from "../../src/core/jaxpr.js";
import { interpret } from "../../src/interpret/evaluator.js";
import * as lax from "../../src/lax/index.js";
import * as np from "../../src/numpy/index.js";
import { optimise } from "../../src/optimise/optimise.js";
import { checkpoint } from "../../src/transform/checkpoint.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { expectClose, expectSame } from "../property/measure.js";

setDebug({ checkJaxprs: true });

type F = (...xs: NDArray[]) => NDArray | readonly NDArray[];

const traced = (f: F, xs: readonly NDArray[]): ClosedJaxpr => makeJaxpr(f)(...(xs as NDArray[]));
const run = (program: ClosedJaxpr, xs: readonly NDArray[]): readonly NDArray[] => interpret(program).run(xs as readonly ConcreteArray[]);
const namesOf = ({ equations }: Jaxpr): string[] => equations.map((equation) => equation.primitive.name);
const named = (program: ClosedJaxpr, name: string): Equation => {
  const found = program.jaxpr.equations.find((equation) => equation.primitive.name === name);
  if (found === undefined) expect.fail(`no ${name} in ${String(program)}`);
  return found;
};

const w = np.array([
  [0.5, -0.25],
  [0.125, 1],
]);
const x = np.array([1, 2]);

/** The optimised program, compared with the traced one. */
function checked(f: F, xs: readonly NDArray[]): ClosedJaxpr {
  const program = traced(f, xs);
  const result = optimise(program);
  expectClose(run(result, xs), run(program, xs), 1e-6, "optimised");
  expectClose([jit(f)(...(xs as NDArray[]))].flat(), run(program, xs), 1e-5, "compiled");
  return result;
}

describe("loops", () => {
  it("compute once what does not turn, and keep what only changes the layout", () => {
    const f = (a: NDArray, b: NDArray): NDArray =>
      lax.scan(
        (carry: NDArray, row: NDArray): [NDArray, NDArray] => {
          const turned = np.matmul(np.exp(b).T, carry.mul(row));
          return [carry.add(turned).neg().neg(), turned];
        },
        a,
        np.ones([3, 2]),
      )[0];
    const program = checked(f, [x, w]);
    const outside = namesOf(program.jaxpr);
    expect(outside.filter((name) => name === "exp" || name === "neg")).toEqual(["exp"]);
    const body = innerPrograms(named(program, "scan").params)[0];
    expect(namesOf(body).toSorted()).toEqual(["add", "dot_general", "mul"]);
  });

  it("do so in while loops", () => {
    const f = (a: NDArray, b: NDArray): NDArray =>
      lax.whileLoop(
        (y: NDArray) => y.sum().less(10),
        (y: NDArray) => y.add(np.exp(b).sum()),
        a,
      );
    const program = checked(f, [x, w]);
    expect(namesOf(program.jaxpr)).toEqual(["exp", "reduce_sum", "while"]);
  });

  it("recompute in their turns what a checkpoint drops", () => {
    const step = checkpoint((y: NDArray) => np.sin(np.sin(y)));
    const f = (a: NDArray): NDArray =>
      lax.scan((carry: NDArray, row: NDArray): [NDArray, NDArray] => [step(carry).mul(row), row], a, np.ones([3, 2]))[0].sum();
    const program = checked((a) => grad(f)(a), [x]);
    const sines = program.jaxpr.equations
      .filter((equation) => equation.primitive.name === "scan")
      .map((equation) => namesOf(innerPrograms(equation.params)[0]).filter((name) => name === "sin").length);
    // Forward two; backward one of them again.
    expect(sines).toEqual([2, 1]);
  });

  it("keep their effects inside", () => {
    const f = (a: NDArray): NDArray => lax.scan((carry: NDArray): [NDArray, null] => [carry.mul(2), null], a, null, { length: 4 })[0];
    expectSame([jit(f)(x)], [f(x)], "doubled");
  });
});

describe("branches", () => {
  const f =
    (which: NDArray | boolean) =>
    (a: NDArray): NDArray =>
      lax.cond(
        which,
        (y: NDArray) => np.sin(y).neg().neg(),
        (y: NDArray) => np.cos(y),
        a,
      );

  it("are taken where they are known", () => {
    const known = checked((a) => f(np.array(3).greater(2))(a), [x]);
    expect(namesOf(known.jaxpr)).toEqual(["sin"]);
  });

  it("are optimised where they are not", () => {
    const program = checked((a) => f(a.sum().greater(2))(a), [x]);
    expect(innerPrograms(named(program, "cond").params).map(namesOf)).toEqual([["cos"], ["sin"]]);
  });
});
