// Pointwise operations on vectors, by element type. A vector holds 4 lanes, or 2 where a nest has float64 in it; narrower
// types then fill the low lanes and ignore the rest. bool is a mask of 32-bit lanes, all ones or all zeros; int8 and uint8
// are computed in 32-bit lanes and wrapped.

import type { DType } from "../core/dtype.js";
import { type PointwiseOp, accepts } from "../loop/operations.js";
import { type IntegerEmit, integerOps } from "./integer.js";
import type { VectorContext } from "./math/context.js";
import { gammaSample } from "./math/gamma/sample.js";
import { gammaSlope } from "./math/gamma/slope.js";
import { binaryFloat32, float32 } from "./math/float32/index.js";
import { remainder as remainder32 } from "./math/float32/remainder.js";
import { binaryFloat64, float64 } from "./math/float64/index.js";
import { remainder as remainder64 } from "./math/float64/remainder.js";
import type { BinaryVectorFunction, VectorFunction } from "./math/formula.js";
import type { Code, Local } from "./module.js";
import type { Op } from "./opcodes.js";

/** What an operation is emitted into. */
export interface VectorTarget {
  readonly code: Code;
  readonly constants: VectorContext;
}

type Emit = (target: VectorTarget, args: readonly Local[], dtype: DType) => void;

const ops =
  (...names: Op[]): Emit =>
  ({ code }, args) => {
    for (const arg of args) code.get(arg);
    code.op(...names);
  };

const isWide = (dtype: DType): boolean => dtype === "float64";
/** Words that are compared as unsigned; of masks, all ones is then the larger. */
const isUnsigned = (dtype: DType): boolean => dtype === "uint32" || dtype === "uint8" || dtype === "bool";
const isFloating = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

/** The bytes that copy each of two 32-bit lanes to a 64-bit one, and back. */
const WIDEN = [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7];
const NARROW = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** A 64-bit mask on the stack as a 32-bit one. */
function narrowMask(code: Code): void {
  const mask = code.local("v128");
  code.set(mask).get(mask).get(mask).shuffle(NARROW);
}

function widenedMask(code: Code, mask: Local): void {
  code.get(mask).get(mask).shuffle(WIDEN);
}

const float =
  (f32: Op, f64: Op): Emit =>
  (target, args, dtype) =>
    ops(isWide(dtype) ? f64 : f32)(target, args, dtype);

const compare =
  (f32: Op, f64: Op, signed: Op, unsigned: Op): Emit =>
  (target, args, dtype) => {
    ops(dtype === "float32" ? f32 : isWide(dtype) ? f64 : isUnsigned(dtype) ? unsigned : signed)(target, args, dtype);
    if (isWide(dtype)) narrowMask(target.code);
  };

/** Keeps the value of an 8-bit integer within its range after arithmetic in 32 bits. */
function wrap(code: Code, constants: VectorContext, dtype: DType): void {
  if (dtype === "int8") code.i32(24).op("i32x4.shl").i32(24).op("i32x4.shr_s");
  if (dtype === "uint8") code.get(constants.i32(255)).op("v128.and");
}

const arithmetic =
  (f32: Op, f64: Op, i32: Op): Emit =>
  (target, args, dtype) => {
    ops(dtype === "float32" ? f32 : isWide(dtype) ? f64 : i32)(target, args, dtype);
    wrap(target.code, target.constants, dtype);
  };

const extreme =
  (f32: Op, f64: Op, signed: Op, unsigned: Op, bool: Op): Emit =>
  (target, args, dtype) =>
    ops(dtype === "float32" ? f32 : isWide(dtype) ? f64 : dtype === "bool" ? bool : dtype === "uint32" ? unsigned : signed)(
      target,
      args,
      dtype,
    );

const select: Emit = ({ code }, [which, onFalse, onTrue], dtype) => {
  code.get(onTrue).get(onFalse);
  if (isWide(dtype)) widenedMask(code, which);
  else code.get(which);
  code.op("v128.bitselect");
};

const constantOf = ({ constants }: VectorTarget, value: number, dtype: DType): Local =>
  isWide(dtype) ? constants.f64(value) : constants.f32(value);

/** −1, 0 or 1. */
const integerSign: Emit = ({ code, constants }, [x], dtype) => {
  code
    .get(x)
    .get(constants.i32(1))
    .op(isUnsigned(dtype) ? "i32x4.min_u" : "i32x4.min_s");
  if (!isUnsigned(dtype)) code.get(constants.i32(-1)).op("i32x4.max_s");
};

