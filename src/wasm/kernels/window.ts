// Selections by sliding windows with padding, holes and overlaps, one element at a time: `(operand, source, target, begin, end)`
// on addresses and a range of the leading axes, along which no window slides.

import type { DType } from "../../core/dtype.js";
import type { SelectWindow, WindowAxis } from "../../loop/ir.js";
import type { Code, Local, ModuleBuilder } from "../module.js";
import type { Op } from "../opcodes.js";
import { type ElementType, combine, elementOf, orderOp, pushNumber } from "./elements.js";
import { address, advance, countUp } from "./flow.js";

const still = ({ size, places, window, stride, low, baseDilation }: WindowAxis): boolean =>
  window === 1 && stride === 1 && low === 0 && baseDilation === 1 && size === places;

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/** The leading axes, as one count, and the axes inside of them. */
function split({ axes }: SelectWindow): { readonly outer: number; readonly inner: readonly WindowAxis[] } {
  let first = axes.findIndex((axis) => !still(axis));
  if (first < 0) first = axes.length;
  return { outer: product(axes.slice(0, first).map((axis) => axis.size)), inner: axes.slice(first) };
}

export const selectWindowExtent = (step: SelectWindow): number => split(step).outer;

export const selectWindowCost = ({ axes }: SelectWindow): number => 4 * product(axes.map(({ places, window }) => places * window));

const OPERAND = 0;
const SOURCE = 1;
const TARGET = 2;
const BEGIN = 3;
const END = 4;

export function emitSelectWindow(module: ModuleBuilder, step: SelectWindow): number {
  const { inner } = split(step);
  const element = elementOf(step.dtype);
  const plane = product(inner.map((axis) => axis.size)) * element.bytes;
  const windows = product(inner.map((axis) => axis.places)) * element.bytes;
  const scatters = step.direction === "scatter";
  return module.function(undefined, ["i32", "i32", "i32", "i32", "i32"], [], (code) => {
    const moved = [
      { pointer: OPERAND, offset: step.operand.offset, bytes: plane },
      { pointer: SOURCE, offset: step.source.offset, bytes: scatters ? windows : plane },
      { pointer: TARGET, offset: 0, bytes: scatters ? plane : windows },
    ];
    for (const { pointer, offset, bytes } of moved)
      address(code, pointer, BEGIN, bytes)
        .i32(offset * element.bytes)
        .op("i32.add")
        .set(pointer);
    const place = code.local("i32");
    countUp(code, BEGIN, { local: END }, 1, () => {
      if (scatters) clear(code, TARGET, plane);
      code.get(scatters ? SOURCE : TARGET).set(place);
      eachWindow(code, step, element, inner, place);
      for (const { pointer, bytes } of moved) advance(code, pointer, bytes);
    });
  });
}

/** Zeros `bytes` bytes. */
function clear(code: Code, at: Local, bytes: number): void {
  const [to, end] = [code.local("i32"), code.local("i32")];
  const whole = Math.floor(bytes / 16) * 16;
  code.get(at).tee(to).i32(whole).op("i32.add").set(end);
  countUp(code, to, { local: end }, 16, () => code.get(to).v128(new Uint8Array(16)).memory("v128.store"));
  code.get(at).i32(bytes).op("i32.add").set(end);
  countUp(code, to, { local: end }, 1, () => code.get(to).i32(0).memory("i32.store8"));
}

/** Runs over the windows in order; `place` moves with them. */
function eachWindow(code: Code, step: SelectWindow, element: ElementType, axes: readonly WindowAxis[], place: Local): void {
  // The position of each axis's first tap.
  const starts = axes.map(() => code.local("i32"));
  const level = (k: number): void => {
    if (k === axes.length) {
      oneWindow(code, step, element, axes, starts, place);
      advance(code, place, element.bytes);
      return;
    }
    const { places, stride, low } = axes[k];
    const left = code.local("i32");
    code.i32(-low).set(starts[k]).i32(places).set(left);
    code.while(
      () => code.get(left),
      () => {
        level(k + 1);
        advance(code, starts[k], stride);
        advance(code, left, -1);
      },
    );
  };
  level(0);
}

function oneWindow(
  code: Code,
  step: SelectWindow,
  element: ElementType,
  axes: readonly WindowAxis[],
  starts: readonly Local[],
  place: Local,
): void {
  const [best, value, sum] = [code.local(element.type), code.local(element.type), code.local(element.type)];
  const [selected, offset] = [code.local("i32"), code.local("i32")];
  code.i32(-1).set(selected);
  const anyTaps = (): void =>
    eachTap(code, element, axes, starts, offset, () => {
      code.get(OPERAND).get(offset).op("i32.add").memory(element.load).set(value);
      code.get(selected).i32(0).op("i32.lt_s").get(best).get(value).op(orderOp(element, step.select), "i32.eqz", "i32.or");
      code.if(() => code.get(value).set(best).get(offset).set(selected));
    });
  const inside = insideTaps(step, element, axes);
  if (inside === undefined) anyTaps();
  else ifInside(code, axes, starts, () => wholeWindow(code, step, element, axes, starts, inside, selected), anyTaps);
  const found = (pointer: Local): Code => code.get(pointer).get(selected).op("i32.add");
  if (step.direction === "gather") {
    code.get(place).get(selected).i32(0).op("i32.ge_s");
    code
      .if(
        () => found(SOURCE).memory(element.load),
        () => pushNumber(code, element, 0),
        element.type,
      )
      .memory(element.store);
    return;
  }
  code.get(selected).i32(0).op("i32.ge_s");
  code.if(() => {
    found(TARGET).memory(element.load).set(value).get(place).memory(element.load).set(sum);
    found(TARGET);
    combine(code, element, "add", value, sum);
    code.memory(element.store);
  });
}

