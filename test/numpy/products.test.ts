import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, OptionError, ShapeError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import { reshape } from "../../src/ops/layout.js";
import { cross } from "../../src/numpy/cross.js";
import { dot, inner, kron, matmul, matvec, outer, tensordot, vdot, vecdot, vecmat } from "../../src/numpy/products.js";
import "../../src/install.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "../ops/rules.js";
import { broadcast, flatOf, tuples } from "./naiveIndexing.js";

const counting = (shape: readonly number[], dtype: "float32" | "int32" | "int8" = "float32", from = 0): NDArray =>
  arrayOf(
    dtype,
    Array.from({ length: sizeOf(shape) }, (_, i) => from + (i % 7)),
    shape,
  );

/** matmul of arrays with two axes or more, one element at a time. */
function naiveMatmul(x: NDArray, y: NDArray): { shape: number[]; values: number[] } {
  const [a, b] = [elements(x), elements(y)];
  const lead = broadcast([x.shape.slice(0, -2), y.shape.slice(0, -2)]) as number[];
  const [n, k, m] = [x.shape[x.ndim - 2], x.shape[x.ndim - 1], y.shape[y.ndim - 1]];
  const at = (shape: readonly number[], batch: readonly number[], tail: readonly number[]): number => {
    const own = shape.slice(0, -2);
    return flatOf(shape, [...batch.slice(batch.length - own.length).map((i, axis) => (own[axis] === 1 ? 0 : i)), ...tail]);
  };
  const shape = [...lead, n, m];
  const values = tuples(shape).map((place) => {
    const [i, j] = place.slice(-2);
    let sum = 0;
    for (let l = 0; l < k; l++) sum += a[at(x.shape, place.slice(0, -2), [i, l])] * b[at(y.shape, place.slice(0, -2), [l, j])];
    return sum;
  });
  return { shape, values };
}

