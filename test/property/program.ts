// The random programs of the tests: those that cotangent/testing draws, over inputs that include the limits of integer dtypes.

import type { DType } from "../../src/core/dtype.js";
import { randomPrograms } from "../../src/testing/arbitraries/programs.js";
import type { RandomProgram } from "../../src/testing/programs/program.js";
import { type Arb, filled, numbers, real } from "./arbitraries.js";

export type Program = RandomProgram;

/** Programs over values of the given dtypes. */
export const programs = (dtypes: readonly DType[]): Arb<Program> =>
  randomPrograms({ dtypes, stops: true, inputs: (dtype, shape) => filled(dtype, shape, numbers(dtype, real(-2, 2))) });
