// Eager operations as compiled programs: bits of the kernels where that is promised, bounds of rounding elsewhere, the same
// program again for the same primitive, parameters and types, and kernels wherever a program does not pay.

import { describe, expect, test, vi } from "vitest";
import "../../src/install.js";
import type { ConcreteArray } from "../../src/core/array.js";
import { setDebug } from "../../src/core/debug.js";
import type { DType } from "../../src/core/dtype.js";
import { CompilationError } from "../../src/core/errors.js";
import type { Compiler, Eager } from "../../src/core/executable.js";
import type { AnyPrimitive, Params } from "../../src/core/primitive.js";
import { runPrimitive } from "../../src/core/trace.js";
import { primitives } from "../../src/primitives.js";
import { wasmCompiler } from "../../src/runtime/compiler.js";
import { compiledNames, makeEager } from "../../src/runtime/eager.js";
import { makeMachine } from "../../src/runtime/machine.js";
import { expectClose } from "../close.js";
import { arrayOf, noise } from "../property/arbitraries.js";

const machine = makeMachine(1);

function counted(): { readonly eager: Eager; readonly compile: ReturnType<typeof vi.fn<Compiler>> } {
  const compile = vi.fn<Compiler>(wasmCompiler(machine));
  return { eager: makeEager(compile), compile };
}

/** Runs an operation until it is compiled. */
function compiled(eager: Eager, primitive: AnyPrimitive, args: readonly ConcreteArray[], params: Params): readonly ConcreteArray[] {
  for (let i = 0; i < 20_000; i++) {
    const outs = eager(primitive, args, params);
    if (outs !== undefined) return outs;
  }
  throw new Error(`${primitive.name} is never compiled`);
}

const bits = (x: ConcreteArray): Uint8Array => new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);

/** Numbers of all kinds, special ones first. */
function operand(dtype: DType, size: number, seed: number): ConcreteArray {
  const x = noise([size], seed, "float64") as ConcreteArray;
  const special = dtype.startsWith("float") ? [0, -0, NaN, Infinity, -Infinity, 1e-42, 3e38] : dtype === "bool" ? [] : [0, 1, 127];
  const values = Array.from(x.data, (v, i) => (i % 5 === seed % 5 && i < 5 * special.length ? special[Math.floor(i / 5)] : v * 10));
  return arrayOf(dtype, dtype === "bool" ? values.map((v) => Number(v > 0)) : dtype.startsWith("u") ? values.map(Math.abs) : values);
}

const two = [
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "max",
  "min",
  "eq",
  "lt",
  "and",
  "shift_left",
  "shift_right_logical",
  "shift_right_arithmetic",
] as const;
const one = ["neg", "abs", "sqrt", "floor", "trunc", "is_finite", "not", "sign", "square"] as const;
const ofFloats: readonly string[] = ["sqrt", "floor", "trunc", "is_finite"];
const ofIntegers: readonly string[] = ["and", "not", "shift_left", "shift_right_logical", "shift_right_arithmetic"];
const numbers: readonly DType[] = ["float32", "float64", "int32", "uint32", "int8", "uint8"];

describe("IEEE operations have the bits of the kernels", () => {
  const cases = numbers.flatMap((dtype) => [
    ...two.map((name) => [name, dtype, 2] as const),
    ...one.map((name) => [name, dtype, 1] as const),
  ]);
  test.each(
    cases.filter(
      ([name, dtype]) =>
        !(ofFloats.includes(name) && !dtype.startsWith("float")) &&
        !(ofIntegers.includes(name) && dtype.startsWith("float")) &&
        !(dtype.startsWith("u") && ["neg", "abs", "sign"].includes(name)),
    ),
  )("%s of %s", (name, dtype, count) => {
    const primitive = primitives[name] as AnyPrimitive;
    const args = Array.from({ length: count }, (_, seed) => operand(dtype, 1003, seed));
    const [expected] = runPrimitive(primitive, args, {});
    const [got] = compiled(counted().eager, primitive, args, {});
    expect(got.aval).toEqual(expected.aval);
    // NaN has many bit patterns; a value that is one is compared as such.
    expect(Array.from(got.data, (v) => (Object.is(v, -0) ? "-0" : String(v)))).toEqual(
      Array.from(expected.data, (v) => (Object.is(v, -0) ? "-0" : String(v))),
    );
  });
});

