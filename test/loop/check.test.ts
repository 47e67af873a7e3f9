// The checker of the loop IR: accepts what is right, and names what is wrong in each rule of the grammar.

import { describe, expect, test } from "vitest";
import { JaxprError } from "../../src/core/errors.js";
import { checkLoops } from "../../src/loop/check.js";
import type { Buffer, Dot, LoopProgram, Node, Running, Scatter, Step } from "../../src/loop/ir.js";
import { float, load, nest, program } from "./loops.js";

const [argument, output, temporary] = (["argument", "output", "temporary"] as const).map((role) => float(6, role));
const copy = load(0, [3, 1]);
const into = (buffer: number, strides: readonly number[], node = 0, offset = 0) => ({ node, access: { buffer, offset, strides } });
const apply = (op: Extract<Node, { kind: "apply" }>["op"], args: readonly number[], dtype: Node["dtype"] = "float32"): Node => ({
  kind: "apply",
  op,
  args,
  dtype,
});

const right: Readonly<Record<string, LoopProgram>> = {
  "a copy": program([argument, output], nest([2, 3], [copy], into(1, [3, 1]))),
  "a copy backwards": program([argument, output], nest([2, 3], [load(0, [-3, -1], 5)], into(1, [3, 1]))),
  "a sum over rows": program([argument, float(2, "output")], nest([2, 3], [copy], { ...into(1, [1, 0]), reduction: "sum" })),
  "a temporary written, then read": program(
    [argument, temporary, output],
    nest([2, 3], [copy], into(1, [3, 1])),
    nest([2, 3], [load(1, [1, 2])], into(2, [1, 2])),
  ),
  "no elements": program([argument, float(0, "output")], nest([0, 3], [load(0, [99, 1])], into(1, [3, 1]))),
};

describe("accepts", () => {
  test.each(Object.keys(right))("%s", (name) => {
    expect(checkLoops(right[name])).toBe(right[name]);
  });
});

const bytes: Buffer = { dtype: "bool", size: 6, role: "output" };
const dot: Dot = {
  kind: "dot",
  dtype: "float32",
  batch: 1,
  m: 2,
  n: 2,
  k: 3,
  a: { buffer: 0, offset: 0, batch: 0, row: 3, column: 1 },
  b: { buffer: 1, offset: 0, batch: 0, row: 2, column: 1 },
  c: { buffer: 2, offset: 0, batch: 4, row: 2, column: 1 },
};
const products = [argument, argument, float(4, "output")];
const running: Running = {
  kind: "running",
  fold: "sum",
  dtype: "float32",
  outer: 1,
  size: 6,
  inner: 1,
  reverse: false,
  inputs: [{ buffer: 0, offset: 0 }],
  target: 1,
};
const scatter: Scatter = {
  kind: "scatter",
  combine: "add",
  dtype: "float32",
  updates: { buffer: 0, offset: 0 },
  target: 2,
  where: {
    windows: 2,
    indices: { buffer: 1, offset: 0 },
    indexDtype: "int32",
    axes: [{ stride: 3, last: 1 }],
    batch: [],
    sizes: [3],
    strides: [1],
    clip: false,
  },
};
const scattered: Buffer[] = [argument, { dtype: "int32", size: 2, role: "argument" }, output];
const zeros = nest([6], [{ kind: "constant", value: 0, dtype: "float32" }], into(2, [1]));

const one = (node: Node, ...steps: readonly Step[]): LoopProgram =>
  program([argument, output], nest([2, 3], [copy, node], into(1, [3, 1], 1)), ...steps);

