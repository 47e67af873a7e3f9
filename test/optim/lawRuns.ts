// How many random examples the laws of optimizers draw. (The property suite's settings change the compiler; these do not.)

import type * as fc from "fast-check";

const deep = !["", "0", undefined].includes(process.env["COTANGENT_DEEP"]);

/** So many examples in the suite, always the same ones; and so many new ones where COTANGENT_DEEP is set. */
export const deepRuns = <T>(suite: number, long: number): fc.Parameters<T> =>
  deep ? { numRuns: long } : { numRuns: suite, seed: 20_240_601 };
