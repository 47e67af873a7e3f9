// vmap: prefix axes in and out, sizes, what is not mapped, nesting; compared with a loop by hand.

import { describe, expect, test, beforeAll } from "vitest";
import { type NDArray, OptionError, ShapeError, TreeError, grad, jit, vmap, setDebug } from "../../src/index.js";
import { range } from "../../src/core/shape.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { broadcastInDim, reshape, transpose } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

const matrix = (rows: number, columns: number): NDArray => reshape(f64(...range(0, rows * columns)), [rows, columns]);
const dot = (x: NDArray, y: NDArray): NDArray => reduceSum(mul(x, y));

describe("where the batch is", () => {
  test("the first axis of all, unless said otherwise", () => {
    expect(vmap(dot)(matrix(2, 3), matrix(2, 3)).toArray()).toEqual([5, 50]);
  });

  test.each([
    [{ inAxes: [0, null] }, [2, 3], [3], [5, 14]],
    [{ inAxes: [null, 0] }, [3], [2, 3], [5, 14]],
    [{ inAxes: [1, null] }, [3, 2], [3], [10, 13]],
    [{ inAxes: [-1, null] }, [3, 2], [3], [10, 13]],
    [{ inAxes: [-2, 1] }, [2, 3], [3, 2], [10, 40]],
    [{ inAxes: 1 }, [3, 2], [3, 2], [20, 35]],
  ])("%j", (options, xs, ys, expected) => {
    const make = (shape: readonly number[]): NDArray =>
      reshape(
        f64(
          ...range(
            0,
            shape.reduce((a, b) => a * b),
          ),
        ),
        shape,
      );
    expect(vmap(dot, options)(make(xs), make(ys)).toArray()).toEqual(expected);
  });

  test("by prefix: for a whole argument, or for its parts", () => {
    const f = (p: { w: NDArray; b: { v: NDArray } }, x: NDArray): NDArray => add(dot(p.w, x), reduceSum(p.b.v));
    const p = { w: matrix(2, 3), b: { v: f64(1, 10) } };
    const x = f64(1, 1, 1);
    expect(vmap(f, { inAxes: [{ w: 0, b: null }, null] })(p, x).toArray()).toEqual([14, 23]);
    expect(vmap(f, { inAxes: [{ w: 0, b: { v: 0 } }, null] })(p, x).toArray()).toEqual([4, 22]);
    expect(vmap(f, { inAxes: [0, null] })(p, x).toArray()).toEqual([4, 22]);
    expect(vmap(f, { inAxes: [null, 1] })({ w: x, b: { v: f64(0) } }, matrix(3, 2)).toArray()).toEqual([6, 9]);
  });

  test("outAxes, also by prefix and negative", () => {
    const both = (x: NDArray): { a: NDArray; b: [NDArray, NDArray] } => ({ a: x, b: [mul(x, 2), f64(7, 8, 9)] });
    const out = vmap(both, { outAxes: { a: 1, b: -1 } })(matrix(2, 3));
    expect(out.a.toArray()).toEqual(transpose(matrix(2, 3), [1, 0]).toArray());
    expect([out.b[0].shape, out.b[1].toArray()]).toEqual([
      [3, 2],
      [
        [7, 7],
        [8, 8],
        [9, 9],
      ],
    ]);
    expect(vmap(both, { outAxes: { a: 0, b: [0, null] } })(matrix(2, 3)).b[1].toArray()).toEqual([7, 8, 9]);
  });

  test("an output that does not depend on the batch is repeated", () => {
    expect(vmap((_x: NDArray) => 3)(f64(1, 2)).toArray()).toEqual([3, 3]);
    expect(vmap((_x: NDArray): [NDArray, null] => [i32(1), null])(f64(1, 2))[0].toArray()).toEqual([[1], [1]]);
  });

  test("operands whose batches stand at different places", () => {
    const f = (x: NDArray, y: NDArray): NDArray => add(mul(x, y), sin(y));
    const [x, y] = [matrix(2, 3), transpose(matrix(2, 3), [1, 0])];
    const out = vmap(f, { inAxes: [0, 1] })(x, y);
    expectClose(
      out,
      range(0, 6).map((v) => v * v + Math.sin(v)),
    );
  });

  test("a batched scalar beside an unbatched array", () => {
    expect(vmap((s: NDArray, x: NDArray) => mul(s, x), { inAxes: [0, null] })(f64(1, 10), f64(1, 2)).toArray()).toEqual([
      [1, 2],
      [10, 20],
    ]);
  });
});