// NaN compares false with 0 twice, and so stays, as do the two zeros.
const sign: Emit = (target, [x], dtype) => {
  const { code } = target;
  if (!isFloating(dtype)) return integerSign(target, [x], dtype);
  const p = isWide(dtype) ? "f64x2" : "f32x4";
  const [one, minus, zero] = [1, -1, 0].map((v) => constantOf(target, v, dtype));
  code.get(one).get(minus).get(x).get(x).get(zero).op(`${p}.lt`, "v128.bitselect");
  code.get(x).get(zero).op(`${p}.gt`, "v128.bitselect");
};

const isFinite: Emit = (target, [x], dtype) => {
  const { code } = target;
  code
    .get(x)
    .op(isWide(dtype) ? "f64x2.abs" : "f32x4.abs")
    .get(constantOf(target, Infinity, dtype));
  code.op(isWide(dtype) ? "f64x2.lt" : "f32x4.lt");
  if (isWide(dtype)) narrowMask(code);
};

const reciprocalRoot: Emit = (target, [x], dtype) => {
  const { code } = target;
  code.get(constantOf(target, 1, dtype)).get(x);
  code.op(isWide(dtype) ? "f64x2.sqrt" : "f32x4.sqrt", isWide(dtype) ? "f64x2.div" : "f32x4.div");
};

const clamp: Emit = (target, [low, x, high], dtype) => {
  const p = isWide(dtype) ? "f64x2" : "f32x4";
  if (isFloating(dtype)) target.code.get(low).get(x).op(`${p}.max`).get(high).op(`${p}.min`);
  else
    target.code
      .get(low)
      .get(x)
      .op(isUnsigned(dtype) ? "i32x4.max_u" : "i32x4.max_s")
      .get(high)
      .op(isUnsigned(dtype) ? "i32x4.min_u" : "i32x4.min_s");
};

const square: Emit = (target, [x], dtype) => table.mul?.(target, [x, x], dtype);

const onIntegers =
  (emit: IntegerEmit): Emit =>
  ({ code, constants }, args, dtype) => {
    emit(code, args, dtype);
    wrap(code, constants, dtype);
  };

const gamma =
  (emit: typeof gammaSample, logSpace: boolean): Emit =>
  ({ constants }, args, dtype) =>
    emit(constants, isWide(dtype) ? "f64x2" : "f32x4", args, logSpace);

/** The operations that are not elementary functions, by name. */
const table: Partial<Record<PointwiseOp, Emit>> = {
  neg: (target, args, dtype) => arithmetic("f32x4.neg", "f64x2.neg", "i32x4.neg")(target, args, dtype),
  abs: (target, args, dtype) =>
    dtype === "uint32" ? void target.code.get(args[0]) : arithmetic("f32x4.abs", "f64x2.abs", "i32x4.abs")(target, args, dtype),
  floor: float("f32x4.floor", "f64x2.floor"),
  ceil: float("f32x4.ceil", "f64x2.ceil"),
  trunc: float("f32x4.trunc", "f64x2.trunc"),
  round: float("f32x4.nearest", "f64x2.nearest"),
  sqrt: float("f32x4.sqrt", "f64x2.sqrt"),
  rsqrt: reciprocalRoot,
  square,
  sign,
  is_finite: isFinite,
  add: arithmetic("f32x4.add", "f64x2.add", "i32x4.add"),
  sub: arithmetic("f32x4.sub", "f64x2.sub", "i32x4.sub"),
  mul: arithmetic("f32x4.mul", "f64x2.mul", "i32x4.mul"),
  ...Object.fromEntries(Object.entries(integerOps).map(([op, emit]) => [op, onIntegers(emit)])),
  div: (target, args, dtype) => (isFloating(dtype) ? float("f32x4.div", "f64x2.div") : onIntegers(integerOps.div))(target, args, dtype),
  rem: (target, args, dtype) => {
    if (isFloating(dtype)) (isWide(dtype) ? remainder64 : remainder32)(target.constants, args[0], args[1]);
    else onIntegers(integerOps.rem)(target, args, dtype);
  },
  max: extreme("f32x4.max", "f64x2.max", "i32x4.max_s", "i32x4.max_u", "v128.or"),
  min: extreme("f32x4.min", "f64x2.min", "i32x4.min_s", "i32x4.min_u", "v128.and"),
  eq: compare("f32x4.eq", "f64x2.eq", "i32x4.eq", "i32x4.eq"),
  ne: compare("f32x4.ne", "f64x2.ne", "i32x4.ne", "i32x4.ne"),
  lt: compare("f32x4.lt", "f64x2.lt", "i32x4.lt_s", "i32x4.lt_u"),
  le: compare("f32x4.le", "f64x2.le", "i32x4.le_s", "i32x4.le_u"),
  gt: compare("f32x4.gt", "f64x2.gt", "i32x4.gt_s", "i32x4.gt_u"),
  ge: compare("f32x4.ge", "f64x2.ge", "i32x4.ge_s", "i32x4.ge_u"),
  and: ops("v128.and"),
  or: ops("v128.or"),
  xor: ops("v128.xor"),
  not: (target, [x], dtype) => {
    target.code.get(x).op("v128.not");
    wrap(target.code, target.constants, dtype);
  },
  select,
  clamp,
  random_gamma: gamma(gammaSample, false),
  log_random_gamma: gamma(gammaSample, true),
  random_gamma_grad: gamma(gammaSlope, false),
  log_random_gamma_grad: gamma(gammaSlope, true),
};

