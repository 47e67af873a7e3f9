// Random differentiable programs. They shrink by dropping steps, and to smaller inputs.

import type { Arbitrary } from "fast-check";
import type { NDArray } from "../../core/array.js";
import type { DType } from "../../core/dtype.js";
import { checkOptions } from "../../core/options.js";
import type { Shape } from "../../core/shape.js";
import { fastCheck } from "../fastCheck.js";
import { RandomProgram } from "../programs/program.js";
import { type StepName, isKinked, stepsOf } from "../programs/steps.js";
import { arrays } from "./arrays.js";
import { shapes } from "./shapes.js";

export interface ProgramOptions {
  /** The dtypes of the inputs, and of what the program converts to; float64 alone unless said otherwise. */
  readonly dtypes?: readonly DType[];
  /** Steps at most; 30 unless said otherwise. */
  readonly maxSteps?: number;
  /** As many of the latest values are the result, at most; 4 unless said otherwise. */
  readonly outputs?: number;
  /** Whether there are steps with kinks or jumps (`abs`, `max`, `sort`, comparisons); yes unless said otherwise. */
  readonly kinks?: boolean;
  /** Whether there are steps that stop gradients, which differences do not see; no unless said otherwise. */
  readonly stops?: boolean;
  /** How inputs are drawn; with elements from −2 to 2 unless said otherwise. */
  readonly inputs?: (dtype: DType, shape: Shape) => Arbitrary<NDArray>;
}

const isStep = <S extends { readonly name: StepName | "skip" }>(step: S): step is S & { readonly name: StepName } => step.name !== "skip";

const names = ["dtypes", "maxSteps", "outputs", "kinks", "stops", "inputs"];

/**
 * Random programs of up to 30 steps on one to three small arrays: arithmetic, reductions, layout, products, indexing, and
 * transforms of inner functions. Every derivative is finite. A program prints as code, and its `run` is a function.
 *
 * @throws OptionError for an unknown option; MissingPackageError without fast-check.
 * @example
 * fc.assert(fc.property(randomPrograms({ kinks: false }), ({ run, inputs }) => void checkGrads(run, [...inputs])), { numRuns: 5 });
 */
export function randomPrograms(options: ProgramOptions = {}): Arbitrary<RandomProgram> {
  checkOptions("randomPrograms", options, names);
  const { dtypes = ["float64"], maxSteps = 30, outputs = 4, kinks = true, stops = false } = options;
  const { inputs = (dtype, shape) => arrays(shape, { dtype, min: -2, max: 2 }) } = options;
  const fc = fastCheck("randomPrograms");
  const all = Object.keys(stepsOf(dtypes)) as StepName[];
  const choices = all.filter((name) => (kinks || !isKinked(name)) && (stops || name !== "stop"));
  // What shrinks to "skip" is dropped, wherever it stands.
  const step = fc.record({
    name: fc.constantFrom<StepName | "skip">("skip", ...choices),
    numbers: fc.tuple(fc.nat(11), fc.nat(11), fc.nat(11)),
  });
  const input = fc.tuple(fc.constantFrom(...dtypes), shapes({ maxRank: 2 }));
  return fc
    .tuple(fc.array(input, { minLength: 1, maxLength: 3 }), fc.array(step, { minLength: 1, maxLength: maxSteps, size: "max" }))
    .chain(([types, steps]) => {
      const draw = fc.tuple(...types.map(([dtype, shape]) => inputs(dtype, shape)));
      return fc.tuple(draw, draw).map(([first, others]) => new RandomProgram(dtypes, steps.filter(isStep), first, others, outputs));
    });
}
