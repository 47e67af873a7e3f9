// Operations on the bits of integers in vectors of four 32-bit lanes. What SIMD lacks (division, counts, shifts by amounts that
// differ) goes lane by lane. Integers of one byte are in 32-bit lanes, and the caller wraps results to their range.

import { type DType, bytesOf, isSigned } from "../core/dtype.js";
import type { PointwiseOp } from "../loop/ir.js";
import type { Code, Local } from "./module.js";
import type { Op } from "./opcodes.js";

/** Leaves a vector on the stack. */
export type IntegerEmit = (code: Code, args: readonly Local[], dtype: DType) => void;

const widthOf = (dtype: DType): number => 8 * bytesOf(dtype);

/** Emits `one`, which leaves an i32 made of one lane of each operand, for all lanes. */
function byLane(code: Code, args: readonly Local[], one: (lanes: readonly Local[]) => void): void {
  const result = code.local("v128");
  const scalars = args.map(() => code.local("i32"));
  code.get(args[0]).set(result);
  for (let lane = 0; lane < 4; lane++) {
    args.forEach((arg, i) => code.get(arg).lane("i32x4.extract_lane", lane).set(scalars[i]));
    code.get(result);
    one(scalars);
    code.lane("i32x4.replace_lane", lane).set(result);
  }
  code.get(result);
}

/** The low bits that the dtype has, on the stack. */
const lowBits = (code: Code, x: Local, dtype: DType): Code => (widthOf(dtype) === 32 ? code.get(x) : code.get(x).i32(0xff).op("i32.and"));

/** All bits set where the divisor is 0. The lowest integer divided by −1 wraps, which the instruction would trap on. */
const divide: IntegerEmit = (code, args, dtype) =>
  byLane(code, args, ([x, y]) => {
    const quotient = (): Code =>
      code
        .get(x)
        .get(y)
        .op(isSigned(dtype) ? "i32.div_s" : "i32.div_u");
    code
      .get(y)
      .op("i32.eqz")
      .if(
        () => code.i32(-1),
        () => {
          if (!isSigned(dtype)) return void quotient();
          code
            .get(y)
            .i32(-1)
            .op("i32.eq")
            .if(() => code.i32(0).get(x).op("i32.sub"), quotient, "i32");
        },
        "i32",
      );
  });

/** The dividend where the divisor is 0. */
const remainder: IntegerEmit = (code, args, dtype) =>
  byLane(code, args, ([x, y]) => {
    code.get(y).op("i32.eqz");
    code.if(
      () => code.get(x),
      () =>
        code
          .get(x)
          .get(y)
          .op(isSigned(dtype) ? "i32.rem_s" : "i32.rem_u"),
      "i32",
    );
  });

/** Amounts of the width or more, which negative ones are as unsigned numbers, leave zeros, or copies of the top bit. */
const shift =
  (op: "shift_left" | "shift_right_logical" | "shift_right_arithmetic"): IntegerEmit =>
  (code, args, dtype) =>
    byLane(code, args, ([x, y]) => {
      const width = widthOf(dtype);
      if (op === "shift_right_arithmetic") {
        if (width === 32) code.get(x);
        else code.get(x).op("i32.extend8_s");
        code.get(y).i32(31).get(y).i32(width).op("i32.lt_u", "select", "i32.shr_s");
        return;
      }
      if (op === "shift_left") code.get(x).get(y).op("i32.shl");
      else lowBits(code, x, dtype).get(y).op("i32.shr_u");
      code.i32(0).get(y).i32(width).op("i32.lt_u", "select");
    });

const populationCount: IntegerEmit = (code, args, dtype) => byLane(code, args, ([x]) => lowBits(code, x, dtype).op("i32.popcnt"));

const leadingZeros: IntegerEmit = (code, args, dtype) =>
  byLane(code, args, ([x]) =>
    lowBits(code, x, dtype)
      .op("i32.clz")
      .i32(32 - widthOf(dtype))
      .op("i32.sub"),
  );

/** The operations on integers, by name. */
export const integerOps = {
  div: divide,
  rem: remainder,
  shift_left: shift("shift_left"),
  shift_right_logical: shift("shift_right_logical"),
  shift_right_arithmetic: shift("shift_right_arithmetic"),
  population_count: populationCount,
  clz: leadingZeros,
} as const satisfies Partial<Record<PointwiseOp, IntegerEmit>>;

const shifts: Readonly<Partial<Record<PointwiseOp, Op>>> = {
  shift_left: "i32x4.shl",
  shift_right_logical: "i32x4.shr_u",
  shift_right_arithmetic: "i32x4.shr_s",
};

/** Whether a shift of this dtype by this amount is one of all lanes together. */
export const isShiftByConstant = (op: PointwiseOp, amount: number, dtype: DType): boolean =>
  op === "rotate_left" || (shifts[op] !== undefined && bytesOf(dtype) === 4 && amount >= 0 && amount < 32);

/** Emits the shift or rotation of 32-bit lanes by a constant; the result is on the stack. */
export function emitShiftByConstant(code: Code, op: PointwiseOp, x: Local, amount: number): void {
  const name = shifts[op];
  if (name !== undefined) code.get(x).i32(amount).op(name);
  else if (amount % 8 === 0)
    code
      .get(x)
      .get(x)
      .shuffle(Array.from({ length: 16 }, (_, i) => (i & ~3) | ((i - amount / 8) & 3)));
  else
    code
      .get(x)
      .i32(amount)
      .op("i32x4.shl")
      .get(x)
      .i32(32 - amount)
      .op("i32x4.shr_u", "v128.or");
}