describe("sizes", () => {
  test("axisSize serves where nothing is mapped", () => {
    expect(vmap((x: NDArray) => mul(x, 2), { inAxes: null, axisSize: 3 })(f64(1)).toArray()).toEqual([[2], [2], [2]]);
    expect(vmap(() => 1, { axisSize: 2 })().toArray()).toEqual([1, 1]);
  });

  test("an empty batch", () => {
    const out = vmap((x: NDArray) => reduceSum(x))(reshape(f32(), [0, 3]));
    expect([out.shape, out.dtype]).toEqual([[0], "float32"]);
  });

  test("numbers may stand for what is not mapped", () => {
    expect(vmap((x: NDArray, s: NDArray) => mul(x, s), { inAxes: [0, null] })(f64(1, 2), 0.1).toArray()).toEqual([0.1, 0.2]);
    expect(vmap((x: NDArray, s: NDArray) => mul(x, s), { inAxes: [0, null] })(i32(1, 2), 3).dtype).toBe("int32");
  });
});

describe("nesting", () => {
  test("an outer product by two maps", () => {
    const outer = vmap(
      vmap((x: NDArray, y: NDArray) => mul(x, y), { inAxes: [null, 0] }),
      { inAxes: [0, null] },
    );
    expect(outer(f64(1, 2), f64(3, 4, 5)).toArray()).toEqual([
      [3, 4, 5],
      [6, 8, 10],
    ]);
  });

  test("three deep, mapped over different axes, is a transposition", () => {
    const x = reshape(f64(...range(0, 24)), [2, 3, 4]);
    const f = vmap(
      vmap(
        vmap((v: NDArray) => mul(v, 1)),
        { inAxes: 1, outAxes: 1 },
      ),
      { inAxes: 2, outAxes: 2 },
    );
    expect(f(x).toArray()).toEqual(x.toArray());
  });

  test("an inner map closes over the outer batch", () => {
    const f = (x: NDArray, ys: NDArray): NDArray => reduceSum(vmap((y: NDArray) => mul(y, x))(ys));
    expect(vmap(f, { inAxes: [0, null] })(f64(1, 2), f64(3, 4)).toArray()).toEqual([7, 14]);
    expect(vmap(f)(f64(1, 2), matrix(2, 3)).toArray()).toEqual([3, 24]);
  });

  test("per-example gradients", () => {
    const loss = (w: NDArray, x: NDArray): NDArray => mul(dot(w, x), dot(w, x));
    const each = vmap(grad(loss), { inAxes: [null, 0] })(f64(1, 1), matrix(2, 2));
    expect(each.toArray()).toEqual([
      [0, 2],
      [20, 30],
    ]);
    expect(jit(vmap(grad(loss), { inAxes: [null, 0] }))(f64(1, 1), matrix(2, 2)).toArray()).toEqual(each.toArray());
  });
});

