// Loops and branches of the loop IR: what the checker refuses in them, how they print, and that they mean what they say.

import { describe, expect, test } from "vitest";
import { JaxprError } from "../../src/core/errors.js";
import { checkLoops } from "../../src/loop/check.js";
import { runLoops } from "../../src/loop/interpret.js";
import type { Branch, Buffer, Loop, LoopProgram, Nest, Step } from "../../src/loop/ir.js";
import { printLoops } from "../../src/loop/print.js";
import { primitives } from "../../src/primitives.js";
import { float, load, nest, program } from "./loops.js";

const N = 2;
const whole = (buffer: number, node = 0) => ({ node, access: { buffer, offset: 0, strides: [1] } });

/** %2 ← %0 + %1, of two elements. */
const add = (a: number, b: number, into: number): Nest =>
  nest([N], [load(a, [1]), load(b, [1]), { kind: "apply", op: "add", args: [0, 1], dtype: "float32" }], whole(into, 2));
const copy = (from: number, into: number): Nest => nest([N], [load(from, [1])], whole(into));

/** Sums up the rows of %1 from %0 on, into %2; the sums before each row go to %3, from its end. */
const buffers: readonly Buffer[] = [
  float(N, "argument"),
  float(3 * N, "argument"),
  float(N, "output"),
  float(3 * N, "output"),
  float(N, "temporary"),
  float(N, "moving"),
  float(N, "moving"),
  float(N, "moving"),
  float(N, "moving"),
  { dtype: "bool", size: 1, role: "argument" },
  { dtype: "int32", size: 1, role: "argument" },
];
const carry = { initial: { buffer: 0, offset: 0 }, entry: 5, exit: 6, final: 2, spare: 4 };
const slice = { row: 7, of: 1, first: 0, stride: N };
const stack = { row: 8, of: 3, first: 2 * N, stride: -N };
const loop: Loop = { kind: "loop", turns: 3, carries: [carry], slices: [slice], stacks: [stack], body: [add(5, 7, 6), copy(5, 8)] };
const sums = program(buffers, loop);

const given = (last = 1): Map<number, Float32Array | Int32Array | Uint8Array> =>
  new Map<number, Float32Array | Int32Array | Uint8Array>([
    [0, Float32Array.of(1, 2)],
    [1, Float32Array.of(10, 20, 30, 40, 50, 60)],
    [9, Uint8Array.of(last)],
    [10, Int32Array.of(last)],
  ]);
const elements = (of: LoopProgram, b: number, last?: number): number[] => [...runLoops(of, given(last), primitives)[b]];

test("a loop carries on, slides over its inputs and stacks its results", () => {
  expect(checkLoops(sums)).toBe(sums);
  expect(elements(sums, 2)).toEqual([91, 122]);
  expect(elements(sums, 3)).toEqual([41, 62, 11, 22, 1, 2]);
  expect(printLoops(sums).split("\n").slice(buffers.length)).toEqual([
    "loop 3 times",
    "  carry %5 = %0, then %6, in %4 and %2",
    "  %7 = %1[2turn …]",
    "  %8 in %3[4 - 2turn …]",
    "do",
    "  for i < 2",
    "    a:f32 = %5[i]",
    "    b:f32 = %7[i]",
    "    c:f32 = add a b",
    "    %6[i] <- c",
    "  for i < 2",
    "    a:f32 = %5[i]",
    "    %8[i] <- a",
  ]);
});

test("a loop goes on while its condition holds, to its bound at most", () => {
  const condition = { steps: [], holds: { buffer: 9, offset: 0 } };
  const conditional = program([...buffers.slice(0, 3), float(0, "output"), ...buffers.slice(4)], {
    kind: "loop",
    turns: 4,
    condition,
    carries: [carry],
    slices: [],
    stacks: [],
    body: [add(5, 0, 6)],
  });
  expect(checkLoops(conditional)).toBe(conditional);
  expect(elements(conditional, 2, 1)).toEqual([5, 10]);
  expect(elements(conditional, 2, 0)).toEqual([1, 2]);
  expect(printLoops(conditional)).toContain(
    "loop at most 4 times\n  carry %5 = %0, then %6, in %4 and %2\nwhile\n  holds %9\ndo\n  for i < 2",
  );
});

