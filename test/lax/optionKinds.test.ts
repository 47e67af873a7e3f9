// Options and other static arguments of the wrong kind are refused, as plain JavaScript may pass them: never taken for true,
// for their default, or for what they look like.

import { describe, expect, test } from "vitest";
import { type NDArray, OptionError, lax, numpy as np, setDebug } from "../../src/index.js";
import { CotangentError } from "../../src/core/errors.js";
import { untyped } from "../transform/arrays.js";

type Call = (value: unknown) => unknown;

const functions = { ...lax };

/** Calls a function of `lax` past its types. */
const call = (name: keyof typeof lax, ...args: readonly unknown[]): unknown => untyped(functions[name])(...args);

const x = np.array([1, 2, 3]);
const image = np.ones([1, 1, 4, 4]);
const kernel = np.ones([1, 1, 2, 2]);
const indices = np.zeros([1, 1], { dtype: "int32" });
const gatherNumbers = { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] };
const scatterNumbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
const step = (c: NDArray, y: NDArray): [NDArray, NDArray] => [c, y];
const same = (c: NDArray): NDArray => c;
const keep = (_: NDArray, c: NDArray): NDArray => c;
const add = (a: NDArray, b: NDArray): NDArray => a.add(b);
const scatters = ["scatter", "scatterAdd", "scatterMul", "scatterMax", "scatterMin"] as const;
const cumulatives = ["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"] as const;

const flags: Record<string, Call> = {
  "scan, reverse": (reverse) => call("scan", step, 0, x, { reverse }),
  "associativeScan, reverse": (reverse) => call("associativeScan", add, x, { reverse }),
  "linearRecurrence, reverse": (reverse) => call("linearRecurrence", x, x, 0, { reverse }),
  "indexInDim, keepdims": (keepdims) => call("indexInDim", x, 0, 0, { keepdims }),
  "dynamicSlice, allowNegativeIndices": (allowNegativeIndices) => call("dynamicSlice", x, [1], [2], { allowNegativeIndices }),
  "dynamicUpdateSlice, allowNegativeIndices": (allowNegativeIndices) =>
    call("dynamicUpdateSlice", x, np.ones([1]), [1], { allowNegativeIndices }),
  "convTranspose, transposeKernel": (transposeKernel) =>
    call("convTranspose", np.ones([1, 4, 4, 1]), np.ones([2, 2, 1, 1]), { strides: [1, 1], padding: "VALID", transposeKernel }),
  "gather, indicesAreSorted": (indicesAreSorted) => call("gather", x, indices, gatherNumbers, [1], { indicesAreSorted }),
  "gather, uniqueIndices": (uniqueIndices) => call("gather", x, indices, gatherNumbers, [1], { uniqueIndices }),
  ...Object.fromEntries(cumulatives.map((name): [string, Call] => [`${name}, reverse`, (reverse) => call(name, x, 0, { reverse })])),
  ...Object.fromEntries(
    scatters.flatMap((name) =>
      ["indicesAreSorted", "uniqueIndices"].map((option): [string, Call] => [
        `${name}, ${option}`,
        (value) => call(name, x, indices, np.ones([1]), scatterNumbers, { [option]: value }),
      ]),
    ),
  ),
};

const window = { windowDimensions: [2], padding: "VALID" };
const conv = { windowStrides: [1, 1], padding: "VALID" };

