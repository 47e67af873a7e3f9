// Windows at index vectors: gathers `(operand, indices, target, begin, end)` and scatters `(updates, indices, target, begin, end)`
// on addresses and a range of windows. Each window is a box of runs of neighbours, which are copied or folded whole.

import { isSigned } from "../../core/dtype.js";
import type { Gather, IndexedWindows, Scatter } from "../../loop/ir.js";
import type { Code, Local, ModuleBuilder } from "../module.js";
import { type ElementType, combine, copyBytes, elementOf, pushNumber, vectorCombination } from "./elements.js";
import { address, advance, countDown, countUp, pushCount } from "./flow.js";

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/** A window as runs of neighbours: the axes outside of a run, and its length. */
interface Box {
  readonly axes: readonly { readonly size: number; readonly stride: number }[];
  readonly run: number;
}

function boxOf({ sizes, strides }: IndexedWindows): Box {
  const axes = sizes.map((size, k) => ({ size, stride: strides[k] })).filter(({ size }) => size !== 1);
  let run = 1;
  while (axes.length > 0 && axes[axes.length - 1].stride === run) run *= (axes.pop() as { size: number }).size;
  return { axes, run };
}

const sizeOfBox = ({ sizes }: IndexedWindows): number => product(sizes);

export const gatherCost = ({ where }: Gather): number => where.windows * (4 + sizeOfBox(where) / 2);
export const scatterCost = ({ where }: Scatter): number => where.windows * (4 + sizeOfBox(where) / 2);

const OTHER = 0;
const INDICES = 1;
const TARGET = 2;
const BEGIN = 3;
const END = 4;
const PARAMS = ["i32", "i32", "i32", "i32", "i32"] as const;

/** Sets `start` to the byte offset of window `BEGIN` in the array, and leaves on the stack whether it lies inside. */
function locate(code: Code, where: IndexedWindows, bytes: number, start: Local): void {
  const type = elementOf(where.indexDtype);
  const signed = isSigned(where.indexDtype);
  const [at, index] = [code.local("i32"), code.local("i32")];
  address(code, INDICES, BEGIN, where.axes.length * type.bytes)
    .i32(where.indices.offset * type.bytes)
    .op("i32.add")
    .set(at);
  code.i32(0).set(start).i32(1);
  where.axes.forEach(({ stride, last }, j) => {
    code
      .get(at)
      .memory(type.load, j * type.bytes)
      .set(index);
    if (last < 0) code.op("drop").i32(0);
    else if (!where.clip) code.get(index).i32(last).op("i32.le_u", "i32.and");
    else {
      if (signed) code.get(index).i32(0).get(index).i32(0).op("i32.gt_s", "select").set(index);
      code.get(index).i32(last).get(index).i32(last).op("i32.lt_u", "select").set(index);
    }
    address(code, start, index, stride * bytes).set(start);
  });
  for (const { stride, divisor, size } of where.batch) {
    code
      .get(start)
      .get(BEGIN)
      .i32(divisor)
      .op("i32.div_u")
      .i32(size)
      .op("i32.rem_u")
      .i32(stride * bytes)
      .op("i32.mul", "i32.add")
      .set(start);
  }
}

/** Runs `body` for each run of a window, with the address of its elements in the array; `at` is that of the first. */
function eachRun(code: Code, { axes }: Box, bytes: number, at: Local, body: (at: Local) => void): void {
  const level = (k: number, outer: Local): void => {
    if (k === axes.length) return body(outer);
    const [left, here] = [code.local("i32"), code.local("i32")];
    code.get(outer).set(here).i32(axes[k].size).set(left);
    countDown(code, left, 1, () => {
      level(k + 1, here);
      advance(code, here, axes[k].stride * bytes);
    });
  };
  level(0, at);
}

export function emitGather(module: ModuleBuilder, { dtype, where, operand, fill }: Gather): number {
  const element = elementOf(dtype);
  const { bytes } = element;
  const box = boxOf(where);
  const windowBytes = sizeOfBox(where) * bytes;
  return module.function(undefined, PARAMS, [], (code) => {
    const [start, end] = [code.local("i32"), code.local("i32")];
    address(code, TARGET, BEGIN, windowBytes).set(TARGET);
    countUp(code, BEGIN, { local: END }, 1, () => {
      locate(code, where, bytes, start);
      code.if(
        () => {
          code
            .get(OTHER)
            .get(start)
            .op("i32.add")
            .i32(operand.offset * bytes)
            .op("i32.add")
            .set(start);
          eachRun(code, box, bytes, start, (from) => {
            copyBytes(code, from, TARGET, box.run * bytes);
            advance(code, TARGET, box.run * bytes);
          });
        },
        () => {
          code.get(TARGET).i32(windowBytes).op("i32.add").set(end);
          countUp(code, TARGET, { local: end }, bytes, () => pushNumber(code.get(TARGET), element, fill).memory(element.store));
        },
      );
    });
  });
}

export function emitScatter(module: ModuleBuilder, { combine: kind, dtype, where, updates }: Scatter): number {
  const element = elementOf(dtype);
  const { bytes } = element;
  const box = boxOf(where);
  const windowBytes = sizeOfBox(where) * bytes;
  return module.function(undefined, PARAMS, [], (code) => {
    const [start, from] = [code.local("i32"), code.local("i32")];
    const run = kind === "update" ? undefined : runFolder(code, element, kind, box.run);
    address(code, OTHER, BEGIN, windowBytes)
      .i32(updates.offset * bytes)
      .op("i32.add")
      .set(OTHER);
    countUp(code, BEGIN, { local: END }, 1, () => {
      locate(code, where, bytes, start);
      code.if(() => {
        code.get(OTHER).set(from).get(TARGET).get(start).op("i32.add").set(start);
        eachRun(code, box, bytes, start, (to) => {
          if (run === undefined) copyBytes(code, from, to, box.run * bytes);
          else run(from, to);
          advance(code, from, box.run * bytes);
        });
      });
      advance(code, OTHER, windowBytes);
    });
  });
}

/** Emits the fold of a run of updates into the run at an address; moves neither. */
function runFolder(code: Code, element: ElementType, kind: "add" | "mul" | "min" | "max", run: number): (from: Local, to: Local) => void {
  const [a, b] = [code.local(element.type), code.local(element.type)];
  const op = vectorCombination(element.dtype, kind);
  const whole = op === undefined ? 0 : Math.floor((run * element.bytes) / 16) * 16;
  const [f, t, end] = [code.local("i32"), code.local("i32"), code.local("i32")];
  const turn = (until: number, step: number, from: Local, body: () => void): void => {
    pushCount(code.get(from), until).op("i32.add").set(end);
    countUp(code, f, { local: end }, step, () => {
      body();
      advance(code, t, step);
    });
  };
  return (from, to) => {
    code.get(from).set(f).get(to).set(t);
    if (op !== undefined && whole > 0) {
      turn(whole, 16, from, () => code.get(t).get(t).memory("v128.load").get(f).memory("v128.load").op(op).memory("v128.store"));
    }
    if (whole === run * element.bytes) return;
    turn(run * element.bytes, element.bytes, from, () => {
      code.get(t).memory(element.load).set(a).get(f).memory(element.load).set(b).get(t);
      combine(code, element, kind, a, b);
      code.memory(element.store);
    });
  };
}
