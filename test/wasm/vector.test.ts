// Every pointwise operation on every dtype, in vectors of four lanes and of two, against the reference kernels: at NaN, the
// infinities, both zeros, subnormals, halves, and the limits of integers. What needs no approximation has the same bits;
// elementary functions stay within 3 units in the last place, and NaN, infinities and the signs of zeros are the same.

import { describe, expect, it } from "vitest";
import { type DType, dtypes } from "../../src/core/dtype.js";
import type { PointwiseOp } from "../../src/loop/ir.js";
import { supportsVector } from "../../src/wasm/vector.js";
import { type Case, Compiled, meaning, pointwiseCase, specials, ulps } from "./nests.js";

const exactUnary = ["neg", "sign", "abs", "floor", "ceil", "trunc", "round", "square", "sqrt", "not", "population_count", "clz"] as const;
const elementary = [
  "rsqrt",
  "exp",
  "exp2",
  "expm1",
  "log",
  "log1p",
  "logistic",
  "sin",
  "cos",
  "tan",
  "tanh",
  "sinh",
  "cosh",
  "asin",
  "acos",
  "atan",
  "asinh",
  "acosh",
  "atanh",
  "erf",
  "erfc",
  "erf_inv",
  "cbrt",
] as const;
const exactBinary = [
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "nextafter",
  "max",
  "min",
  "and",
  "or",
  "xor",
  "shift_left",
  "shift_right_logical",
  "shift_right_arithmetic",
] as const;
const comparisons = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
const approximateBinary = ["pow", "atan2"] as const;

/** Units in the last place that an operation may be off. */
const WORST = 3;

/** Combinations of specials, as columns. */
function combinations(from: readonly DType[]): number[][] {
  const rows = from.reduce<number[][]>((lists, dtype) => lists.flatMap((list) => specials(dtype).map((x) => [...list, x])), [[]]);
  return from.map((_, k) => rows.map((row) => row[k]));
}

function expectMeaning(of: Case, worst: number, what: string): void {
  const found = new Compiled(of).run(1);
  const expected = meaning(of);
  of.buffers.forEach(({ dtype, role }, b) => {
    if (role !== "output") return;
    expected[b].forEach((y, i) => {
      if (ulps(found[b][i], y, dtype) <= worst) return;
      const operands = [...of.data.values()].map((data) => data[i]).join(", ");
      expect.fail(`${what}(${operands}) in ${dtype}: ${found[b][i]}, expected ${y}`);
    });
  });
}

/** Both widths of vectors, where there are two; three sizes, so that whole vectors, turns and rests are met. */
function expectOp(op: PointwiseOp, from: readonly DType[], to: DType, worst = 0): void {
  const columns = combinations(from);
  for (const wide of from.includes("float64") || to === "float64" ? [false] : [false, true]) {
    for (const size of [columns[0].length, Math.min(7, columns[0].length), 1])
      expectMeaning(
        pointwiseCase(
          op,
          from,
          to,
          columns.map((values) => values.slice(0, size)),
          wide,
        ),
        worst,
        wide ? `${op}, two lanes` : op,
      );
  }
}

const supported = (ops: readonly PointwiseOp[]): (readonly [PointwiseOp, DType])[] =>
  ops.flatMap((op) => dtypes.flatMap((dtype) => (supportsVector(op, dtype) ? [[op, dtype] as const] : [])));

describe("gives the bits of the reference", () => {
  it.each(supported(exactUnary))("%s of %s", (op, dtype) => expectOp(op, [dtype], dtype));
  it.each(supported(["is_finite"]))("%s of %s", (op, dtype) => expectOp(op, [dtype], "bool"));
  it.each(supported(exactBinary))("%s of %s", (op, dtype) => expectOp(op, [dtype, dtype], dtype));
  it.each(supported(comparisons))("%s of %s", (op, dtype) => expectOp(op, [dtype, dtype], "bool"));
  it.each(supported(["select"]))("%s of %s", (op, dtype) => expectOp(op, ["bool", dtype, dtype], dtype));
  it.each(supported(["clamp"]))("%s of %s", (op, dtype) => expectOp(op, [dtype, dtype, dtype], dtype));
  it.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))("convert %s to %s", (from, to) =>
    expectOp("convert", [from], to),
  );
});

describe("comes close to the reference", () => {
  it.each(supported(elementary))("%s of %s", (op, dtype) => expectOp(op, [dtype], dtype, WORST));
  it.each(supported(approximateBinary))("%s of %s", (op, dtype) => expectOp(op, [dtype, dtype], dtype, WORST));
});

it("covers the operations that move in vectors", () => {
  const wanted: readonly PointwiseOp[] = [
    ...exactUnary,
    ...elementary,
    ...exactBinary,
    ...comparisons,
    "select",
    "clamp",
    "is_finite",
    "convert",
  ];
  for (const op of wanted)
    expect(
      dtypes.some((dtype) => supportsVector(op, dtype)),
      op,
    ).toBe(true);
  expect(supported(exactBinary).length).toBeGreaterThan(60);
});

// Shifts by one amount take instructions of their own, and a rotation is nothing else.
describe("shifts by a constant", () => {
  const ops = ["shift_left", "shift_right_logical", "shift_right_arithmetic", "rotate_left"] as const;
  const amounts = [0, 1, 7, 8, 13, 31, 32];
  it.each(supported(ops))("%s of %s", (op, dtype) => {
    for (const by of amounts) {
      if (op === "rotate_left" && (by === 0 || by === 32)) continue;
      const values = specials(dtype);
      const { buffers, data } = pointwiseCase(op, [dtype], dtype, [values]);
      const access = (buffer: number) => ({ buffer, offset: 0, strides: [1] });
      const nodes = [
        { kind: "load", access: access(0), dtype },
        { kind: "constant", value: by, dtype },
        { kind: "apply", op, args: [0, 1], dtype },
      ] as const;
      expectMeaning(
        { buffers, data, nest: { kind: "nest", sizes: [values.length], nodes, stores: [{ node: 2, access: access(1) }] } },
        0,
        `${op} by ${by}`,
      );
    }
  });
});