/** Each with a value that is right. */
const integers: Record<string, readonly [right: number, run: Call]> = {
  "scan, length": [1, (length) => call("scan", (c: NDArray) => [c, null], 0, null, { length })],
  "foriLoop, lower": [0, (lower) => call("foriLoop", lower, 3, keep, 0)],
  "foriLoop, upper": [1, (upper) => call("foriLoop", 0, upper, keep, 0)],
  "whileLoop, maxSteps": [
    1,
    (maxSteps) =>
      call(
        "whileLoop",
        (c: NDArray) => c.less(3),
        (c: NDArray) => c.add(1),
        0,
        { maxSteps },
      ),
  ],
  "map, batchSize": [1, (batchSize) => call("map", same, x, { batchSize })],
  "associativeScan, axis": [0, (axis) => call("associativeScan", add, x, { axis })],
  "linearRecurrence, axis": [0, (axis) => call("linearRecurrence", x, x, axis)],
  "reduce, axes": [0, (axis) => call("reduce", x, 0, add, [axis])],
  "indexInDim, index": [1, (index) => call("indexInDim", x, index)],
  "indexInDim, axis": [0, (axis) => call("indexInDim", x, 0, axis)],
  "fullLike, shape": [1, (size) => call("fullLike", x, 0, { shape: [size] })],
  "broadcast, sizes": [1, (size) => call("broadcast", x, [size])],
  "dynamicSlice, sizes": [1, (size) => call("dynamicSlice", x, [1], [size])],
  "dynamicSliceInDim, size": [1, (size) => call("dynamicSliceInDim", x, 1, size)],
  "dynamicSliceInDim, axis": [0, (axis) => call("dynamicSliceInDim", x, 1, 1, axis)],
  "dynamicIndexInDim, axis": [0, (axis) => call("dynamicIndexInDim", x, 1, axis)],
  "sort, dimension": [0, (dimension) => call("sort", x, { dimension })],
  "sort, numKeys": [1, (numKeys) => call("sort", [x, x, x], { numKeys })],
  "argsort, axis": [0, (axis) => call("argsort", x, axis)],
  "topK, k": [1, (k) => call("topK", x, k)],
  "argmax, axis": [0, (axis) => call("argmax", x, axis)],
  "concatenate, axis": [0, (axis) => call("concatenate", [x, x], axis)],
  "slice, strides": [1, (stride) => call("slice", x, [0], [2], [stride])],
  "sliceInDim, stride": [1, (stride) => call("sliceInDim", x, 0, 2, stride)],
  "pad, low": [1, (low) => call("pad", x, 0, [[low, 0, 0]])],
  "integerPow, power": [1, (power) => call("integerPow", x, power)],
  "reduceWindow, windowDimensions": [1, (n) => call("reduceWindow", x, "max", { ...window, windowDimensions: [n] })],
  "reduceWindow, windowStrides": [1, (n) => call("reduceWindow", x, "max", { ...window, windowStrides: [n] })],
  "reduceWindow, baseDilation": [1, (n) => call("reduceWindow", x, "max", { ...window, baseDilation: [n] })],
  "reduceWindow, windowDilation": [1, (n) => call("reduceWindow", x, "max", { ...window, windowDilation: [n] })],
  "reduceWindow, padding": [1, (n) => call("reduceWindow", x, "max", { ...window, padding: [[n, 0]] })],
  "convGeneralDilated, windowStrides": [1, (n) => call("convGeneralDilated", image, kernel, { ...conv, windowStrides: [n, 1] })],
  "convGeneralDilated, lhsDilation": [1, (n) => call("convGeneralDilated", image, kernel, { ...conv, lhsDilation: [n, 1] })],
  "convGeneralDilated, rhsDilation": [1, (n) => call("convGeneralDilated", image, kernel, { ...conv, rhsDilation: [n, 1] })],
  "convGeneralDilated, featureGroupCount": [1, (n) => call("convGeneralDilated", image, kernel, { ...conv, featureGroupCount: n })],
  "convGeneralDilated, batchGroupCount": [1, (n) => call("convGeneralDilated", image, kernel, { ...conv, batchGroupCount: n })],
};

