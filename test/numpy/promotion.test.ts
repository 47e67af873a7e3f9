// Promotion: all pairs of dtypes, all dtypes beside literals, and what traced programs show of it.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { type DType, dtypes } from "../../src/core/dtype.js";
import { DTypeError, TypeMismatchError } from "../../src/core/errors.js";
import { grad, jit, makeJaxpr } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

// jax.numpy.promote_types on our dtypes; null where JAX goes to int64, which does not exist here.
const order: readonly DType[] = ["bool", "uint8", "int8", "uint32", "int32", "float32", "float64"];
const lattice: readonly (readonly (DType | null)[])[] = [
  ["bool", "uint8", "int8", "uint32", "int32", "float32", "float64"],
  ["uint8", "uint8", "int32", "uint32", "int32", "float32", "float64"],
  ["int8", "int32", "int8", null, "int32", "float32", "float64"],
  ["uint32", "uint32", null, "uint32", null, "float32", "float64"],
  ["int32", "int32", "int32", null, "int32", "float32", "float64"],
  ["float32", "float32", "float32", "float32", "float32", "float32", "float64"],
  ["float64", "float64", "float64", "float64", "float64", "float64", "float64"],
];
const pairs = order.flatMap((a, i) => order.map((b, j) => ({ a, b, result: lattice[i][j] })));

const ones = (dtype: DType): NDArray => np.ones([2], { dtype });

describe("two arrays", () => {
  it("covers all dtypes", () => expect(new Set(order)).toEqual(new Set(dtypes)));

  it.each(pairs)("$a with $b gives $result", ({ a, b, result }) => {
    if (result === null) {
      expect(() => np.multiply(ones(a), ones(b))).toThrow(DTypeError);
      expect(() => np.multiply(ones(a), ones(b))).toThrow(
        /multiply: expected two dtypes that one dtype can hold, got u?int(8|32) and u?int(8|32)/,
      );
      return;
    }
    expect(np.multiply(ones(a), ones(b)).dtype).toBe(result);
    expect(np.where(true, ones(a), ones(b)).dtype).toBe(result);
    expect(np.concatenate([ones(a), ones(b)]).dtype).toBe(result);
    expect(np.resultType(a, b)).toBe(result);
    expect(np.divide(ones(a), ones(b)).dtype).toBe(result === "float64" ? "float64" : "float32");
  });
});

describe("an array and a literal", () => {
  const beside: Record<DType, readonly [boolean: DType, integer: DType, fraction: DType]> = {
    bool: ["bool", "int32", "float32"],
    int8: ["int8", "int8", "float32"],
    uint8: ["uint8", "uint8", "float32"],
    int32: ["int32", "int32", "float32"],
    uint32: ["uint32", "uint32", "float32"],
    float32: ["float32", "float32", "float32"],
    float64: ["float64", "float64", "float64"],
  };

  it.each(dtypes.map((dtype) => ({ dtype })))("$dtype", ({ dtype }) => {
    const x = ones(dtype);
    const [boolean, integer, fraction] = beside[dtype];
    expect(np.add(x, true).dtype).toBe(boolean);
    expect(np.add(3, x).dtype).toBe(integer);
    expect(np.multiply(x, 0.5).dtype).toBe(fraction);
    expect(np.maximum(x, NaN).dtype).toBe(fraction);
    expect(np.clip(x, 0, 0.5).dtype).toBe(fraction);
  });

  it("is the same inside of transforms, for traced numbers too", () => {
    const f = jit((x: NDArray, k: NDArray) => np.multiply(x, k));
    expect(f(np.arange(2), 3).dtype).toBe("int32");
    expect(f(np.arange(2), 0.5).dtype).toBe("float32");
    expect(f(np.ones([2], { dtype: "float64" }), 0.1).toArray()).toEqual([0.1, 0.1]);
  });

  it("keeps the exact value beside float64", () => {
    expect(np.add(np.zeros([1], { dtype: "float64" }), 0.1).toArray()).toEqual([0.1]);
    expect(np.where(np.array([true]), 0.1, np.zeros([1], { dtype: "float64" })).toArray()).toEqual([0.1]);
    expect(np.full([1], 0.1, { dtype: "float64" }).toArray()).toEqual([0.1]);
  });

  it("refuses a number that the integer dtype cannot hold", () => {
    expect(() => np.add(np.ones([1], { dtype: "uint8" }), 300)).toThrow(/add: expected a number that uint8 holds, got 300/);
    expect(() => np.greater(np.ones([1], { dtype: "uint8" }), -1)).toThrow(DTypeError);
  });

  it("alone is float32, and booleans are bool", () => {
    expect(np.add(1, 2).dtype).toBe("float32");
    expect(np.add(1, 2).aval.weak).toBeUndefined();
    expect(np.logicalAnd(true, false).dtype).toBe("bool");
    expect(np.add(true, 2).dtype).toBe("int32");
    expect(np.positive(3).aval.weak).toBeUndefined();
  });
});

describe("what is staged", () => {
  it("is a literal beside an array, without conversion or broadcast", () => {
    const x = np.ones([3]);
    expect(String(makeJaxpr((a: NDArray) => a.mul(2))(x))).toBe("{ lambda ; a:f32[3]. let b:f32[3] = mul a 2.0:f32[] in (b,) }");
    expect(String(makeJaxpr((a: NDArray) => np.add(1, a))(np.arange(3)))).toBe(
      "{ lambda ; a:i32[3]. let b:i32[3] = add 1:i32[] a in (b,) }",
    );
  });

  it("broadcasts by broadcast_in_dim only what needs it", () => {
    const program = String(
      makeJaxpr((a: NDArray, b: NDArray, c: NDArray) => np.where(a, b, c))(np.array(true), np.ones([2, 3]), np.ones([3])),
    );
    expect(program.match(/broadcast_in_dim/g)).toHaveLength(1);
  });
});

describe("operands that are none", () => {
  it("are refused with what to do", () => {
    expect(() => np.add([1, 2] as never, 1)).toThrow(TypeMismatchError);
    expect(() => np.add([1, 2] as never, 1)).toThrow(/add: expected an array, a number or a boolean, got a JavaScript list/);
    expect(() => np.sin("1" as never)).toThrow(/sin: .* got a string/);
    expect(() => np.sum(null as never)).toThrow(/sum: .* got null/);
  });

  it("that do not broadcast are refused with both shapes", () => {
    expect(() => np.add(np.ones([2, 3]), np.ones([2]))).toThrow(/add: expected shapes that broadcast.*got \[2,3\] and \[2\]/);
    expect(() => np.where(np.array([true, false]), np.ones([3]), 0)).toThrow(/where: .*\[2\] and \[3\]/);
  });
});

describe("conversion in derivatives", () => {
  it("comes back in the dtype of the argument", () => {
    const x = np.ones([2]);
    const g = grad((a: NDArray) => np.multiply(a, np.array([1, 2], { dtype: "float64" })).sum())(x);
    expect(g.dtype).toBe("float32");
    expect(g.toArray()).toEqual([1, 2]);
  });
});