describe("matmul", () => {
  it("stages one dot product, as JAX does", () => {
    expect(String(makeJaxpr((x: NDArray, y: NDArray) => matmul(x, y))(counting([2, 3]), counting([3, 4])))).toBe(
      [
        "{ lambda ; a:f32[2,3] b:f32[3,4]. let",
        "    c:f32[2,4] = dot_general[",
        "      dimension_numbers=(([1], [0]), ([], []))",
        "      preferred_element_type=float32",
        "    ] a b",
        "  in (c,) }",
      ].join("\n"),
    );
  });

  const leads: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[], []],
    [[5], [5]],
    [[5], []],
    [[], [5]],
    [[1], [5]],
    [
      [5, 1],
      [1, 4],
    ],
    [[4], [5, 4]],
    [
      [2, 1, 3],
      [5, 1],
    ],
    [[1], [1]],
    [[0], [1]],
  ];
  it.each(leads)("broadcasts leading axes %j and %j without repeating them", (left, right) => {
    const [x, y] = [counting([...left, 2, 3]), counting([...right, 3, 4], "float32", 1)];
    const { shape, values } = naiveMatmul(x, y);
    expect(matmul(x, y).shape).toEqual(shape);
    expect(elements(matmul(x, y))).toEqual(values);
    expect(elements(jit((a: NDArray, b: NDArray) => matmul(a, b))(x, y))).toEqual(values);
    const program = String(makeJaxpr((a: NDArray, b: NDArray) => matmul(a, b))(x, y));
    expect(program).toContain("dot_general");
    expect(program).not.toContain("broadcast_in_dim");
  });

  it("takes vectors on either side", () => {
    const [m, v, w] = [counting([2, 3]), arrayOf("float32", [1, 10, 100]), arrayOf("float32", [1, 10])];
    expect(matmul(m, v).toArray()).toEqual([210, 543]);
    expect(matmul(w, m).toArray()).toEqual([30, 41, 52]);
    expect(matmul(v, v).item()).toBe(10101);
    expect(matmul(counting([4, 2, 3]), v).shape).toEqual([4, 2]);
    expect(matmul(w, counting([4, 2, 3])).shape).toEqual([4, 3]);
  });

  it("multiplies integers, bool and mixed dtypes", () => {
    const [x, y] = [counting([2, 3], "int32"), counting([3, 2], "int32")];
    expect(matmul(x, y).dtype).toBe("int32");
    expect(matmul(x, y).toArray()).toEqual([
      [10, 13],
      [28, 40],
    ]);
    expect(matmul(x, counting([3, 2])).dtype).toBe("float32");
    const flags = arrayOf("bool", [1, 0, 0, 0], [2, 2]);
    expect(matmul(flags, flags).toArray()).toEqual([
      [true, false],
      [false, false],
    ]);
    const bytes = arrayOf("int8", [100, 100]);
    expect(matmul(bytes, bytes, { preferredElementType: "int32" }).item()).toBe(20000);
    expect(matmul(bytes, bytes).item()).toBe(32);
  });

  it("says which axes differ", () => {
    expect(() => matmul(counting([2, 3]), counting([2, 3]))).toThrow(ShapeError);
    expect(() => matmul(counting([2, 3]), counting([2, 3]))).toThrow(
      /matmul: expected axis 1 of the first array and axis 0 of the second to have one size, got 3 and 2, in float32\[2,3\] and float32\[2,3\]/,
    );
    expect(() => matmul(counting([2, 4, 3]), counting([5, 3, 2]))).toThrow(
      /axis 0 of the first array and axis 0 of the second, got 2 and 5/,
    );
    expect(() => matmul(2, counting([2]))).toThrow(/at least one axis/);
    expect(() => matmul(counting([2, 2]), counting([2, 2]), { precision: 1 } as object)).toThrow(OptionError);
    expect(() => matmul(counting([2]), counting([2]), { preferredElementType: "int32" })).toThrow(DTypeError);
  });

  it("differentiates and batches", () => {
    expectDerivatives((x, y) => [matmul(x, y)], [random([2, 1, 2, 3], 1), random([3, 3, 2], 2)]);
    expectDerivatives((x, y) => [matmul(x, y)], [random([3], 3), random([2, 3, 2], 4)]);
    expectBatched((x, y) => [matmul(x, y)], [random([4, 2, 3], 5), random([3, 2], 6)], [0, null]);
    expectBatched((x, y) => [matmul(x, y)], [random([4, 2, 3], 5), random([3, 4, 2], 6)], [0, 1]);
  });
});