describe("refusals", () => {
  const x = matrix(2, 3);

  test("sizes that differ, with every path", () => {
    const f = (p: { a: NDArray }, y: NDArray): NDArray => add(p.a, y);
    expect(() => vmap(f)({ a: f64(1, 2, 3) }, f64(1, 2))).toThrow(ShapeError);
    expect(() => vmap(f)({ a: f64(1, 2, 3) }, f64(1, 2))).toThrow(
      "vmap: expected one size for all mapped axes, got 3 at argument 0.a, 2 at argument 1.\n  pass arrays whose mapped axes agree, or inAxes: null for what is not mapped.",
    );
    expect(() => vmap(f, { axisSize: 4 })({ a: f64(1) }, f64(1))).toThrow(
      "vmap: expected mapped axes of size 4 (axisSize), got 1 at argument 0.a",
    );
  });

  test.each([2, -3, 0.5])("an axis %s that the array does not have", (axis) => {
    expect(() => vmap(reduceSum as (y: NDArray) => NDArray, { inAxes: axis })(x)).toThrow(
      `vmap: expected an array with an axis ${axis} at argument 0, got float64[2,3].`,
    );
  });

  test("a number has no axis to map", () => {
    expect(() => untyped(vmap(sin))(3)).toThrow("vmap: expected an array with an axis 0 at argument 0, got float32[].");
  });

  test("nothing mapped, and no size", () => {
    expect(() => vmap(sin, { inAxes: null })(x)).toThrow(OptionError);
    expect(() => vmap(sin, { inAxes: null })(x)).toThrow(
      "vmap: expected at least one mapped argument, or axisSize, got no mapped argument.",
    );
  });

  test.each([-1, 1.5, NaN, "2"])("axisSize %s", (axisSize) => {
    expect(() => untyped(vmap)(sin, { inAxes: null, axisSize })).toThrow(
      `vmap: expected axisSize: a non-negative integer, got ${axisSize}.`,
    );
    expect(() => untyped(vmap)({ axisSize })).toThrow(OptionError);
  });

  test("inAxes that do not fit the arguments", () => {
    expect(() => vmap(sin, { inAxes: [0, 0] })(x)).toThrow(TreeError);
    expect(() => vmap(sin, { inAxes: [0, 0] })(x)).toThrow(
      /^vmap: expected a prefix that fits the tree: at inAxes .*\(list of 1\), got a list of 2\./,
    );
    expect(() => vmap((p: { a: NDArray }) => p.a, { inAxes: [{ b: 0 }] })({ a: x })).toThrow(
      /at inAxes\[0\] .*\(record with the keys a\), got a record with the keys b\./,
    );
    expect(() => untyped(untyped(vmap)(sin, { inAxes: "x" }))(x)).toThrow(/at inAxes\[0\] .*got the string "x"/);
  });

  test("outAxes that do not fit the result", () => {
    const f = (y: NDArray): [NDArray] => [y];
    expect(() => vmap(f, { outAxes: 2 })(x)).toThrow("vmap: expected outAxes from -2 to 1 at the result[0], got 2.");
    expect(() => vmap(f, { outAxes: null })(x)).toThrow(
      "vmap: expected an output that does not depend on the batch at the result[0], since its outAxes is null, got one that does.",
    );
    expect(() => vmap(f, { outAxes: [0, 0] })(x)).toThrow(/at outAxes .*got a list of 2/);
  });

  test("operands that do not fit are refused as they are without a batch, by the types of one example", () => {
    for (const [other, received] of [
      [f64(1), "float64[3] and float64[1]"],
      [f64(1, 2), "float64[3] and float64[2]"],
      [matrix(2, 3), "float64[3] and float64[2,3]"],
    ] as const) {
      const f = (y: NDArray): NDArray => add(y, other);
      for (const call of [() => f(f64(1, 2, 3)), () => vmap(f)(x), () => jit(vmap(f))(x)]) expect(call).toThrow(received);
    }
  });

  test("unknown options", () => {
    expect(() => untyped(vmap)(sin, { inAxis: 0 })).toThrow("vmap: expected options among inAxes, outAxes, axisSize, got inAxis.");
    expect(() => untyped(vmap)({ inAxis: 0 })).toThrow(OptionError);
  });
});

test("results are the loop's", () => {
  const f = (x: NDArray): { s: NDArray; m: NDArray } => ({ s: reduceSum(sin(x)), m: broadcastInDim(x, [2, 3], [1]) });
  const x = matrix(4, 3);
  const out = contents(vmap(f)(x));
  const loop = range(0, 4).map((i) => contents(f(f64(...range(3 * i, 3 * i + 3)))));
  expect(out).toEqual({ ".s": loop.map((one) => one[".s"]), ".m": loop.map((one) => one[".m"]) });
});
