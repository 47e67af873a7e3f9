// Reading arrays, what counts as one, and arrays without elements.

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  AbstractArray,
  ConcreteArray,
  LiteralArray,
  asArray,
  fromTypedArray,
  isArray,
  isArrayLike,
  kindOf,
  literal,
  scalar,
} from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { ConcretizationError, DonatedError, ShapeError, TypeMismatchError } from "../../src/core/errors.js";
import { add } from "../../src/ops/arithmetic.js";
import { arrayOf } from "../ops/rules.js";

const matrix = arrayOf("float32", [1, 2, 3, 4, 5, 6], [2, 3]);

describe("reading", () => {
  test("shape, dtype, ndim and size", () => {
    expect([matrix.shape, matrix.dtype, matrix.ndim, matrix.size]).toEqual([[2, 3], "float32", 2, 6]);
    expect([scalar(1, "int8").ndim, scalar(1, "int8").size]).toEqual([0, 1]);
  });

  test("toArray nests by the axes", () => {
    expect(matrix.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(scalar(3, "int32").toArray()).toBe(3);
    expect(arrayOf("bool", [1, 0], [2, 1]).toArray()).toEqual([[true], [false]]);
    expect(arrayOf("float32", [], [2, 0]).toArray()).toEqual([[], []]);
  });

  test("item reads the only element, whatever the rank", () => {
    expect([scalar(3, "int32").item(), arrayOf("float64", [0.1], [1, 1]).item()]).toEqual([3, 0.1]);
  });

  test.each([
    [matrix, "float32[2,3]"],
    [arrayOf("int32", []), "int32[0]"],
  ])("item of another size is refused", (x, received) => {
    expect(() => x.item()).toThrow(ShapeError);
    expect(() => x.item()).toThrow(
      `item: expected an array with one element, got ${received}.\n  reduce it first, or read all elements with toArray().`,
    );
  });

  test("JSON has the elements, and a tracer is refused", () => {
    expect(JSON.stringify({ w: matrix, n: scalar(1, "int8") })).toBe('{"w":[[1,2,3],[4,5,6]],"n":1}');
    expect(() => JSON.stringify(new AbstractArray(aval([], "float32")))).toThrow(ConcretizationError);
  });

  test("toTypedArray is a copy in the dtype's own storage", () => {
    const copy = matrix.toTypedArray();
    copy[0] = 99;
    expect(matrix.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(arrayOf("float32", [1]).toTypedArray()).toBeInstanceOf(Float32Array);
    expect(arrayOf("float64", [1]).toTypedArray()).toBeInstanceOf(Float64Array);
    expect(arrayOf("bool", [1]).toTypedArray()).toBeInstanceOf(Uint8Array);
    expect(literal(0.1).toTypedArray()).toEqual(Float32Array.of(0.1));
  });
});

describe("what stands for an array", () => {
  test("arrays, numbers and booleans", () => {
    expect([matrix, 1, true, "1", null, undefined, [1], {}].map(isArrayLike)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect([isArray(matrix), isArray(1)]).toEqual([true, false]);
    expect(asArray(matrix, "add")).toBe(matrix);
  });

  test("a number is weak, by kind, and keeps its exact value; a boolean is a bool", () => {
    expect(asArray(2, "add").aval).toEqual({ shape: [], dtype: "float32", weak: "integer" });
    expect(asArray(0.1, "add").aval).toEqual({ shape: [], dtype: "float32", weak: "fraction" });
    expect(asArray(true, "add").aval).toEqual({ shape: [], dtype: "bool" });
    expect(add(arrayOf("float64", [0]), 0.1).toArray()).toEqual([0.1]);
    expect(literal(3)).toBeInstanceOf(LiteralArray);
  });

  const notArrays: readonly (readonly [unknown, string, RegExp])[] = [
    [[1, 2], "a JavaScript list", /np\.array\(list\), or np\.stack\(list\)/],
    [null, "null", /pass an array/],
    [undefined, "undefined", /pass an array/],
    ["1", "a string", /pass an array/],
    [{}, "an object", /pass an array/],
    [(): void => undefined, "a function", /pass an array/],
    [1n, "a bigint", /pass an array/],
  ];
  test.each(notArrays)("%o is refused", (x, received, remedy) => {
    const refused = (): unknown => Reflect.apply(add, undefined, [matrix, x]);
    expect(refused).toThrow(TypeMismatchError);
    expect(refused).toThrow(`add: expected an array, a number or a boolean, got ${received}.`);
    expect(refused).toThrow(remedy);
    expect(kindOf(x)).toBe(received);
  });

  test("elements must fill the shape", () => {
    expect(() => fromTypedArray(Float32Array.of(1, 2, 3), [2, 2], "float32")).toThrow(
      "array: expected 4 elements for shape [2,2], got 3 elements.",
    );
  });
});

describe("arrays without elements", () => {
  const abstract = new AbstractArray(aval([3], "float32"));

  test("they print their type, and nothing of them can be read", () => {
    expect([abstract.toString(), inspect(abstract)]).toEqual(["AbstractArray<float32[3]>", "AbstractArray<float32[3]>"]);
    for (const read of [() => abstract.item(), () => abstract.toArray(), () => abstract.toTypedArray()])
      expect(read).toThrow(ConcretizationError);
  });

  test("an operation on one says what it is", () => {
    expect(() => add(abstract, 1)).toThrow("expected a concrete array, got AbstractArray<float32[3]>, which has no elements to read");
  });
});

describe("donation", () => {
  test("a donated array still tells its type, and its text says where it went", () => {
    const x = new ConcreteArray(aval([2], "float32"), Float32Array.of(1, 2));
    x.donate("step");
    expect([x.shape, x.dtype, x.donated]).toEqual([[2], "float32", true]);
    expect(inspect(x)).toBe("DonatedArray<float32[2]> to step");
    for (const read of [() => x.toArray(), () => x.toTypedArray(), () => add(x, 1)]) {
      expect(read).toThrow(DonatedError);
      expect(read).toThrow("use of a donated array: expected an array that is still alive, got float32[2], donated to step.");
    }
  });
});
