// The optimiser's work grows as the program does: counted, not timed.

import { describe, expect, it } from "vitest";
import { type NDArray, scalar } from "../../src/core/array.js";
import { stage } from "../../src/core/staging.js";
import { aval } from "../../src/core/aval.js";
import { optimise } from "../../src/optimise/optimise.js";
import { type Tally, newTally } from "../../src/optimise/tally.js";
import { add, mul, neg } from "../../src/ops/arithmetic.js";
import { broadcastInDim } from "../../src/ops/broadcast.js";
import { reshape, transpose } from "../../src/ops/layout.js";
import { sliceInDim } from "../../src/ops/slice.js";
import { sin } from "../../src/ops/trigonometric.js";

const repeated = (count: number, step: (x: NDArray, i: number) => NDArray) => (x: NDArray) => {
  let y = x;
  for (let i = 0; i < count; i++) y = step(y, i);
  return [y];
};
const each = (count: number, f: (x: NDArray, i: number) => NDArray) => (x: NDArray) => {
  const ys = Array.from({ length: count }, (_, i) => f(x, i));
  return [ys.reduce((sum, y) => add(sum, y))];
};

const families: Readonly<Record<string, (count: number) => (x: NDArray) => readonly NDArray[]>> = {
  "a chain": (count) => repeated(count, (y, i) => (i % 2 === 0 ? sin(y) : add(y, scalar(i, "float32")))),
  "a chain that vanishes": (count) => repeated(count, neg),
  "sums with itself": (count) => repeated(count, (y) => add(y, y)),
  "products of one value with different numbers": (count) => each(count, (x, i) => mul(x, scalar(i / 7, "float32"))),
  "the same equation over and over": (count) => each(count, sin),
  "different parts of one array": (count) => each(count, (x, i) => sliceInDim(broadcastInDim(x, [count + 1], []), i, i + 1)),
  "layouts in a row": (count) => repeated(count, (y, i) => (i % 2 === 0 ? broadcastInDim(y, [1], []) : reshape(y, []))),
  "transposes in a row": (count) => (x) => repeated(count, (y) => transpose(y, [1, 0]))(broadcastInDim(x, [2, 2], [])),
};

/** The work on a program of so many steps. */
function workOn(family: string, count: number): Tally & { readonly total: number } {
  const program = stage("test", [aval([], "float32")], (x) => families[family](count)(x));
  const tally = newTally();
  optimise(program, tally);
  return { ...tally, total: tally.equations + tally.attempts + tally.comparisons };
}

describe("the work of the optimiser", () => {
  it.each(Object.keys(families))("is linear in %s", (family) => {
    const [small, large] = [workOn(family, 300), workOn(family, 1200)];
    expect(large.total).toBeLessThanOrEqual(4.2 * small.total);
    expect(large.total).toBeLessThanOrEqual(20 * large.equations);
  });

  it("on ten thousand equations compares hardly any", () => {
    const work = workOn("products of one value with different numbers", 10_000);
    expect(work.equations).toBe(19_999);
    expect(work.comparisons).toBeLessThan(200);
    expect(work.attempts).toBeLessThan(5 * work.equations);
  });
});
