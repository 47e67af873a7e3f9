// The steps of random programs: each picks operands that fit among the values there are, by numbers that the program
// holds, and gives a new value; where none fits it gives nothing.

import type { DType } from "../../core/dtype.js";
import { nestedSteps, promotingSteps } from "./nested.js";
import { pointwiseSteps } from "./pointwise.js";
import { shapingSteps } from "./shaping.js";

/** What a step may do in programs over these dtypes. */
export const stepsOf = (dtypes: readonly DType[]) => ({ ...pointwiseSteps(dtypes), ...shapingSteps, ...nestedSteps, ...promotingSteps });

/** The name of what a step does. */
export type StepName = keyof ReturnType<typeof stepsOf>;

/** The steps that have a kink or a jump somewhere. */
const KINKED: readonly StepName[] = [
  "abs",
  "max",
  "min",
  "lt",
  "eq",
  "ge",
  "select",
  "convert",
  "largest",
  "argmax",
  "cummax",
  "sort",
  "windowMax",
  "npMaximum",
  "npLess",
  "npWhere",
];

/** Whether a step has a kink or a jump somewhere. */
export const isKinked = (name: StepName): boolean => KINKED.includes(name);
