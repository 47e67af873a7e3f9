// Loops and branches in plain JavaScript. A moving buffer is a typed array of its own for each turn: a part of the array that
// it slides over, or a fresh one for what is carried on.

import type { TypedArray } from "../core/dtype.js";
import type { Branch, Loop, Sliding } from "./ir.js";

/** The elements of all buffers; moving ones change. */
export type Memory = TypedArray[];

type Run = (steps: Loop["body"]) => void;

export function runLoop({ turns, condition, carries, slices, stacks, body }: Loop, memory: Memory, run: Run): void {
  const slide = (turn: number, { row, of, first, stride }: Sliding): void => {
    const start = first + turn * stride;
    memory[row] = memory[of].subarray(start, start + memory[row].length);
  };
  const swapped = carries.filter(({ entry, exit }) => entry !== exit);
  for (const { initial, entry, exit, final } of carries) {
    const first = memory[initial.buffer].slice(initial.offset, initial.offset + memory[entry].length);
    if (entry !== exit) memory[entry] = first;
    else {
      memory[final].set(first);
      memory[entry] = memory[final];
    }
  }
  for (let turn = 0; turn < turns; turn++) {
    if (condition !== undefined) {
      run(condition.steps);
      if (memory[condition.holds.buffer][condition.holds.offset] === 0) break;
    }
    for (const moving of [...slices, ...stacks]) slide(turn, moving);
    for (const { entry, exit } of swapped) memory[exit] = memory[entry].slice().fill(0);
    run(body);
    for (const { entry, exit } of swapped) memory[entry] = memory[exit];
  }
  for (const { entry, final } of swapped) memory[final].set(memory[entry]);
}

export function runBranch({ index, branches }: Branch, memory: Memory, run: Run): void {
  const chosen = memory[index.buffer][index.offset];
  run(branches[Math.max(0, Math.min(chosen, branches.length - 1))]);
}
