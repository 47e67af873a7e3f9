// Staging: what becomes an equation, a literal, a constant; and the evaluation of what was staged.

import { describe, expect, test } from "vitest";
import { LiteralArray, type NDArray, scalar } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { evaluateJaxpr, lastUses } from "../../src/core/evaluate.js";
import { stage } from "../../src/core/staging.js";
import { currentTrace, evalTrace } from "../../src/core/trace.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { sin } from "../../src/ops/trigonometric.js";
import { arrayOf } from "../ops/rules.js";

const vector = aval([2], "float32");

describe("what a program closes over", () => {
  test("a scalar is a literal, an array a constant, the same array one constant", () => {
    const w = arrayOf("float32", [3, 4]);
    const program = stage("test", [vector], (x) => [add(mul(x, w), add(w, scalar(1, "float32")))]);
    expect(program.consts).toEqual([w]);
    expect(program.jaxpr.constvars).toHaveLength(1);
    expect(program.jaxpr.equations.flatMap((e) => e.inputs).filter((atom) => atom.kind === "literal")).toHaveLength(1);
  });

  test("operations on what does not depend on the inputs are staged too", () => {
    const program = stage("test", [vector], (x) => [add(x, sin(scalar(1, "float32")))]);
    expect(program.jaxpr.equations.map((e) => e.primitive.name)).toEqual(["sin", "add"]);
  });

  test("an array that is only returned is a constant", () => {
    const w = arrayOf("float32", [3, 4]);
    expect(stage("test", [], () => [w]).consts).toEqual([w]);
  });
});

describe("evaluation", () => {
  test("gives what the function gives", () => {
    const f = (x: NDArray): NDArray => add(mul(sin(x), x), arrayOf("float32", [1, 2]));
    const x = arrayOf("float32", [0.5, -0.5]);
    expect(
      evaluateJaxpr(
        stage("test", [vector], (y) => [f(y)]),
        [x],
      )[0].toArray(),
    ).toEqual(f(x).toArray());
  });

  test("each variable dies once, after its last use; outputs never do", () => {
    const { jaxpr } = stage("test", [vector], (x) => {
      const y = sin(x);
      sin(y);
      return [add(y, x), y];
    });
    const dying = lastUses(jaxpr);
    expect(dying.map((vs) => vs.length)).toEqual([0, 1, 1]);
    expect(dying[1]).toEqual(jaxpr.equations[1].outputs);
    expect(dying[2]).toEqual([jaxpr.invars[0]]);
  });
});

describe("the trace in force", () => {
  test("is the outer one again after a transform, also when the function throws", () => {
    const fails = (): never => {
      throw new RangeError("mine");
    };
    expect(() => stage("test", [vector], fails)).toThrow(RangeError);
    expect(currentTrace()).toBe(evalTrace);
    expect(add(1, 2).item()).toBe(3);
  });
});

test("the literal that a number became is exact", () => {
  expect(new LiteralArray(0.1).item()).toBe(0.1);
});
