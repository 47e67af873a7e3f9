// Random programs as data, so that they shrink to small ones and print as the jaxpr that they trace to.

import * as fc from "fast-check";
import type { NDArray } from "../../src/core/array.js";
import type { DType } from "../../src/core/dtype.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { type Arb, filled, numbers, real, shapes } from "./arbitraries.js";
import { Nothing, Picker, type StepName, stepsOf } from "./steps.js";

export interface Step {
  readonly name: StepName;
  readonly numbers: readonly number[];
}

const MAX_STEPS = 30;
/** Larger values are left out, so that no program takes long. */
const MAX_SIZE = 48;
const OUTPUTS = 4;

/** A program and the arrays it is applied to. */
export class Program {
  constructor(
    readonly dtypes: readonly DType[],
    readonly steps: readonly Step[],
    readonly inputs: readonly NDArray[],
    /** The inputs again with other elements: the second example of a batch. */
    readonly others: readonly NDArray[],
  ) {}

  /** The latest values, as many as four. */
  readonly run = (...inputs: NDArray[]): NDArray[] => {
    const functions = stepsOf(this.dtypes);
    const values: NDArray[] = [...inputs];
    for (const { name, numbers: picks } of this.steps) {
      try {
        const value = functions[name](new Picker(values, picks));
        if (value.size <= MAX_SIZE) values.push(value);
      } catch (error) {
        if (!(error instanceof Nothing)) throw error;
      }
    }
    return values.slice(-OUTPUTS);
  };

  toString(): string {
    const steps = this.steps.map(({ name, numbers: picks }) => `${name}(${picks.join()})`).join(" ");
    const data = [this.inputs, this.others].map((xs) => xs.map((x) => JSON.stringify(x.toArray())).join("; ")).join(" | ");
    return `${steps}\non ${data}\n${tracing(() => String(makeJaxpr(this.run)(...this.inputs)))}`;
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

// The program may be the one that does not trace.
function tracing(f: () => string): string {
  try {
    return f();
  } catch (error) {
    return `does not trace: ${String(error)}`;
  }
}

/** Programs over values of the given dtypes. */
export const programs = (dtypes: readonly DType[]): Arb<Program> => {
  const names = Object.keys(stepsOf(dtypes)) as StepName[];
  const step = fc.record({ name: fc.constantFrom(...names), numbers: fc.tuple(fc.nat(11), fc.nat(11), fc.nat(11)) });
  const input = fc.tuple(fc.constantFrom(...dtypes), shapes({ maxRank: 2 }));
  return fc
    .tuple(fc.array(input, { minLength: 1, maxLength: 3 }), fc.array(step, { minLength: 1, maxLength: MAX_STEPS, size: "max" }))
    .chain(([types, steps]) => {
      const draw = fc.tuple(...types.map(([dtype, shape]) => filled(dtype, shape, numbers(dtype, real(-2, 2)))));
      return fc.tuple(draw, draw).map(([inputs, others]) => new Program(dtypes, steps, inputs, others));
    });
};
