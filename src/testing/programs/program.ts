// Random programs as data: a list of steps, so that they shrink by dropping some, print as code, and run as a function.

import type { NDArray } from "../../core/array.js";
import type { DType } from "../../core/dtype.js";
import { type Named, Nothing, Picker, written } from "./picker.js";
import { type StepName, stepsOf } from "./steps.js";

/** One step: what it does, and the numbers by which it chooses its operands. */
export interface ProgramStep {
  readonly name: StepName;
  readonly numbers: readonly number[];
}

/** Values beyond this size are left out, so that no program takes long. */
const MAX_SIZE = 48;

/** The hook by which fast-check prints counterexamples, by its registered name, so that fast-check need not be there. */
const toStringMethod = Symbol.for("fast-check/toStringMethod");

interface Line extends Named {
  /** How the value was made; undefined for inputs. */
  readonly code?: string;
}

/** A program and arrays to apply it to. */
export class RandomProgram {
  constructor(
    readonly dtypes: readonly DType[],
    readonly steps: readonly ProgramStep[],
    readonly inputs: readonly NDArray[],
    /** The inputs again with other elements: the second example of a batch. */
    readonly others: readonly NDArray[],
    /** As many of the latest values are the result, at most. */
    readonly outputs = 4,
  ) {}

  /** The function: from as many arrays as there are inputs to a list of arrays. */
  readonly run = (...inputs: NDArray[]): NDArray[] =>
    this.#lines(inputs)
      .slice(-this.outputs)
      .map(({ value }) => value);

  #lines(inputs: readonly NDArray[]): Line[] {
    const functions = stepsOf(this.dtypes);
    const lines: Line[] = inputs.map((value, i) => ({ name: `x${i}`, value }));
    for (const { name, numbers } of this.steps) {
      const picker = new Picker(lines, numbers);
      try {
        const value = functions[name].run(picker);
        if (value.size <= MAX_SIZE)
          lines.push({ name: `v${lines.length - inputs.length}`, value, code: written(functions[name].code, picker) });
      } catch (error) {
        if (!(error instanceof Nothing)) throw error;
      }
    }
    return lines;
  }

  /** The function as TypeScript, over `np`, `lax` and the transforms of cotangent; lines that nothing depends on are left out. */
  toCode(): string {
    const lines = this.#lines(this.inputs);
    const results = lines.slice(-this.outputs).map(({ name }) => name);
    const needed = new Set(results);
    const body: string[] = [];
    for (const { name, code } of lines.toReversed()) {
      if (code === undefined || !needed.has(name)) continue;
      for (const used of code.match(/\b[vx]\d+\b/g) ?? []) needed.add(used);
      body.unshift(`  const ${name} = ${code};`);
    }
    const parameters = this.inputs.map((_, i) => `x${i}`).join(", ");
    return [`(${parameters}) => {`, ...body, `  return [${results.join(", ")}];`, "}"].join("\n");
  }

  toString(): string {
    const describe = (xs: readonly NDArray[]): string =>
      xs.map((x) => `${x.dtype}[${x.shape.join()}] ${JSON.stringify(x.toArray())}`).join("; ");
    return `${this.#codeOrError()}\non ${describe(this.inputs)}\nor ${describe(this.others)}`;
  }

  // The program may be the one that does not run.
  #codeOrError(): string {
    try {
      return this.toCode();
    } catch (error) {
      const steps = this.steps.map(({ name, numbers }) => `${name}(${numbers.join()})`).join(" ");
      return `${steps}, which does not run: ${String(error)}`;
    }
  }

  [toStringMethod](): string {
    return this.toString();
  }
}
