// Steps element by element. Values stay moderate, so that every derivative is finite.

import { abs, add, max, min, mul, neg, square, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot, bitOr, bitXor } from "../../ops/bitwise.js";
import { eq, ge, lt } from "../../ops/compare.js";
import { convertElementType } from "../../ops/convert.js";
import { logistic, sqrt } from "../../ops/exponential.js";
import { clamp, select } from "../../ops/select.js";
import { stopGradient } from "../../ops/stop.js";
import { cos, sin, tanh } from "../../ops/trigonometric.js";
import { scalar } from "../../core/array.js";
import { type DType, isFloat } from "../../core/dtype.js";
import { sameShape } from "../../core/shape.js";
import { type StepRule, anything, beside, binary, bool, bounded, float, number, unary } from "./picker.js";

const chosen: StepRule = {
  code: "lax.select($0, $1, $2)",
  run: (p) => {
    const which = p.value(bool);
    const x = p.value((y) => which.ndim === 0 || sameShape(y.shape, which.shape));
    return select(which, x, p.value(beside(x)));
  },
};

const converted = (dtypes: readonly DType[]): StepRule => ({
  code: "lax.convertElementType($2, $1)",
  run: (p) => {
    const x = p.value(anything);
    const { plain: name } = p.choices[0];
    const target = p.write(dtypes[p.number(dtypes.length)]);
    // A large float has no integer near it.
    const narrow = isFloat(x.dtype) && !isFloat(target);
    const text = narrow ? `lax.clamp(-100, ${name}, 100)` : name;
    p.choices.push({ plain: text, bounded: text });
    return convertElementType(narrow ? clamp(scalar(-100, x.dtype), x, scalar(100, x.dtype)) : x, target);
  },
});

/** The pointwise steps of programs over these dtypes. */
export const pointwiseSteps = (dtypes: readonly DType[]) =>
  ({
    sin: unary("lax.sin($0)", sin, float),
    cos: unary("lax.cos($0)", cos, float),
    tanh: unary("lax.tanh($0)", tanh, float),
    logistic: unary("lax.logistic($0)", logistic, float),
    root: unary("lax.sqrt(lax.add(lax.square(lax.sin($0)), 0.5))", (x) => sqrt(add(square(sin(x)), scalar(0.5, x.dtype))), float),
    neg: unary("lax.neg($0)", neg, number),
    abs: unary("lax.abs($0)", abs, number),
    square: unary("lax.square(~0)", (x) => square(bounded(x)), number),
    stop: unary("lax.stopGradient($0)", stopGradient, anything),
    not: unary("lax.bitwiseNot($0)", bitNot, bool),
    add: binary("lax.add($0, $1)", add, number),
    sub: binary("lax.sub($0, $1)", sub, number),
    mul: binary("lax.mul($0, ~1)", (x, y) => mul(x, bounded(y)), number),
    max: binary("lax.max($0, $1)", max, number),
    min: binary("lax.min($0, $1)", min, anything),
    lt: binary("lax.lt($0, $1)", lt, anything),
    eq: binary("lax.eq($0, $1)", eq, anything),
    ge: binary("lax.ge($0, $1)", ge, number),
    and: binary("lax.bitwiseAnd($0, $1)", bitAnd, bool),
    or: binary("lax.bitwiseOr($0, $1)", bitOr, bool),
    xor: binary("lax.bitwiseXor($0, $1)", bitXor, bool),
    select: chosen,
    convert: converted(dtypes),
  }) satisfies Record<string, StepRule>;