type Elementary = Readonly<Partial<Record<string, VectorFunction>>>;
type BinaryElementary = Readonly<Partial<Record<string, BinaryVectorFunction>>>;

/** The approximated functions, by dtype. */
const elementary: Readonly<Partial<Record<DType, Elementary>>> = { float32, float64 };
const binaryElementary: Readonly<Partial<Record<DType, BinaryElementary>>> = { float32: binaryFloat32, float64: binaryFloat64 };

const isElementary = (op: PointwiseOp, dtype: DType): boolean =>
  elementary[dtype]?.[op] !== undefined || binaryElementary[dtype]?.[op] !== undefined;

/** Whether there is an emission for `op` on operands of `dtype`. */
export function supportsVector(op: PointwiseOp, dtype: DType): boolean {
  if (op === "convert") return true;
  if (op === "rotate_left") return dtype === "uint32" || dtype === "int32";
  return accepts(op, dtype) && (table[op] !== undefined || isElementary(op, dtype));
}

/** Emits `op` on operands of `dtype`, each in a local; the result is on the stack. */
export function emitPointwise(target: VectorTarget, op: PointwiseOp, args: readonly Local[], dtype: DType): void {
  const emit = table[op];
  if (emit !== undefined) return emit(target, args, dtype);
  const [x, y] = args;
  const unary = elementary[dtype]?.[op];
  if (unary !== undefined) return unary(target.constants, x);
  const binary = binaryElementary[dtype]?.[op];
  if (binary === undefined) throw new TypeError(`no emission for ${op} on ${dtype}`);
  binary(target.constants, x, y);
}

/** Emits the conversion of a vector in `x`; the result is on the stack. */
export function emitConvert({ code, constants }: VectorTarget, x: Local, from: DType, to: DType): void {
  code.get(x);
  if (from === to) return;
  if (to === "bool") return toBool(code, constants, from);
  if (from === "bool") return fromBool(code, constants, to);
  if (isFloating(from) && isFloating(to)) {
    code.op(isWide(to) ? "f64x2.promote_low_f32x4" : "f32x4.demote_f64x2_zero");
    return;
  }
  if (isFloating(to)) {
    const unsigned = from === "uint32";
    if (isWide(to)) code.op(unsigned ? "f64x2.convert_low_i32x4_u" : "f64x2.convert_low_i32x4_s");
    else code.op(unsigned ? "f32x4.convert_i32x4_u" : "f32x4.convert_i32x4_s");
    return;
  }
  if (isFloating(from)) return truncate(code, constants, from, to);
  wrap(code, constants, to);
}

function toBool(code: Code, constants: VectorContext, from: DType): void {
  if (isWide(from)) {
    code.get(constants.f64(0)).op("f64x2.ne");
    narrowMask(code);
  } else if (from === "float32") code.get(constants.f32(0)).op("f32x4.ne");
  else code.get(constants.i32(0)).op("i32x4.ne");
}

function fromBool(code: Code, constants: VectorContext, to: DType): void {
  if (isWide(to)) {
    const mask = code.local("v128");
    code.set(mask);
    widenedMask(code, mask);
    code.get(constants.f64(1)).op("v128.and");
  } else code.get(to === "float32" ? constants.f32(1) : constants.i32(1)).op("v128.and");
}

/** Toward zero, saturating at the range, NaN to 0. */
function truncate(code: Code, constants: VectorContext, from: DType, to: DType): void {
  const unsigned = to === "uint32";
  if (isWide(from)) code.op(unsigned ? "i32x4.trunc_sat_f64x2_u_zero" : "i32x4.trunc_sat_f64x2_s_zero");
  else code.op(unsigned ? "i32x4.trunc_sat_f32x4_u" : "i32x4.trunc_sat_f32x4_s");
  if (to === "int8") code.get(constants.i32(-128)).op("i32x4.max_s").get(constants.i32(127)).op("i32x4.min_s");
  if (to === "uint8") code.get(constants.i32(0)).op("i32x4.max_s").get(constants.i32(255)).op("i32x4.min_s");
}
