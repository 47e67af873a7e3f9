// One function for nests of many lengths gives the bits of a function for each length, however its turns are shared.

import { describe, expect, test } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { gt } from "../../src/ops/compare.js";
import { convertElementType } from "../../src/ops/convert.js";
import { full, iota } from "../../src/ops/layout.js";
import { select } from "../../src/ops/select.js";
import { sin } from "../../src/ops/trigonometric.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { noise } from "../property/arbitraries.js";

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 67, 100, 1000, 4099];

const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  "one operation": (x) => mul(x, 3),
  "an elementary function": (x) => add(mul(sin(x), 2), x),
  "the index": (x) => mul(x, convertElementType(iota("int32", [x.shape[0]], 0), x.dtype)),
};

const lone = makeMachine(1);
/** What each function gives of each length and dtype in a program of its own. */
const alone = new Map<string, ConcreteArray["data"][]>();
function resultsAlone(name: string, dtype: string, xs: readonly ConcreteArray[]): readonly ConcreteArray["data"][] {
  const key = `${name} of ${dtype}`;
  const known = alone.get(key) ?? xs.map((x) => wasmCompiler(lone)(makeJaxpr(functions[name])(x)).run([x])[0].data);
  alone.set(key, known);
  return known;
}

describe.each([1, 2, 3])("%i threads", (threads) => {
  const machine = makeMachine(threads, 0);
  test.each(
    Object.keys(functions).flatMap((name) =>
      (["float32", "float64", "int32"] as const)
        .filter((dtype) => dtype !== "int32" || name !== "an elementary function")
        .map((dtype) => [name, dtype] as const),
    ),
  )("%s of %s", (name, dtype) => {
    const f = functions[name];
    const xs = lengths.map((n, i) => noise([n], i, dtype) as ConcreteArray);
    const all = wasmCompiler(machine)(makeJaxpr((...ys: NDArray[]) => ys.map((y) => f(y)))(...xs)).run(xs);
    expect(all.map(({ data }) => data)).toEqual(resultsAlone(name, dtype, xs));
  });
});

test("a module has one function for an update of many leaves", () => {
  const xs = [10, 20, 30, 40].map((n) => noise([n], n, "float32"));
  const compile = wasmCompiler(makeMachine(1));
  const count = (ys: readonly NDArray[]): number => {
    const executable = compile(makeJaxpr((...zs: NDArray[]) => zs.map((z) => add(mul(sin(z), 2), z)))(...ys));
    return (executable.stages?.()?.module?.match(/\(func /g) ?? []).length;
  };
  expect(count(xs)).toBeGreaterThan(0);
  expect(count(xs)).toBe(count(xs.slice(0, 2)));
});

test.each(["float32", "float64"] as const)(
  "nests that differ in an infinity, NaN or the sign of a zero alone keep to their own, in %s",
  (dtype) => {
    const values = [Infinity, -Infinity, NaN, 0, -0];
    // Of lengths of their own, so that they are nests of their own.
    const xs = values.map((_, i) => noise([4 + i], i, dtype) as ConcreteArray);
    const program = makeJaxpr((...ys: NDArray[]) => ys.map((y, i) => select(gt(y, 2), y, full([], values[i], dtype))))(...xs);
    const found = wasmCompiler(makeMachine(1))(program).run(xs);
    expect(found.map((y) => y.toArray())).toEqual(values.map((value, i) => new Array<number>(4 + i).fill(value)));
  },
);
