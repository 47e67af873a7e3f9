// Random programs of the operations that rules are about, on the values at which laws of arithmetic break: NaN, both zeros,
// infinities, the smallest and largest floats, the limits of integers. Few operands, so that the same ones meet often.

import * as fc from "fast-check";
import { type NDArray, scalar } from "../../src/core/array.js";
import { type DType, dtypes, highest, isFloat, isInteger, lowest } from "../../src/core/dtype.js";
import { sameShape, sizeOf } from "../../src/core/shape.js";
import { abs, add, ceil, div, floor, integerPow, max, min, mul, neg, square, sub, trunc } from "../../src/ops/arithmetic.js";
import { bitAnd, bitNot, bitOr, bitXor } from "../../src/ops/bitwise.js";
import { eq, ge, gt, le, lt, ne } from "../../src/ops/compare.js";
import { convertElementType } from "../../src/ops/convert.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { dynamicSlice } from "../../src/ops/dynamic.js";
import { broadcastInDim, reduceSum } from "../../src/ops/broadcast.js";
import { reshape, reverse, squeeze, transpose } from "../../src/ops/layout.js";
import { pow } from "../../src/ops/power.js";
import { reduceMax, reduceMin, reduceProd } from "../../src/ops/reduce.js";
import { select } from "../../src/ops/select.js";
import { concatenate, pad, slice } from "../../src/ops/slice.js";
import { stopGradient } from "../../src/ops/stop.js";
import { type Arb, filled } from "../property/arbitraries.js";

export const edgesOf = (dtype: DType): readonly number[] => {
  if (isFloat(dtype)) {
    const [tiny, huge] = dtype === "float32" ? [2 ** -149, (2 - 2 ** -23) * 2 ** 127] : [Number.MIN_VALUE, Number.MAX_VALUE];
    return [0, -0, 1, -1, 2, -2, 0.5, 3, NaN, Infinity, -Infinity, tiny, -tiny, huge, -huge, 2 ** -126, 1.5];
  }
  return dtype === "bool" ? [0, 1] : [0, 1, 2, 3, lowest(dtype), highest(dtype), lowest(dtype) + 1, highest(dtype) - 1];
};

/** Chooses by the numbers of a step. */
class Picks {
  #next = 0;
  constructor(
    readonly values: readonly NDArray[],
    readonly numbers: readonly number[],
  ) {}

