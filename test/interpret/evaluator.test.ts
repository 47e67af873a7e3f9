// The reference evaluator: a program as steps over slots, run any number of times.

import { describe, expect, test } from "vitest";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { stage } from "../../src/core/staging.js";
import { ConcretizationError, shapeDtype } from "../../src/index.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { add, mul, sub } from "../../src/ops/arithmetic.js";
import { reshape } from "../../src/ops/layout.js";
import { sin } from "../../src/ops/trigonometric.js";
import { arrayOf } from "../ops/rules.js";

const vector = aval([2], "float64");
const program = (f: (...xs: NDArray[]) => readonly NDArray[], inputs = 1): ReturnType<typeof interpret> =>
  interpret(stage("test", new Array<typeof vector>(inputs).fill(vector), f));
const x = arrayOf("float64", [1, 2]);
const values = (outs: readonly NDArray[]): unknown[] => outs.map((y) => y.toArray());

describe("runs", () => {
  test("again and again, on other arguments", () => {
    const w = arrayOf("float64", [10, 20]);
    const run = program((y) => [add(mul(y, w), y), sin(mul(y, 0))]);
    expect(values(run.run([x]))).toEqual([
      [11, 42],
      [0, 0],
    ]);
    expect(values(run.run([w]))[0]).toEqual([110, 420]);
    expect(values(run.run([x]))[0]).toEqual([11, 42]);
    expect(w.toArray()).toEqual([10, 20]);
  });

  test("with inputs that are outputs, twice, unused, and outputs that are literals or constants", () => {
    const w = arrayOf("float64", [10, 20]);
    expect(values(program((y, _z) => [y, y, w], 2).run([x, w]))).toEqual([
      [1, 2],
      [1, 2],
      [10, 20],
    ]);
    expect(values(interpret(stage("test", [], () => [add(1, 2)])).run([]))).toEqual([3]);
  });

  test("a variable that dies at its last use may be used twice there", () => {
    expect(values(program((y) => [sub(mul(y, y), y)]).run([x]))).toEqual([[0, 2]]);
  });
});

describe("outputs", () => {
  test("are arrays of their own: donating an argument leaves them", () => {
    const own = arrayOf("float64", [1, 2]);
    const outs = program((y) => [y, reshape(y, [2, 1])]).run([own]);
    own.donate("test");
    expect(values(outs)).toEqual([
      [1, 2],
      [[1], [2]],
    ]);
    for (const y of outs) expect(y).toBeInstanceOf(ConcreteArray);
  });
});

test("constants must have elements", () => {
  const abstract = shapeDtype([2], "float64");
  expect(() => program((y) => [add(y, abstract)])).toThrow(ConcretizationError);
});
