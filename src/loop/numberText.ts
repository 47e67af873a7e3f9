// A number as JSON can hold it: JSON has neither infinities nor NaN, and one zero. Keys of what is emitted once are made with it,
// so that nests which differ in such a constant alone do not pass for one.

export const numberText = (x: number): number | string =>
  Number.isFinite(x) && !Object.is(x, -0) ? x : Object.is(x, -0) ? "-0" : String(x);