describe("options of the wrong kind", () => {
  test.each(Object.entries(flags))("%s takes booleans alone", (name, run) => {
    const [op, option] = name.split(", ");
    for (const [value, shown] of [
      ["false", '"false"'],
      [0, "0"],
      [1, "1"],
      [NaN, "NaN"],
      [null, "null"],
      [[], "[]"],
    ]) {
      expect(() => run(value)).toThrow(OptionError);
      expect(() => run(value)).toThrow(
        `${op}: expected ${option}: true or false, got ${String(shown)}.\n  pass a boolean, or leave it out.`,
      );
    }
    for (const value of [true, false, undefined]) expect(() => run(value)).not.toThrow();
  });

  test.each(Object.entries(integers))("%s takes integers alone", (_, [right, run]) => {
    for (const value of ["1", 1.5, NaN, null, [1], true, {}, () => 1]) expect(() => run(value), String(value)).toThrow(CotangentError);
    expect(() => run(right)).not.toThrow();
  });

  test.each<[string, Call]>([
    ["scan", (unroll) => call("scan", step, 0, x, { unroll })],
    ["foriLoop", (unroll) => call("foriLoop", 0, 3, keep, 0, { unroll })],
  ])("%s unrolls by a number of steps, or all", (op, run) => {
    for (const [value, shown] of [
      ["2", '"2"'],
      [1.5, "1.5"],
      [0, "0"],
      [null, "null"],
      [{}, "{}"],
    ]) {
      expect(() => run(value)).toThrow(`${op}: expected unroll: a positive integer, or true for all steps, got ${String(shown)}.`);
    }
    for (const value of [2, true, false, undefined]) expect(() => run(value)).not.toThrow();
  });

  test.each<[string, () => unknown, string]>([
    [
      "an option that indexInDim has not",
      () => call("indexInDim", x, 0, 0, { keepDims: true }),
      "indexInDim: expected options among keepdims, got keepDims.",
    ],
    [
      "an option that fullLike has not",
      () => call("fullLike", x, 0, { type: "int32" }),
      "fullLike: expected options among dtype, shape, got type.",
    ],
    [
      "a shape that is a number",
      () => call("fullLike", x, 0, { shape: 3 }),
      "fullLike: expected a shape: a list of non-negative integers, got 3.",
    ],
    ["a dtype that is none", () => call("fullLike", x, 0, { dtype: null }), "fullLike: expected one of float32"],
    [
      "an option that cumsum has not",
      () => call("cumsum", x, 0, { backwards: true }),
      "cumsum: expected options among reverse, got backwards.",
    ],
    [
      "an option that linearRecurrence has not",
      () => call("linearRecurrence", x, x, 0, { axis: 0 }),
      "linearRecurrence: expected options among reverse, got axis.",
    ],
    ["axes that are no list", () => call("reduce", x, 0, add, 0), "reduce: expected axes: a list of integers, got a number."],
    [
      "a padding that is none",
      () => call("reduceWindow", x, "max", { ...window, padding: null }),
      "reduceWindow: expected integers [low, high] for each of 1 axes, got null.",
    ],
    [
      "a fill value that is a text",
      () => call("gather", x, indices, gatherNumbers, [1], { fillValue: "0" }),
      "gather: expected fillValue: a number, got a string.",
    ],
    [
      "a power that is a fraction",
      () => call("integerPow", x, 0.5),
      "integerPow: expected a power that is an integer, got 0.5.\n  use lax.pow for any other power.",
    ],
    ["an axis that is a text", () => call("cumsum", x, "0"), 'cumsum: expected an integer axis from -1 to 0, got axis "0".'],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(CotangentError);
    expect(run).toThrow(message);
  });

  test.each([undefined, null, true])("setDebug refuses %s", (settings) => {
    expect(() => untyped(setDebug)(settings)).toThrow(`got settings: ${settings}`);
  });
});

describe("functions that are none, and results that are none", () => {
  test.each<[string, () => unknown, string]>([
    [
      "scan that gives nothing",
      () => call("scan", () => undefined, 0, x),
      "scan: expected a function that returns [carry, y], got undefined.",
    ],
    ["scan that gives null", () => call("scan", () => null, 0, x), "got null."],
    ["scan that gives an array", () => call("scan", same, 0, x), "got an array."],
    ["scan that gives a record", () => call("scan", (c: NDArray) => ({ c }), 0, x), "got a record."],
    ["scan that gives one", () => call("scan", (c: NDArray) => [c], 0, x), "got a list of 1."],
    [
      "a condition that gives nothing",
      () => call("whileLoop", () => undefined, same, 0),
      "whileLoop: expected a condition that returns a bool scalar, got undefined.",
    ],
    [
      "a condition that is none",
      () => call("whileLoop", 3, same, 0),
      "whileLoop: expected a function, got a number.\n  pass a function of the carry as the condition.",
    ],
    ["a body that is none", () => call("whileLoop", same, undefined, 0), "got undefined.\n  pass a function of the carry as the body."],
    [
      "a body of foriLoop that is none",
      () => call("foriLoop", 0, 3, x, 0),
      "foriLoop: expected a function, got an array float32[3].\n  pass a function of index and carry as the body.",
    ],
    [
      "a function for branches",
      () => call("switch", 0, same, x),
      "switch: expected a list of at least one function, got a function.\n  pass the branches as a list, before the operands: switch(index, [f, g], x).",
    ],
    ["no branches", () => call("switch", 0, [], x), "got an empty list."],
    [
      "a branch that is none",
      () => call("switch", 0, [same, 3], x),
      "switch: expected a function, got a number.\n  pass a function of the operands as branch 1.",
    ],
    [
      "an operand for a branch",
      () => call("cond", true, same, x),
      "cond: expected a function, got an array float32[3].\n  pass a function of the operands as the false branch.",
    ],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(CotangentError);
    expect(run).toThrow(message);
  });
});
