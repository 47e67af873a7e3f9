// Chooses operands and numbers for a step of a random program, among the values there are, by the numbers that the step
// holds; and writes down what it chose, so that the step can be printed as code.

import type { NDArray } from "../../core/array.js";
import { type DType, isFloat } from "../../core/dtype.js";
import { sameShape } from "../../core/shape.js";
import { sin } from "../../ops/trigonometric.js";

/** A value of a program, with the name that it has in the printed code. */
export interface Named {
  readonly name: string;
  readonly value: NDArray;
}

/** No operand fits: the step is left out. */
export class Nothing extends Error {}

/** A float within −1 … 1; integers as they are. */
export const bounded = (x: NDArray): NDArray => (isFloat(x.dtype) ? sin(x) : x);

/** Whether a value can stand at a place. */
export type Fits = (x: NDArray) => boolean;

/** Chooses among the values of a program by the numbers of a step, one after the other. */
export class Picker {
  /** What was chosen, as code. */
  readonly choices: { readonly plain: string; readonly bounded: string }[] = [];
  #next = 0;

  constructor(
    readonly values: readonly Named[],
    readonly numbers: readonly number[],
  ) {}

  /** A number below a bound, unwritten. */
  number(below: number): number {
    return this.numbers[this.#next++ % this.numbers.length] % below;
  }

  /** A value that fits; newer ones first, since small numbers pick them. Throws `Nothing` where there is none. */
  value(fits: Fits): NDArray {
    const candidates = this.values.filter(({ value }) => fits(value)).toReversed();
    if (candidates.length === 0) throw new Nothing();
    const { name, value } = candidates[this.number(candidates.length)];
    this.choices.push({ plain: name, bounded: isFloat(value.dtype) ? `lax.sin(${name})` : name });
    return value;
  }

  /** One of the axes. */
  axis(x: NDArray): number {
    return this.write(this.number(x.ndim));
  }

  /** Writes down what the code needs to say. */
  write<T>(value: T): T {
    const text = JSON.stringify(value);
    this.choices.push({ plain: text, bounded: text });
    return value;
  }
}

/** What a step does, and its code: `$0` is the first of the picker's choices, `~0` that choice made to lie within −1 … 1. */
export interface StepRule {
  readonly code: string;
  run(p: Picker): NDArray;
}

/** The code of a step that was run. */
export const written = (code: string, { choices }: Picker): string =>
  code.replace(/([$~])(\d)/g, (_, kind: string, k: string) => choices[Number(k)][kind === "$" ? "plain" : "bounded"]);

export const float: Fits = (x) => isFloat(x.dtype);
export const number: Fits = (x) => x.dtype !== "bool";
export const bool: Fits = (x) => x.dtype === "bool";
export const anything: Fits = () => true;
export const shaped: Fits = (x) => x.ndim > 0;
export const both =
  (...tests: readonly Fits[]): Fits =>
  (x) =>
    tests.every((test) => test(x));
export const ofDType =
  (dtype: DType): Fits =>
  (x) =>
    x.dtype === dtype;
/** Of the same type. */
export const like =
  (y: NDArray): Fits =>
  (x) =>
    x.dtype === y.dtype && sameShape(x.shape, y.shape);
/** Of the same type, or a scalar of that dtype. */
export const beside =
  (y: NDArray): Fits =>
  (x) =>
    x.dtype === y.dtype && (x.ndim === 0 || sameShape(x.shape, y.shape));

export const unary = (code: string, f: (x: NDArray) => NDArray, fits: Fits): StepRule => ({ code, run: (p) => f(p.value(fits)) });

export const binary = (code: string, f: (x: NDArray, y: NDArray) => NDArray, fits: Fits): StepRule => ({
  code,
  run: (p) => {
    const x = p.value(fits);
    return f(x, p.value(beside(x)));
  },
});

/** Along an axis that is not empty. */
export const along = (code: string, f: (x: NDArray, axis: number) => NDArray, fits: Fits): StepRule => ({
  code,
  run: (p) => {
    const x = p.value(both(shaped, fits, (y) => y.size > 0));
    return f(x, p.axis(x));
  },
});
