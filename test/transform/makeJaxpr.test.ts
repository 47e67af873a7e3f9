// makeJaxpr and evalShape: programs and types without a computation.

import { describe, expect, test } from "vitest";
import { DTypeError, type NDArray, ShapeError, TreeError, evalShape, grad, jit, makeJaxpr, shapeDtype, vmap } from "../../src/index.js";
import { checkJaxpr } from "../../src/core/check.js";
import { evaluateJaxpr } from "../../src/core/evaluate.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { f32, f64, i32, untyped } from "./arrays.js";

describe("makeJaxpr", () => {
  const f = (p: { w: NDArray; b: NDArray }, x: NDArray): { y: NDArray; loss: NDArray } => {
    const y = sin(add(mul(p.w, x), p.b));
    return { y, loss: reduceSum(y) };
  };

  test("evaluating it gives what the function gives", () => {
    const args = [{ w: f64(1, 2), b: f64(3, 4) }, f64(5, 6)] as const;
    const program = makeJaxpr(f)(...args);
    const { y, loss } = f(...args);
    // Leaves come in the order of sorted keys.
    const [lossOut, yOut] = evaluateJaxpr(program, [args[0].b, args[0].w, args[1]]);
    expect([yOut.toArray(), lossOut.item()]).toEqual([y.toArray(), loss.item()]);
    expect(() => checkJaxpr(program.jaxpr)).not.toThrow();
    expect([program.inAvals.length, program.outAvals.map((a) => a.shape)]).toEqual([3, [[], [2]]]);
  });

  test("of transformed functions", () => {
    for (const g of [grad((x: NDArray) => reduceSum(sin(x))), vmap((x: NDArray) => mul(x, 2)), jit((x: NDArray) => mul(x, 2))])
      expect(() => checkJaxpr(makeJaxpr(g)(f32(1, 2)).jaxpr)).not.toThrow();
  });

  test("inside a transform, its constants are the outer values", () => {
    const outer = (x: NDArray): NDArray => {
      const program = makeJaxpr((y: NDArray) => mul(y, x))(f64(1));
      return reduceSum(evaluateJaxpr(program, [f64(3)])[0]);
    };
    expect(grad(outer)(f64(2)).toArray()).toEqual([3]);
  });

  test("every equation knows its line", () => {
    const lines = makeJaxpr(f)({ w: f64(1), b: f64(2) }, f64(3)).jaxpr.equations.map((e) => e.source.line ?? "");
    for (const line of lines) expect(line).toMatch(/makeJaxpr\.test\.ts:\d+:\d+$/);
    const numbers = lines.map((line) => Number(line.split(":").at(-2)));
    expect(new Set(numbers.slice(0, 3)).size).toBe(1);
    expect(numbers[3]).toBe(numbers[0] + 1);
  });

  test("refuses what is no function", () =>
    expect(() => untyped(untyped(makeJaxpr)(3))(1)).toThrow("makeJaxpr: expected a function, got a number."));
});

describe("evalShape", () => {
  test("a tree of types, of arguments that may be types", () => {
    const out = evalShape(
      (p: { w: NDArray }, x: NDArray) => ({ y: mul(p.w, x), n: i32(1), c: 3 }),
      { w: shapeDtype([4], "float64") },
      f64(1, 2, 3, 4),
    );
    expect([out.y.shape, out.y.dtype, out.n.dtype, out.c.dtype]).toEqual([[4], "float64", "int32", "float32"]);
    expect(String(out.y.toString())).toBe("AbstractArray<float64[4]>");
  });

  test("computes nothing", () => {
    const huge = shapeDtype([1_000_000, 1_000_000]);
    expect(evalShape((x: NDArray) => reduceSum(sin(x), [0]), huge).shape).toEqual([1_000_000]);
  });

  test("shape errors are found", () => {
    expect(() => evalShape((x: NDArray, y: NDArray) => add(x, y), shapeDtype([2]), shapeDtype([3]))).toThrow(ShapeError);
  });

  test("shapeDtype checks its arguments", () => {
    expect(shapeDtype([2, 3]).dtype).toBe("float32");
    expect(() => shapeDtype([-1])).toThrow(ShapeError);
    expect(() => untyped(shapeDtype)([1], "float16")).toThrow(DTypeError);
  });

  test("leaves that are no arrays are refused", () => {
    expect(() => untyped(evalShape)((x: NDArray) => x, "a")).toThrow(TreeError);
  });
});
