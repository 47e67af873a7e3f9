// What all checks of the loop IR share: how a fault is told, and that places lie within a buffer and apart from each other.

import type { DType } from "../core/dtype.js";
import { JaxprError } from "../core/errors.js";
import type { Buffer, BufferId, LoopProgram, Row } from "./ir.js";

/** Lengths and strides of the axes along which something moves. */
export type Axes = readonly (readonly [size: number, stride: number])[];

/** Each stride leaps over all that the smaller ones reach: enough for places to be distinct. */
export function isInjective(axes: Axes): boolean {
  if (axes.some(([n]) => n === 0)) return true;
  let reach = 0;
  for (const [size, stride] of axes.filter(([n]) => n > 1).toSorted((a, b) => Math.abs(a[1]) - Math.abs(b[1]))) {
    if (Math.abs(stride) <= reach) return false;
    reach += (size - 1) * Math.abs(stride);
  }
  return true;
}

/** Checks of places in a program's buffers; each throws a JaxprError that names the step in question. */
export class Grammar {
  where = "program";

  constructor(readonly program: LoopProgram) {}

  must(holds: boolean, expected: string, received: string): void {
    if (holds) return;
    throw new JaxprError({
      op: `loop IR, ${this.where}`,
      expected,
      received,
      remedy: "this is a fault of the library: please report the program",
    });
  }

  buffer(b: BufferId): Buffer {
    const buffer = this.program.buffers[b];
    this.must(buffer !== undefined, `one of ${this.program.buffers.length} buffers`, `%${b}`);
    return buffer;
  }

  inside(b: BufferId, offset: number, axes: Axes): void {
    if (axes.some(([n]) => n === 0)) return;
    let [low, high] = [offset, offset];
    for (const [n, stride] of axes) {
      if (stride < 0) low += (n - 1) * stride;
      else high += (n - 1) * stride;
    }
    const { size } = this.buffer(b);
    this.must(low >= 0 && high < size, `elements within 0 … ${size - 1} of %${b}`, `${low} … ${high}`);
  }

  /** `count` elements of a dtype in a row. */
  row({ buffer, offset }: Row, count: number, dtype: DType): void {
    this.must(this.buffer(buffer).dtype === dtype, `elements of ${dtype} in %${buffer}`, this.buffer(buffer).dtype);
    this.inside(buffer, offset, [[count, 1]]);
  }
}