const wrong: Readonly<Record<string, readonly [LoopProgram, RegExp]>> = {
  "a buffer that does not exist": [
    program([argument, output], nest([2, 3], [load(7, [3, 1])], into(1, [3, 1]))),
    /one of 2 buffers, got %7/,
  ],
  "a load past the end": [
    program([argument, output], nest([2, 3], [load(0, [3, 1], 1)], into(1, [3, 1]))),
    /within 0 … 5 of %0, got 1 … 6/,
  ],
  "a load before the start": [
    program([argument, output], nest([2, 3], [load(0, [3, -1], 1)], into(1, [3, 1]))),
    /within 0 … 5 of %0, got -1 … 4/,
  ],
  "a store past the end": [program([argument, output], nest([2, 3], [copy], into(1, [4, 1]))), /within 0 … 5 of %1, got 0 … 6/],
  "strides for other axes": [program([argument, output], nest([2, 3], [load(0, [1])], into(1, [3, 1]))), /2 strides, got 1/],
  "an operand that comes later": [one(apply("add", [0, 2])), /operands of node 1 among the earlier ones, got 0,2/],
  "too few operands": [one(apply("add", [0])), /2 operands/],
  "a result of another dtype": [one(apply("lt", [0, 0])), /lt to give bool, got float32/],
  "an operand that the operation does not take": [one(apply("not", [0])), /dtype that not takes/],
  "a predicate that is no bool": [one(apply("select", [0, 0, 0])), /a bool predicate/],
  "a constant that the dtype does not hold": [
    program([argument, { ...output, dtype: "uint8" }], nest([6], [{ kind: "constant", value: 256, dtype: "uint8" }], into(1, [1]))),
    /a constant of uint8, got 256/,
  ],
  "an index of an axis that does not exist": [one({ kind: "index", axis: 2, dtype: "float32" }), /one of 2 axes, got axis 2/],
  "a load of another dtype": [program([argument, bytes], nest([6], [load(0, [1], 0, "bool")], into(1, [1]))), /load of float32.* got bool/],
  "a store of another dtype": [program([argument, bytes], nest([6], [load(0, [1])], into(1, [1]))), /store of bool.* got float32/],
  "a store of a node that does not exist": [program([argument, output], nest([6], [load(0, [1])], into(1, [1], 3))), /got node 3/],
  "two indices that write one element": [program([argument, output], nest([2, 3], [copy], into(1, [1, 1]))), /an element for each index/],
  "a broken sum": [program([argument, output], nest([2, 3], [copy], { ...into(1, [1, 1]), reduction: "sum" })), /elements apart/],
  "sums over different axes": [
    program(
      [argument, output, output],
      nest([2, 3], [copy], { ...into(1, [0, 1]), reduction: "sum" }, { ...into(2, [1, 0]), reduction: "sum" }),
    ),
    /reductions over axes 0, got one over 1/,
  ],
  "a logical reduction of floats": [
    program([argument, output], nest([6], [load(0, [1])], { ...into(1, [0]), reduction: "or" })),
    /a dtype that has a or, got float32/,
  ],
  "a store into an argument": [
    program([argument, argument], nest([6], [load(0, [1])], into(1, [1]))),
    /stores into temporaries and outputs/,
  ],
  "a step that reads what it writes": [
    program([argument, output], nest([6], [load(0, [1])], into(1, [1])), nest([6], [load(1, [1])], into(1, [1]))),
    /does not read what it writes/,
  ],
  "a temporary read before it is written": [
    program([temporary, output], nest([6], [load(0, [1])], into(1, [1]))),
    /written before it is read, got %0/,
  ],
  "an output that nobody writes": [program([argument, output]), /every output to be written, got none in %1/],
  "a matrix that is too small": [program(products, { ...dot, m: 3 }), /within 0 … 5 of %0/],
  "a product that overwrites itself": [program(products, { ...dot, c: { ...dot.c, row: 1 } }), /a place for each element of the product/],
  "a running sum of too few elements": [program([argument, output], { ...running, size: 7 }), /within 0 … 5 of %0/],
  "a recurrence without its factors": [program([argument, output], { ...running, fold: "linear" }), /2 inputs of a running linear, got 1/],
  "windows that leave what they index": [
    program(scattered, zeros, { ...scatter, where: { ...scatter.where, axes: [{ stride: 3, last: 2 }] } }),
    /within 0 … 5 of %2, got 0 … 8/,
  ],
  "updates into what was never written": [program(scattered, scatter), /written before it is read, got %2/],
};

describe("refuses", () => {
  test.each(Object.keys(wrong))("%s", (name) => {
    const [faulty, message] = wrong[name];
    expect(() => checkLoops(faulty)).toThrow(JaxprError);
    expect(() => checkLoops(faulty)).toThrow(message);
  });

  test("accepts the parts of what it refuses above", () => {
    expect(() => checkLoops(program(products, dot))).not.toThrow();
    expect(() => checkLoops(program([argument, output], running))).not.toThrow();
    expect(() => checkLoops(program(scattered, zeros, scatter))).not.toThrow();
  });
});