const branch: Branch = { kind: "branch", index: { buffer: 10, offset: 0 }, branches: [[copy(0, 2)], [add(0, 0, 2)]] };
const chosen = program([...buffers.slice(0, 3), float(0, "output"), ...buffers.slice(4)], branch);

test.each([
  [-5, [1, 2]],
  [0, [1, 2]],
  [1, [2, 4]],
  [7, [2, 4]],
])("a branch takes the nearest list to %i", (index, expected) => {
  expect(checkLoops(chosen)).toBe(chosen);
  expect(elements(chosen, 2, index)).toEqual(expected);
  expect(printLoops(chosen)).toContain("branch by %10\ncase 0\n  for i < 2\n    a:f32 = %0[i]\n    %2[i] <- a\ncase 1\n  for");
});

describe("refuses", () => {
  const wrong: Readonly<Record<string, readonly [Step, RegExp]>> = {
    "no turn": [{ ...loop, turns: 0 }, /step 0 \(loop\): expected 1 turn or more, or a condition, got 0 turns/],
    "turns without an end": [{ ...loop, turns: Infinity }, /1 turn or more, or a condition, got Infinity turns/],
    "a first value that is not there": [
      { ...loop, carries: [{ ...carry, initial: { buffer: 4, offset: 0 } }] },
      /written before it is read, got %4/,
    ],
    "a first value that is too short": [
      { ...loop, carries: [{ ...carry, initial: { buffer: 0, offset: 1 } }] },
      /elements within 0 … 1 of %0, got 1 … 2/,
    ],
    "a carry that changes its size": [
      { ...loop, carries: [{ ...carry, final: 3 }] },
      /a carry of float32\[2\] throughout, got %3 of float32\[6\]/,
    ],
    "one place for two values": [{ ...loop, carries: [{ ...carry, spare: 2 }] }, /places of their own for a carry's values, got %2 twice/],
    "a carry that does not move": [{ ...loop, carries: [{ ...carry, entry: 4 }] }, /a moving buffer, got %4, a temporary/],
    "slices past the end": [{ ...loop, slices: [{ ...slice, first: 1 }] }, /elements within 0 … 5 of %1, got 1 … 6/],
    "results on one another": [{ ...loop, stacks: [{ ...stack, first: 2, stride: -1 }] }, /rows that lie apart, got %8 every -1 elements/],
    "a result that no turn writes": [{ ...loop, body: [add(5, 7, 6)] }, /every result of a turn to be written, got none in %8/],
    "a turn that writes a slice": [
      { ...loop, body: [...loop.body, copy(0, 7)] },
      /step 0 \(loop\), step 2 \(nest\): expected stores into temporaries and outputs, got one into the moving %7/,
    ],
    "a turn that reads the next value": [
      { ...loop, body: [copy(6, 8), add(5, 7, 6)] },
      /step 0 \(loop\), step 0 \(nest\): expected a buffer written before it is read, got %6/,
    ],
    "a condition that is no bool": [
      { ...loop, condition: { steps: [], holds: { buffer: 10, offset: 0 } } },
      /elements of bool in %10, got int32/,
    ],
    "no branch": [{ ...branch, branches: [] }, /a branch or more, got none/],
    "an index that is no int32": [{ ...branch, index: { buffer: 9, offset: 0 } }, /elements of int32 in %9, got bool/],
  };
  test.each(Object.keys(wrong))("%s", (name) => {
    const [step, message] = wrong[name];
    const run = (): unknown => checkLoops(program(buffers, step));
    expect(run).toThrow(JaxprError);
    expect(run).toThrow(message);
  });

  test("what only one of the branches writes, read after them; and what a turn made, after the loop", () => {
    const half: Branch = { ...branch, branches: [[copy(0, 4)], [copy(0, 2)]] };
    expect(() => checkLoops(program(buffers, half, copy(4, 2)))).toThrow(
      /step 1 \(nest\): expected a buffer written before it is read, got %4/,
    );
    const inside: Loop = { ...loop, body: [...loop.body, copy(5, 11)] };
    expect(() => checkLoops(program([...buffers, float(N, "temporary"), float(N, "output")], inside, copy(11, 12)))).toThrow(/got %11/);
  });
});