/** Windows of more elements than this are not spelled out. */
const MOST_TAPS = 32;

const extentOf = ({ window, windowDilation }: WindowAxis): number => (window - 1) * windowDilation + 1;

/** Byte offsets of a window's elements from its first, if it may lie inside of the array without holes. */
function insideTaps({ axes: all }: SelectWindow, element: ElementType, axes: readonly WindowAxis[]): readonly number[] | undefined {
  if (element.bytes === 1 || all.some((axis) => axis.baseDilation > 1 || extentOf(axis) > axis.size)) return undefined;
  if (product(axes.map((axis) => axis.window)) > MOST_TAPS) return undefined;
  return axes.reduce<readonly number[]>(
    (offsets, { window, windowDilation, size }) =>
      offsets.flatMap((offset) => Array.from({ length: window }, (_, tap) => offset * size + tap * windowDilation * element.bytes)),
    [0],
  );
}

function ifInside(code: Code, axes: readonly WindowAxis[], starts: readonly Local[], then: () => void, otherwise: () => void): void {
  code.i32(1);
  axes.forEach((axis, k) =>
    code
      .get(starts[k])
      .i32(axis.size - extentOf(axis))
      .op("i32.le_u", "i32.and"),
  );
  code.if(then, otherwise);
}

const vectorOrder = (dtype: DType, order: "ge" | "le"): Op =>
  dtype === "float32" ? `f32x4.${order}` : dtype === "float64" ? `f64x2.${order}` : `i32x4.${order}_${dtype === "uint32" ? "u" : "s"}`;

/**
 * Sets `selected` by all elements of a window, in the first lanes of vectors: engines make branches of scalar selections, which
 * no processor can predict here.
 */
function wholeWindow(
  code: Code,
  { dtype, select }: SelectWindow,
  element: ElementType,
  axes: readonly WindowAxis[],
  starts: readonly Local[],
  taps: readonly number[],
  selected: Local,
): void {
  const first = code.local("i32");
  const [best, value, offset, stays] = [code.local("v128"), code.local("v128"), code.local("v128"), code.local("v128")];
  const load = element.bytes === 8 ? "v128.load64_zero" : "v128.load32_zero";
  code.i32(0);
  axes.forEach(({ size }, k) => code.i32(size).op("i32.mul").get(starts[k]).op("i32.add"));
  code.i32(element.bytes).op("i32.mul").tee(selected).get(OPERAND).op("i32.add").tee(first).memory(load).set(best);
  code.i32(0).op("i32x4.splat").set(offset);
  for (const tap of taps.slice(1)) {
    code.get(first).memory(load, tap).set(value);
    code.get(best).get(value).op(vectorOrder(dtype, select)).set(stays);
    code.get(best).get(value).get(stays).op("v128.bitselect").set(best);
    code.get(offset).i32(tap).op("i32x4.splat").get(stays).op("v128.bitselect").set(offset);
  }
  code.get(selected).get(offset).lane("i32x4.extract_lane", 0).op("i32.add").set(selected);
}

/** Runs `body` for each element of a window in row-major order, with its byte offset in the plane. */
function eachTap(
  code: Code,
  element: ElementType,
  axes: readonly WindowAxis[],
  starts: readonly Local[],
  offset: Local,
  body: () => void,
): void {
  const level = (k: number, outer: Local | undefined): void => {
    if (k === axes.length) {
      if (outer === undefined) code.i32(0);
      else code.get(outer);
      code.set(offset);
      return body();
    }
    const { size, window, baseDilation, windowDilation } = axes[k];
    const bytes = product(axes.slice(k + 1).map((axis) => axis.size)) * element.bytes;
    const [position, left, here] = [code.local("i32"), code.local("i32"), code.local("i32")];
    code.get(starts[k]).set(position).i32(window).set(left);
    code.while(
      () => code.get(left),
      () => {
        // Positions before the first are, unsigned, past the last.
        code
          .get(position)
          .i32((size - 1) * baseDilation + 1)
          .op("i32.lt_u");
        if (baseDilation > 1) code.get(position).i32(baseDilation).op("i32.rem_u", "i32.eqz", "i32.and");
        code.if(() => {
          code.get(position);
          if (baseDilation > 1) code.i32(baseDilation).op("i32.div_u");
          code.i32(bytes).op("i32.mul");
          if (outer !== undefined) code.get(outer).op("i32.add");
          code.set(here);
          level(k + 1, here);
        });
        advance(code, position, windowDilation);
        advance(code, left, -1);
      },
    );
  };
  level(0, undefined);
}
