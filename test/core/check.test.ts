// The checker on programs that break the grammar, each built by hand.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { type Aval, aval } from "../../src/core/aval.js";
import { checkJaxpr, checked } from "../../src/core/check.js";
import { ClosedJaxpr } from "../../src/core/closed.js";
import { JaxprError } from "../../src/core/errors.js";
import { type Atom, type Equation, type Jaxpr, Literal, Var } from "../../src/core/jaxpr.js";
import type { AnyPrimitive, Params } from "../../src/core/primitive.js";
import { grad, jit, makeJaxpr, setDebug } from "../../src/index.js";
import { addP, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin, sinP } from "../../src/ops/trigonometric.js";
import { jitP } from "../../src/transform/calls.js";
import { arrayOf } from "../ops/rules.js";

const vector = aval([3], "float32");
const variable = (a: Aval = vector): Var => new Var(a);
const equation = (primitive: AnyPrimitive, inputs: Atom[], outputs: Var[], params: Params = {}): Equation => ({
  primitive,
  inputs,
  outputs,
  params,
  source: { line: undefined },
});
const jaxpr = (invars: Var[], equations: Equation[], outvars: Atom[], constvars: Var[] = []): Jaxpr => ({
  constvars,
  invars,
  equations,
  outvars,
});

const [x, y, z] = [variable(), variable(), variable()];

describe("faults", () => {
  test.each<[string, Jaxpr, RegExp]>([
    [
      "an unbound input",
      jaxpr([], [equation(sinP, [x], [y])], [y]),
      /^jaxpr check of sin: expected variables bound before they are read, got an unbound one/,
    ],
    ["an unbound output", jaxpr([x], [], [y]), /^jaxpr check of outvars: expected variables bound before/],
    [
      "a variable read before it is bound",
      jaxpr([x], [equation(sinP, [y], [z]), equation(sinP, [x], [y])], [z]),
      /^jaxpr check of sin: expected variables bound before/,
    ],
    ["an input bound twice", jaxpr([x, x], [], [x]), /^jaxpr check of invars: expected each variable bound once, got one bound again/],
    ["a constant that is also an input", jaxpr([x], [], [x], [x]), /^jaxpr check of invars: expected each variable bound once/],
    [
      "an output bound twice",
      jaxpr([x], [equation(sinP, [x], [y]), equation(sinP, [x], [y])], [y]),
      /^jaxpr check of sin: expected each variable bound once/,
    ],
    [
      "a literal with axes",
      jaxpr([x], [equation(addP, [x, new Literal(1, vector)], [y])], [y]),
      /^jaxpr check of add: expected scalar literals, got float32\[3\]/,
    ],
    [
      "another output type than the equation gives",
      jaxpr([x], [equation(sinP, [x], [variable(aval([2], "float32"))])], []),
      /^jaxpr check of sin: expected float32\[3\], got float32\[2\]/,
    ],
    [
      "another output dtype",
      jaxpr([x], [equation(sinP, [x], [variable(aval([3], "float64"))])], []),
      /^jaxpr check of sin: expected float32\[3\], got float64\[3\]/,
    ],
    [
      "more outputs than the equation gives",
      jaxpr([x], [equation(sinP, [x], [y, z])], []),
      /^jaxpr check of sin: expected float32\[3\], got float32\[3\] float32\[3\]/,
    ],
    [
      "operands that do not fit",
      jaxpr(
        [x, variable(aval([2], "float32"))].map((v) => v),
        [equation(addP, [x, new Literal(1, aval([], "int32"))], [y])],
        [],
      ),
      /^jaxpr check of add: expected operands of one dtype/,
    ],
  ])("%s", (_, program, message) => {
    expect(() => checkJaxpr(program)).toThrow(JaxprError);
    expect(() => checkJaxpr(program)).toThrow(message);
    expect(() => checkJaxpr(program)).toThrow(/this is a fault of the library: please report the program/);
  });

  test("inside a call", () => {
    const inner = new ClosedJaxpr(jaxpr([x], [equation(sinP, [z], [y])], [y]), []);
    const outer = jaxpr([variable()], [], []);
    const call = jaxpr([...outer.invars], [equation(jitP, [outer.invars[0]], [variable()], { jaxpr: inner, name: "f" })], []);
    expect(() => checkJaxpr(call)).toThrow(/^jaxpr check of sin: expected variables bound before/);
  });

  test("a call whose operands do not fit its program", () => {
    const inner = new ClosedJaxpr(jaxpr([x], [], [x]), []);
    const operand = variable(aval([2], "float32"));
    const call = jaxpr([operand], [equation(jitP, [operand], [variable()], { jaxpr: inner, name: "f" })], []);
    expect(() => checkJaxpr(call)).toThrow(/expected float32\[3\], got float32\[2\]/);
  });
});

test("constants must have the types of their variables, where debug settings ask", () => {
  const program = new ClosedJaxpr(jaxpr([], [], [x], [x]), [arrayOf("float32", [1])]);
  expect(checked(program)).toBe(program);
  setDebug({ checkJaxprs: true });
  try {
    expect(() => checked(program)).toThrow(/^jaxpr check of constvars: expected float32\[3\], got float32\[1\]/);
    expect(() => checked(new ClosedJaxpr(program.jaxpr, []))).toThrow(JaxprError);
  } finally {
    setDebug({ checkJaxprs: false });
  }
});

test("programs that transforms build pass", () => {
  const loss = jit((w: NDArray) => reduceSum(mul(sin(w), w)));
  const w = arrayOf("float32", [1, 2, 3]);
  for (const f of [loss, grad(loss), grad((v: NDArray) => reduceSum(grad(loss)(v)))])
    expect(() => checkJaxpr(makeJaxpr(f)(w).jaxpr)).not.toThrow();
});