describe("the other products", () => {
  const [x, y] = [counting([2, 3]), counting([4, 3])];

  it("dot contracts the last axis with the last but one", () => {
    expect(dot(counting([2, 3, 4]), counting([5, 4, 6])).shape).toEqual([2, 3, 5, 6]);
    const [a, b] = [counting([2, 3]), counting([2, 3, 2])];
    const expected = tuples([2, 2, 2]).map(([i, j, l]) =>
      [0, 1, 2].reduce((sum, k) => sum + elements(a)[i * 3 + k] * elements(b)[j * 6 + k * 2 + l], 0),
    );
    expect(elements(dot(a, b))).toEqual(expected);
    expect(dot(2, arrayOf("int32", [1, 2])).toArray()).toEqual([2, 4]);
    expect(dot(2, arrayOf("int8", [100]), { preferredElementType: "int32" }).toArray()).toEqual([200]);
    expect(() => dot(x, y)).toThrow(/axis 1 of the first array and axis 0 of the second/);
  });

  it("vdot, inner and outer", () => {
    expect(vdot(x, x).item()).toBe(55);
    expect(inner(x, y).shape).toEqual([2, 4]);
    expect(elements(inner(x, y))).toEqual(
      tuples([2, 4]).map(([i, j]) => [0, 1, 2].reduce((sum, k) => sum + elements(x)[i * 3 + k] * elements(y)[j * 3 + k], 0)),
    );
    expect(inner(3, x).shape).toEqual([2, 3]);
    expect(outer(arrayOf("int32", [1, 2]), arrayOf("int32", [3, 4, 5])).toArray()).toEqual([
      [3, 4, 5],
      [6, 8, 10],
    ]);
    expect(() => vdot(x, y)).toThrow(/6 and 12/);
  });

  it("matvec, vecmat and vecdot broadcast leading axes", () => {
    expect(matvec(x, y).shape).toEqual([4, 2]);
    expect(elements(matvec(x, y))).toEqual(
      tuples([4, 2]).map(([b, i]) => [0, 1, 2].reduce((sum, k) => sum + elements(x)[i * 3 + k] * elements(y)[b * 3 + k], 0)),
    );
    expect(vecmat(arrayOf("float32", [1, 10]), x).toArray()).toEqual([30, 41, 52]);
    expect(vecdot(x, arrayOf("float32", [1, 10, 100])).toArray()).toEqual([210, 543]);
    expect(vecdot(x, x, { axis: 0 }).toArray()).toEqual([9, 17, 29]);
    expect(() => matvec(arrayOf("float32", [1]), y)).toThrow(/a matrix on the left/);
    expect(() => vecmat(y, arrayOf("float32", [1]))).toThrow(/a matrix on the right/);
  });

  it("tensordot pairs axes in the order given", () => {
    const [a, b] = [counting([2, 3, 4]), counting([4, 3, 5])];
    expect(
      tensordot(a, b, [
        [1, 2],
        [1, 0],
      ]).shape,
    ).toEqual([2, 5]);
    const expected = tuples([2, 5]).map(([i, j]) =>
      tuples([3, 4]).reduce((sum, [p, q]) => sum + elements(a)[i * 12 + p * 4 + q] * elements(b)[q * 15 + p * 5 + j], 0),
    );
    expect(
      elements(
        tensordot(a, b, [
          [-2, -1],
          [1, 0],
        ]),
      ),
    ).toEqual(expected);
    expect(tensordot(a, b, 1).shape).toEqual([2, 3, 3, 5]);
    expect(tensordot(a, b, 0).shape).toEqual([2, 3, 4, 4, 3, 5]);
    expect(() => tensordot(a, b, [[0], [0, 1]])).toThrow(/as many axes/);
    expect(() => tensordot(a, b, 4)).toThrow(/from 0 to 3/);
    expect(() => tensordot(a, b, 2)).toThrow(/axis 1 of the first array and axis 0 of the second/);
  });

  it("kron and cross", () => {
    expect(kron(arrayOf("int32", [1, 10]), arrayOf("int32", [1, 2])).toArray()).toEqual([1, 2, 10, 20]);
    expect(kron(counting([2, 2]), arrayOf("float32", [1, 2], [2])).toArray()).toEqual([
      [0, 0, 1, 2],
      [2, 4, 3, 6],
    ]);
    const [a, b] = [arrayOf("float32", [1, 2, 3]), arrayOf("float32", [4, 5, 7])];
    expect(cross(a, b).toArray()).toEqual([-1, 5, -3]);
    expect(cross(reshape(a, [3, 1]), counting([3, 2]), { axis: 0 }).shape).toEqual([3, 2]);
    expect(cross(arrayOf("float32", [1, 2]), arrayOf("float32", [3, 5])).item()).toBe(-1);
    expect(() => cross(a, arrayOf("float32", [1, 2]))).toThrow(/vectors of 2 or of 3/);
    expect(() => cross(1, a)).toThrow(ShapeError);
  });

  it("differentiate, and work under vmap", () => {
    expectDerivatives((p, q) => [outer(p, q), kron(p, q)], [random([2], 1), random([3], 2)]);
    expectDerivatives((p, q) => [cross(p, q), vecdot(p, q)], [random([2, 3], 3), random([3], 4)]);
    expectDerivatives(
      (p, q) => [
        tensordot(p, q, [
          [0, 2],
          [1, 0],
        ]),
      ],
      [random([2, 3, 2], 5), random([2, 2], 6)],
    );
    expect(vmap((row: NDArray) => dot(row, row))(x).toArray()).toEqual([5, 50]);
  });
});
