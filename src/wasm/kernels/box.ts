// Boxes of elements walked by nested loops of known sizes: copies between layouts, fills, and tables of byte offsets.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { advance, countDown } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { emitClear } from "./direct.js";
import { once } from "./once.js";

/** One axis of a box: its size, and for each pointer the bytes between neighbours. */
export interface BoxAxis {
  readonly size: number;
  readonly strides: readonly number[];
}

// Runs `body` at each place of the box, with the pointers there.
function walkBox(code: Code, axes: readonly BoxAxis[], pointers: readonly Local[], body: () => void): void {
  const [axis, ...inner] = axes;
  if (axis === undefined) return body();
  const count = code.local("i32");
  const starts = pointers.map((pointer) => {
    const start = code.local("i32");
    code.get(pointer).set(start);
    return start;
  });
  code.i32(axis.size).set(count);
  countDown(code, count, 1, () => {
    walkBox(code, inner, pointers, body);
    for (const [index, pointer] of pointers.entries()) advance(code, pointer, axis.strides[index]);
  });
  for (const [index, pointer] of pointers.entries()) code.get(starts[index]).set(pointer);
}

/** Emits `table(at)`: stores the byte offsets of a box's elements (each axis's one stride), in order, as i32. */
export const emitTable = (module: ModuleBuilder, axes: readonly BoxAxis[]): number =>
  once(module, `table ${JSON.stringify(axes)}`, () => newTable(module, axes));

function newTable(module: ModuleBuilder, axes: readonly BoxAxis[]): number {
  return module.function(undefined, ["i32"], [], (code) => {
    const offset = code.local("i32");
    walkBox(code, axes, [offset], () => {
      code.get(0).get(offset).memory("i32.store");
      advance(code, 0, 4);
    });
  });
}

/** Emits `copy(from, to)`: each axis has the strides of `from` and of `to`. */
export const emitBoxCopy = (module: ModuleBuilder, lanes: Lanes, axes: readonly BoxAxis[]): number =>
  once(module, `copy ${lanes.scalar} ${JSON.stringify(axes)}`, () => newBoxCopy(module, lanes, axes));

function newBoxCopy(module: ModuleBuilder, lanes: Lanes, axes: readonly BoxAxis[]): number {
  const last = axes.at(-1);
  const adjacent = last !== undefined && last.strides.every((stride) => stride === lanes.bytes);
  return module.function(undefined, ["i32", "i32"], [], (code) => {
    const [from, to] = [0, 1];
    if (!adjacent) {
      walkBox(code, axes, [from, to], () => code.get(to).get(from).memory(lanes.load).memory(lanes.store));
      return;
    }
    const [f, t, count] = [code.local("i32"), code.local("i32"), code.local("i32")];
    walkBox(code, axes.slice(0, -1), [from, to], () => {
      code.get(from).set(f).get(to).set(t).i32(last.size).set(count);
      const step = (width: number, load: () => void): void =>
        countDown(code, count, width, () => {
          code.get(t).get(f);
          load();
          advance(code, f, width * lanes.bytes);
          advance(code, t, width * lanes.bytes);
        });
      step(lanes.count, () => code.memory("v128.load").memory("v128.store"));
      step(1, () => code.memory(lanes.load).memory(lanes.store));
    });
  });
}

/** Emits `clear(at)`: stores zeros throughout a box (each axis's one stride). */
export const emitBoxClear = (module: ModuleBuilder, lanes: Lanes, axes: readonly BoxAxis[]): number =>
  once(module, `clear ${lanes.scalar} ${JSON.stringify(axes)}`, () => newBoxClear(module, lanes, axes));

function newBoxClear(module: ModuleBuilder, lanes: Lanes, axes: readonly BoxAxis[]): number {
  const last = axes.at(-1);
  const adjacent = last !== undefined && last.strides[0] === lanes.bytes;
  const outer = adjacent ? axes.slice(0, -1) : axes;
  return module.function(undefined, ["i32"], [], (code) => {
    const [at, count] = [code.local("i32"), code.local("i32")];
    walkBox(code, outer, [0], () => {
      code
        .get(0)
        .set(at)
        .i32(adjacent ? last.size : 1)
        .set(count);
      emitClear(code, lanes, at, count);
    });
  });
}
