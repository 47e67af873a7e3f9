// The general dot product against sums written out, its refusals, derivatives and batching.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import { type DotDimensionNumbers, dot, dotGeneral } from "../../src/ops/dot.js";
import { sin } from "../../src/ops/trigonometric.js";
import { grad } from "../../src/transform/grad.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

describe("values", () => {
  test("matrices and vectors", () => {
    const a = arrayOf("float32", [1, 2, 3, 4], [2, 2]);
    const v = arrayOf("float32", [5, 6]);
    expect(dot(a, a).toArray()).toEqual([
      [7, 10],
      [15, 22],
    ]);
    expect(dot(a, v).toArray()).toEqual([17, 39]);
    expect(dot(v, a).toArray()).toEqual([23, 34]);
    expect(dot(v, v).item()).toBe(61);
  });

  test("batch axes come first, then what is left of each side", () => {
    const [x, y] = [whole([2, 3, 4, 5], 1), whole([5, 4, 6, 2], 2)];
    const z = dotGeneral(x, y, [
      [[2], [1]],
      [
        [3, 0],
        [0, 3],
      ],
    ]);
    expect(z.shape).toEqual([5, 2, 3, 6]);
    const [xs, ys] = [elements(x), elements(y)];
    const at = (b: number, c: number, i: number, j: number): number =>
      [0, 1, 2, 3].reduce((sum, k) => sum + xs[((c * 3 + i) * 4 + k) * 5 + b] * ys[((b * 4 + k) * 6 + j) * 2 + c], 0);
    const expected = [0, 1, 2, 3, 4].flatMap((b) =>
      [0, 1].flatMap((c) => [0, 1, 2].flatMap((i) => [0, 1, 2, 3, 4, 5].map((j) => at(b, c, i, j)))),
    );
    expect(elements(z)).toEqual(expected);
  });

  test("nothing to contract is an outer product, no elements sum to zero", () => {
    const outer: DotDimensionNumbers = [
      [[], []],
      [[], []],
    ];
    expect(dotGeneral(arrayOf("int32", [1, 2]), arrayOf("int32", [3, 4]), outer).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(dot(random([2, 0]), random([0, 1])).toArray()).toEqual([[0], [0]]);
  });

  test("bytes may be summed in int32, and wrap otherwise", () => {
    const x = arrayOf("int8", [100, 100]);
    const inner: DotDimensionNumbers = [
      [[0], [0]],
      [[], []],
    ];
    expect(dotGeneral(x, x, inner, "int32").item()).toBe(20000);
    expect(dotGeneral(x, x, inner).item()).toBe(32);
  });

  test("prints as JAX prints it", () => {
    const text = String(makeJaxpr((x: NDArray, y: NDArray) => dot(x, y))(random([2, 3], 1, 1, "float32"), random([3, 4], 1, 1, "float32")));
    expect(text).toContain("dimension_numbers=(([1], [0]), ([], []))\n      preferred_element_type=float32\n    ] a b");
  });
});

describe("refusals", () => {
  test.each([
    [() => dot(random([2, 3]), random([2, 3])), "paired axes of one size"],
    [() => dot(random([2, 3, 4]), random([4])), "dot: expected vectors or matrices, got float64[2,3,4] and float64[4]"],
    [
      () =>
        dotGeneral(random([2, 2]), random([2, 2]), [
          [[0, 1], [0]],
          [[], []],
        ]),
      "as many axes on both sides",
    ],
    [
      () =>
        dotGeneral(random([2, 2]), random([2, 2]), [
          [[0], [0]],
          [[0], [1]],
        ]),
      "each axis once",
    ],
    [
      () =>
        dotGeneral(random([2, 2]), random([2, 2]), [
          [[2], [0]],
          [[], []],
        ]),
      "an integer axis from -2 to 1",
    ],
  ])("shapes, case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test.each([undefined, null, 1, [[1], [0]], [[[1], [0]]], [[[1], [0]], [[]]], [[1, 0], []]])("dimension numbers, case %#", (given) => {
    const call = (): unknown => Reflect.apply(dotGeneral, undefined, [random([2, 2]), random([2, 2]), given]);
    expect(call).toThrow(ShapeError);
    expect(call).toThrow("four lists of axes");
  });

  test.each([
    [() => dot(random([2]), arrayOf("float32", [1, 2])), "operands of one dtype"],
    [() => dot(arrayOf("bool", [1]), arrayOf("bool", [1])), "a numeric dtype"],
    [
      () =>
        dotGeneral(
          random([2]),
          random([2]),
          [
            [[0], [0]],
            [[], []],
          ],
          "float32",
        ),
      "preferredElementType float64, the operands' own",
    ],
  ])("dtypes, case %#", (call, message) => {
    expect(call).toThrow(DTypeError);
    expect(call).toThrow(message);
  });
});

const cases: readonly (readonly [number[], number[], DotDimensionNumbers])[] = [
  [
    [2, 3],
    [3, 4],
    [
      [[1], [0]],
      [[], []],
    ],
  ],
  [
    [3],
    [3],
    [
      [[0], [0]],
      [[], []],
    ],
  ],
  [
    [2, 3],
    [2],
    [
      [[], []],
      [[], []],
    ],
  ],
  [
    [2, 3],
    [3, 2],
    [
      [[], []],
      [
        [1, 0],
        [0, 1],
      ],
    ],
  ],
  [
    [2, 3, 4, 5],
    [5, 4, 3, 2],
    [
      [
        [2, 0],
        [1, 3],
      ],
      [[3], [0]],
    ],
  ],
  [
    [2, 3, 4, 2],
    [2, 4, 3, 2, 2],
    [
      [
        [3, 1],
        [0, 2],
      ],
      [
        [0, 2],
        [3, 1],
      ],
    ],
  ],
];

describe.each(cases)("%j and %j by %j", (left, right, numbers) => {
  test("derivatives", () => {
    expectDerivatives((x, y) => [dotGeneral(sin(x), y, numbers)], [random(left, 1), random(right, 2)]);
  });

  test("batch at every axis, of one side and of both", () => {
    const f = (x: NDArray, y: NDArray): readonly NDArray[] => [dotGeneral(x, y, numbers)];
    const batched = (shape: readonly number[], dim: number): NDArray => whole(shape.toSpliced(dim, 0, 3), dim);
    left.concat(0).forEach((_, i) => expectBatched(f, [batched(left, i), whole(right)], [i, null]));
    right.concat(0).forEach((_, j) => {
      expectBatched(f, [whole(left), batched(right, j)], [null, j]);
      expectBatched(f, [batched(left, j % (left.length + 1)), batched(right, j)], [j % (left.length + 1), j]);
    });
  });
});

test("gradients of a dot are dots: nothing of the products' size appears", () => {
  const text = String(
    makeJaxpr(grad((x: NDArray, y: NDArray) => reduceSum(dot(x, y)), { argnums: [0, 1] }))(random([2, 3]), random([3, 5])),
  );
  expect(text).not.toContain("[2,3,5]");
  // The product itself and one for each side.
  expect(text.match(/dot_general/g)).toHaveLength(3);
});
