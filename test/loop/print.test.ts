// The text of loop programs.

import { expect, test } from "vitest";
import "../../src/install.js";
import { fuse } from "../../src/compile/fuse.js";
import { printLoops } from "../../src/loop/print.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sort } from "../../src/ops/sort.js";
import { dot } from "../../src/ops/dot.js";
import { reverse, transpose } from "../../src/ops/layout.js";
import { cumsum } from "../../src/ops/cumulative.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { debugCallback } from "../../src/ops/debugCallback.js";
import { tanh } from "../../src/ops/trigonometric.js";
import { random } from "../ops/rules.js";
import { load, lowered, nest, program } from "./loops.js";

test("a fused nest", () => {
  const { program: loops } = lowered((x) => [reduceSum(mul(tanh(x), 0.5), [1])], [random([2, 3], 1, 1, "float32")]);
  expect(printLoops(fuse(loops)).split("\n").slice(-6)).toEqual([
    "for i < 2, j < 3",
    "  a:f32 = %0[3i + j]",
    "  b:f32 = tanh a",
    "  c:f32 = 0.5",
    "  d:f32 = mul b c",
    "  %3[i] sum <- d",
  ]);
});

test("buffers, products, sorts, running folds and steps on the host", () => {
  const { program: loops } = lowered(
    (x, y) => {
      debugCallback((..._: readonly unknown[]) => {}, x, y);
      return [sort(dot(x, y)), cumsum(x, 0)];
    },
    [random([2, 3], 1, 1, "float32"), random([3, 2], 2, 1, "float32")],
  );
  expect(printLoops(loops)).toBe(
    [
      "%0 f32[6] argument",
      "%1 f32[6] argument",
      "%2 f32[4] temporary",
      "%3 f32[4] output",
      "%4 f32[6] output",
      "host debug_callback",
      "  <- %0 %1",
      "dot f32 i < 2, j < 2, k < 3",
      "  %2[2i + j] <- sum %0[3i + k] %1[2k + j]",
      "sort 2 x 2 x 1 by %2, first 2",
      "  %3 <- %2",
      "running sum over 1 x 2 x 3",
      "  %4 <- %0",
    ].join("\n"),
  );
});

test("places with offsets and negative strides, indices, and a nest without loops", () => {
  const { program: loops } = lowered((x) => [add(reverse(transpose(x, [1, 0]), [0, 1]), 0)], [random([2, 3], 1, 1, "float32")]);
  expect(printLoops(loops)).toContain("= %0[5 - i - 3j]");
  const scalar = nest([], [{ kind: "constant", value: -0, dtype: "float32" }], { node: 0, access: { buffer: 0, offset: 0, strides: [] } });
  expect(printLoops(program([{ dtype: "float32", size: 1, role: "output" }], scalar))).toBe(
    "%0 f32[1] output\nfor one index\n  a:f32 = -0\n  %0[0] <- a",
  );
  const many = Array.from({ length: 30 }, () => load(0, [0]));
  expect(printLoops(program([], nest([1], many)))).toContain("  ad:f32 = %0[0]");
});