describe("conversions have the bits of the kernels", () => {
  test.each(numbers.flatMap((from) => numbers.flatMap((to) => (from === to ? [] : [[from, to] as const]))))("%s to %s", (from, to) => {
    const convert = primitives.convert_element_type as AnyPrimitive;
    const x = operand(from, 1003, 1);
    for (const weakType of [false, true]) {
      const params = { newDtype: to, weakType };
      const [got] = compiled(counted().eager, convert, [x], params);
      const [expected] = runPrimitive(convert, [x], params);
      expect(got.aval).toEqual(expected.aval);
      expect(Array.from(got.data)).toEqual(Array.from(expected.data));
    }
  });
});

describe("which operations are compiled", () => {
  const x = operand("float32", 1000, 0);
  const add = primitives.add as AnyPrimitive;

  test("a cheap one after enough use, once", () => {
    const { eager, compile } = counted();
    expect(eager(add, [x, x], {})).toBeUndefined();
    compiled(eager, add, [x, x], {});
    for (let i = 0; i < 10; i++) expect(eager(add, [x, x], {})).toHaveLength(1);
    expect(compile).toHaveBeenCalledTimes(1);
  });

  test("another type or another parameter is another program", () => {
    const { eager, compile } = counted();
    const y = operand("float32", 1200, 1);
    const matrix = noise([30, 40], 3, "float32") as ConcreteArray;
    const transpose = primitives.transpose as AnyPrimitive;
    compiled(eager, add, [x, x], {});
    expect(compiled(eager, add, [y, y], {})[0].size).toBe(1200);
    expect(compiled(eager, transpose, [matrix], { permutation: [1, 0] })[0].shape).toEqual([40, 30]);
    expect(compiled(eager, transpose, [matrix], { permutation: [0, 1] })[0].shape).toEqual([30, 40]);
    expect(compile).toHaveBeenCalledTimes(4);
  });

  test("at most 32 programs of a primitive: one that is used often stays, one that was found last goes", () => {
    const { eager, compile } = counted();
    const dear = primitives.erf_inv as AnyPrimitive;
    const big = (size: number): ConcreteArray => noise([size], 1, "float32") as ConcreteArray;
    const sizes = Array.from({ length: 33 }, (_, i) => 6000 + i);
    const often = big(5999);
    for (const size of sizes) {
      expect(eager(dear, [big(size)], {})).toHaveLength(1);
      for (let i = 0; i < 2; i++) eager(dear, [often], {});
    }
    expect(compile).toHaveBeenCalledTimes(34);
    expect(eager(dear, [often], {})).toHaveLength(1);
    expect(compile).toHaveBeenCalledTimes(34);
    // 34 types, 32 places: two of them are gone, and are compiled again.
    for (const size of sizes) eager(dear, [big(size)], {});
    expect(compile.mock.calls.length).toBeGreaterThanOrEqual(36);
  });

  test("small ones never, nor while NaNs are hunted", () => {
    const { eager, compile } = counted();
    const small = operand("float32", 100, 2);
    for (let i = 0; i < 30_000; i++) eager(add, [small, small], {});
    const before = setDebug({ debugNans: true });
    for (let i = 0; i < 3000; i++) expect(eager(add, [x, x], {})).toBeUndefined();
    setDebug(before);
    expect(compile).not.toHaveBeenCalled();
  });

  test("one whose rounding may differ: by its size alone, so that its bits are always the same", () => {
    const { eager } = counted();
    const exp = primitives.exp as AnyPrimitive;
    for (let i = 0; i < 5000; i++) expect(eager(exp, [x], {})).toBeUndefined();
    const large = noise([60_000], 5, "float32") as ConcreteArray;
    const [first] = eager(exp, [large], {}) as readonly ConcreteArray[];
    const [second] = eager(exp, [large], {}) as readonly ConcreteArray[];
    expect(Buffer.compare(bits(first), bits(second))).toBe(0);
    expectClose(first, runPrimitive(exp, [large], {})[0], 3e-7);
  });

  test("a product by its multiplications", () => {
    const { eager } = counted();
    const dot = primitives.dot_general as AnyPrimitive;
    const params = {
      dimensionNumbers: [
        [[1], [0]],
        [[], []],
      ],
      preferredElementType: "float32",
    };
    const [a, b] = [noise([100, 100], 1, "float32"), noise([100, 100], 2, "float32")] as ConcreteArray[];
    const [got] = eager(dot, [a, b], params) as readonly ConcreteArray[];
    expectClose(got, runPrimitive(dot, [a, b], params)[0], 1e-5);
    const [c, d] = [noise([10, 100], 1, "float32"), noise([100, 10], 2, "float32")] as ConcreteArray[];
    expect(eager(dot, [c, d], params)).toBeUndefined();
  });

  test("each name that has a cost is a primitive's", () => {
    const known = new Set(Object.keys(primitives));
    expect([...compiledNames].filter((name) => !known.has(name))).toEqual([]);
    expect(compiledNames).toContain("conv_general_dilated");
  });

  const wide = operand("float32", 20_000, 3);
  const words = (seed: number): ConcreteArray =>
    arrayOf(
      "uint32",
      Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, seed) >>> 0),
    );
  test.each([
    ["sort", [wide], { dimension: 0, isStable: true, numKeys: 1 }, 0],
    ["argmax", [noise([60_000], 6, "float32") as ConcreteArray], { axes: [0], indexDtype: "int32" }, 0],
    ["threefry2x32", [3, 5, 7, 9].map(words), {}, 0],
    ["erf_inv", [noise([20_000], 4, "float32") as ConcreteArray], {}, 3e-7],
    ["random_gamma", [words(3), words(5), arrayOf("float32", new Array<number>(20_000).fill(2.5))], { logSpace: false }, 1e-4],
  ] as const)("%s by what an element costs", (name, args, params, tolerance) => {
    const primitive = primitives[name] as AnyPrimitive;
    const got = counted().eager(primitive, args, params) as readonly ConcreteArray[];
    const expected = runPrimitive(primitive, args, params);
    expect(got).toHaveLength(expected.length);
    got.forEach((x, i) => expectClose(x, expected[i], tolerance));
  });

  test("a convolution by its multiplications", () => {
    const { eager } = counted();
    const conv = primitives.conv_general_dilated as AnyPrimitive;
    const params = {
      windowStrides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      lhsDilation: [1, 1],
      rhsDilation: [1, 1],
      dimensionNumbers: { lhsSpec: [0, 1, 2, 3], rhsSpec: [0, 1, 2, 3], outSpec: [0, 1, 2, 3] },
      featureGroupCount: 1,
      batchGroupCount: 1,
      preferredElementType: "float32",
    };
    const [image, kernel] = [noise([4, 3, 20, 20], 1, "float32"), noise([8, 3, 3, 3], 2, "float32")] as ConcreteArray[];
    const [got] = eager(conv, [image, kernel], params) as readonly ConcreteArray[];
    expectClose(got, runPrimitive(conv, [image, kernel], params)[0], 1e-5);
    const [small, one] = [noise([1, 3, 20, 20], 1, "float32"), noise([1, 3, 3, 3], 2, "float32")] as ConcreteArray[];
    expect(eager(conv, [small, one], params)).toBeUndefined();
  });

  test("a program that the engine refuses is left to the kernel, and not tried again", () => {
    const refusing = vi.fn<Compiler>(() => {
      throw new CompilationError({ op: "jit", expected: "an engine", received: "none", remedy: "none" });
    });
    const eager = makeEager(refusing);
    for (let i = 0; i < 5000; i++) expect(eager(add, [x, x], {})).toBeUndefined();
    expect(refusing).toHaveBeenCalledTimes(1);
  });
});
