// The grammar and the text of steps that hold nests: products with what is done to their results, and nests over the same rows.

import { describe, expect, test } from "vitest";
import { JaxprError } from "../../src/core/errors.js";
import { checkLoops } from "../../src/loop/check.js";
import type { Finished, LoopProgram, Nest, Rows, Step } from "../../src/loop/ir.js";
import { printLoops } from "../../src/loop/print.js";
import { float, load, nest, program } from "./loops.js";

const store = (buffer: number, strides: readonly number[], node = 0, offset = 0) => ({ node, access: { buffer, offset, strides } });

const finish = nest(
  [1, 2, 4],
  [load(3, [0, 4, 1]), load(2, [0, 0, 1]), { kind: "apply", op: "add", args: [0, 1], dtype: "float32" }],
  store(3, [0, 4, 1], 2),
);
const finished: Finished = {
  kind: "finished",
  product: {
    kind: "dot",
    dtype: "float32",
    batch: 1,
    m: 2,
    n: 4,
    k: 3,
    a: { buffer: 0, offset: 0, batch: 0, row: 3, column: 1 },
    b: { buffer: 1, offset: 0, batch: 0, row: 4, column: 1 },
    c: { buffer: 3, offset: 0, batch: 8, row: 4, column: 1 },
  },
  finish,
};
const operands = [float(6, "argument"), float(12, "argument"), float(4, "argument"), float(8, "output")];

const sums: Nest = nest([4, 3], [load(0, [3, 1])], { ...store(1, [1, 0]), reduction: "sum" });
const shares: Nest = nest(
  [4, 3],
  [load(0, [3, 1]), load(1, [1, 0]), { kind: "apply", op: "div", args: [0, 1], dtype: "float32" }],
  store(2, [3, 1], 2),
);
const rows: Rows = { kind: "rows", rows: 4, block: 2, nests: [sums, shares], own: [{ buffer: 1, stride: 1 }] };
const between = [float(12, "argument"), float(4, "temporary"), float(12, "output")];

test("right ones pass", () => {
  for (const right of [program(operands, finished), program(between, rows)]) expect(checkLoops(right)).toBe(right);
});

test("are printed", () => {
  expect(printLoops(program(operands, finished)).split("\n").slice(4)).toEqual([
    "dot f32 i < 2, j < 4, k < 3",
    "  %3[4i + j] <- sum %0[3i + k] %1[4k + j]",
    "then for i < 1, j < 2, k < 4",
    "  a:f32 = %3[4j + k]",
    "  b:f32 = %2[k]",
    "  c:f32 = add a b",
    "  %3[4j + k] <- c",
  ]);
  expect(printLoops(program(between, rows)).split("\n").slice(3)).toEqual([
    "for 4 rows, 2 at a time, of %1 no more",
    "  for i < 4, j < 3",
    "    a:f32 = %0[3i + j]",
    "    %1[i] sum <- a",
    "  for i < 4, j < 3",
    "    a:f32 = %0[3i + j]",
    "    b:f32 = %1[i]",
    "    c:f32 = div a b",
    "    %2[3i + j] <- c",
  ]);
});

const wrong: Readonly<Record<string, readonly [LoopProgram, RegExp]>> = {
  "an epilogue over other sizes": [program(operands, { ...finished, finish: nest([1, 4, 2], finish.nodes) }), /a nest over 1,2,4/],
  "an epilogue that reads other results": [
    program(operands, { ...finished, finish: nest([1, 2, 4], [load(3, [0, 0, 1])], store(3, [0, 4, 1])) }),
    /a product's results at their own index/,
  ],
  "an epilogue that reduces": [
    program([...operands, float(2, "output")], {
      ...finished,
      finish: nest([1, 2, 4], [load(3, [0, 4, 1])], { ...store(4, [0, 1, 0]), reduction: "max" }),
    }),
    /no reductions of a product's results/,
  ],
  "an epilogue that reads what it writes": [
    program([...operands, float(8, "output")], {
      ...finished,
      finish: nest([1, 2, 4], [load(3, [0, 4, 1]), load(4, [0, 0, 1])], store(4, [0, 4, 1])),
    }),
    /written before it is read|does not read what it writes/,
  ],
  "nests over other rows": [program(between, { ...rows, rows: 3 }), /nests over 3 rows/],
  "blocks of no rows": [program(between, { ...rows, block: 0 }), /blocks of 1 row or more/],
  "results read before they are there": [program(between, { ...rows, nests: [shares, sums] }), /results read after/],
  "rows that read another's results": [
    program(between, {
      ...rows,
      nests: [sums, nest([4, 4], [load(1, [0, 1])], store(2, [3, 0]))],
    } satisfies Step),
    /rows that are apart|an element for each index/,
  ],
  "an output as a block's own": [
    program(between, { ...rows, own: [{ buffer: 2, stride: 3 }] }),
    /every output to be written|temporaries for a block/,
  ],
  "another distance from row to row": [program(between, { ...rows, own: [{ buffer: 1, stride: 2 }] }), /1 elements from row to row/],
};

describe("names what is wrong with", () => {
  test.each(Object.keys(wrong))("%s", (name) => {
    const [given, text] = wrong[name];
    expect(() => checkLoops(given)).toThrow(JaxprError);
    expect(() => checkLoops(given)).toThrow(text);
  });
});