  number(below: number): number {
    return this.numbers[this.#next++ % this.numbers.length] % below;
  }

  /** A value that fits, the newest for a small number. */
  value(fits: (x: NDArray) => boolean): NDArray {
    const found = this.values.filter(fits).toReversed();
    if (found.length === 0) throw new NothingFits();
    return found[this.number(found.length)];
  }

  of<T>(list: readonly T[]): T {
    return list[this.number(list.length)];
  }

  /** A value beside `x`: another, an edge as a literal, or `x` itself. */
  beside(x: NDArray): NDArray {
    const kind = this.number(3);
    if (kind === 0) return scalar(this.of(edgesOf(x.dtype)), x.dtype);
    return kind === 1 ? x : this.value((y) => y.dtype === x.dtype && (y.ndim === 0 || x.ndim === 0 || sameShape(x.shape, y.shape)));
  }

  axis(x: NDArray): number {
    return this.number(x.ndim);
  }
}

export class NothingFits extends Error {}

const number = (x: NDArray): boolean => x.dtype !== "bool";
const signed = (x: NDArray): boolean => isFloat(x.dtype) || x.dtype === "int32" || x.dtype === "int8";
const float = (x: NDArray): boolean => isFloat(x.dtype);
const bits = (x: NDArray): boolean => x.dtype === "bool" || isInteger(x.dtype);
const bool = (x: NDArray): boolean => x.dtype === "bool";
const any = (): boolean => true;
const shaped = (x: NDArray): boolean => x.ndim > 0;

type Step = (p: Picks) => NDArray;

const unary =
  (fs: readonly ((x: NDArray) => NDArray)[], fits: (x: NDArray) => boolean): Step =>
  (p) =>
    p.of(fs)(p.value(fits));
const binary =
  (fs: readonly ((x: NDArray, y: NDArray) => NDArray)[], fits: (x: NDArray) => boolean): Step =>
  (p) => {
    const x = p.value(fits);
    const y = p.beside(x);
    const f = p.of(fs);
    return p.number(2) === 0 ? f(x, y) : f(y, x);
  };

const orderOf = (ndim: number, turn: number): number[] => Array.from({ length: ndim }, (_, k) => (k + turn) % ndim);

const layouts: Readonly<Record<string, Step>> = {
  spread: (p) => {
    const x = p.value((y) => y.ndim < 3);
    const at = p.number(x.ndim + 1);
    const shape = x.shape.toSpliced(at, 0, p.of([1, 2, 3]));
    return broadcastInDim(
      x,
      shape,
      x.shape.map((_, k) => (k < at ? k : k + 1)),
    );
  },
  turn: (p) => {
    const x = p.value(shaped);
    return transpose(x, p.number(2) === 0 ? orderOf(x.ndim, 0).toReversed() : orderOf(x.ndim, 1));
  },
  reverse: (p) => {
    const x = p.value(shaped);
    return reverse(x, [p.axis(x)]);
  },
  flatten: (p) => {
    const x = p.value(any);
    return reshape(x, p.number(2) === 0 ? [x.size] : [1, x.size]);
  },
  squeeze: unary([(x) => squeeze(x)], (x) => x.shape.includes(1)),
  slice: (p) => {
    const x = p.value((y) => shaped(y) && y.size > 0);
    const starts = x.shape.map((n) => p.number(n));
    const steps = x.shape.map(() => 1 + p.number(2));
    return slice(x, starts, x.shape, steps);
  },
  join: (p) => {
    const x = p.value(shaped);
    return concatenate([x, p.number(2) === 0 ? x : p.value((y) => y.dtype === x.dtype && sameShape(y.shape, x.shape))], p.axis(x));
  },
  pad: (p) => {
    const x = p.value(shaped);
    return pad(
      x,
      scalar(p.of(edgesOf(x.dtype)), x.dtype),
      x.shape.map(() => [p.number(2), p.number(2), 0] as const),
    );
  },
  dynamic: (p) => {
    const x = p.value((y) => shaped(y) && y.size > 0);
    const starts = x.shape.map((n) => scalar(p.number(n + 2), "int32"));
    return dynamicSlice(
      x,
      starts,
      x.shape.map((n) => Math.min(n, 1)),
    );
  },
  largest: (p) => {
    const x = p.value((y) => shaped(y) && y.size > 0);
    return p.of([reduceMax, reduceMin])(x, [p.axis(x)]);
  },
  sum: (p) => {
    const x = p.value((y) => shaped(y) && number(y));
    return p.of([reduceSum, reduceProd])(x, [p.axis(x)]);
  },
};

const arithmetic: Readonly<Record<string, Step>> = {
  neg: unary([neg], number),
  abs: unary([abs], signed),
  square: unary([square], number),
  whole: unary([floor, ceil, trunc], float),
  power: unary(
    [(x) => integerPow(x, 1), (x) => integerPow(x, 2), (x) => pow(x, scalar(1, x.dtype)), (x) => pow(x, scalar(0, x.dtype))],
    float,
  ),
  sum: binary([add, sub], number),
  product: binary([mul, div], number),
  order: binary([max, min], any),
  compare: binary([eq, ne, lt, le, gt, ge], any),
  bits: binary([bitAnd, bitOr, bitXor], bits),
  not: unary([bitNot], bits),
  stop: unary([stopGradient], any),
  convert: (p) => convertElementType(p.value(any), p.of(dtypes)),
  choose: (p) => {
    const which = p.number(3) === 0 ? scalar(p.number(2) === 0, "bool") : p.value(bool);
    const x = p.value((y) => which.ndim === 0 || y.ndim === 0 || sameShape(y.shape, which.shape));
    const y = p.value((z) => z.dtype === x.dtype && [which, x].every((w) => w.ndim === 0 || z.ndim === 0 || sameShape(w.shape, z.shape)));
    return select(which, x, y);
  },
  dot: (p) => {
    const x = p.value((y) => shaped(y) && number(y));
    const y = p.value((z) => z.dtype === x.dtype && shaped(z) && z.shape[0] === x.shape[x.ndim - 1]);
    return dotGeneral(x, y, [
      [[x.ndim - 1], [0]],
      [[], []],
    ]);
  },
};

const steps: readonly Step[] = [...Object.values(arithmetic), ...Object.values(layouts), ...Object.values(layouts)];

const LARGEST = 24;

/** A program of steps on inputs full of edges. */
export interface EdgeProgram {
  readonly inputs: readonly NDArray[];
  readonly run: (...xs: NDArray[]) => NDArray[];
}

export const edgePrograms: Arb<EdgeProgram> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...dtypes), fc.constantFrom<number[]>([], [3], [2, 3], [3, 1])), { minLength: 1, maxLength: 2 }),
    fc.array(fc.tuple(fc.nat(steps.length - 1), fc.array(fc.nat(11), { minLength: 6, maxLength: 6 })), { minLength: 2, maxLength: 14 }),
  )
  .chain(([types, chosen]) => {
    const run = (...xs: NDArray[]): NDArray[] => {
      const values = [...xs];
      for (const [step, numbers] of chosen) {
        try {
          const value = steps[step](new Picks(values, numbers));
          if (sizeOf(value.shape) <= LARGEST) values.push(value);
        } catch (error) {
          if (!(error instanceof NothingFits)) throw error;
        }
      }
      return values.slice(xs.length);
    };
    return fc
      .tuple(...types.map(([dtype, shape]) => filled(dtype, shape, fc.constantFrom(...edgesOf(dtype)))))
      .map((inputs) => ({ inputs, run }));
  });
