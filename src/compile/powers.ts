// Powers to fixed integers, and rounding of halves away from zero, as nests of simpler operations.

import { type DType, isFloat } from "../core/dtype.js";
import type { IntegerPowParams, RoundParams } from "../ops/arithmetic.js";
import { NestBody } from "./body.js";
import type { Lowering, Rule } from "./lowering.js";
import type { Value, View } from "./views.js";

/** Beyond this, squarings have rounded more often than one careful power would. */
const MOST = 64;

/** One power of floats, taken in float64 and rounded once, for float32 does not hold every whole exponent. */
function carefulPower(lowering: Lowering, x: Value, y: number, dtype: DType): View {
  const body = new NestBody(x.shape);
  const base = dtype === "float64" ? body.value(x) : body.apply("convert", "float64", body.value(x));
  const power = body.apply("pow", "float64", base, body.constant(y, "float64"));
  if (dtype !== "float64") body.apply("convert", dtype, power);
  return lowering.nest(x.shape, body.nodes, dtype);
}

/** `x^y` by repeated squaring, which is exact for integers: they wrap. */
export const integerPow: Rule = (lowering, equation, [x]) => {
  const { y } = equation.params as IntegerPowParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (isFloat(dtype) && Math.abs(y) > MOST) return [carefulPower(lowering, x, y, dtype)];
  if (y === 0) return [{ kind: "splat", value: 1, shape, dtype }];
  const body = new NestBody(shape);
  let square = body.value(x);
  let power: number | undefined;
  for (let rest = Math.abs(y); ;) {
    if (rest % 2 === 1) power = power === undefined ? square : body.apply("mul", dtype, power, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) break;
    square = body.apply("mul", dtype, square, square);
  }
  if (y < 0) body.apply("div", dtype, body.constant(1, dtype), power as number);
  return [lowering.nest(shape, body.nodes, dtype)];
};

/** To the nearest integer; halves to the even one, or away from zero. */
export const round =
  (toEven: Rule): Rule =>
  (lowering, equation, inputs) => {
    const { roundingMethod } = equation.params as RoundParams;
    const { shape, dtype } = equation.outputs[0].aval;
    if (roundingMethod === "toNearestEven" || !isFloat(dtype)) return toEven(lowering, equation, inputs);
    const body = new NestBody(shape);
    const x = body.value(inputs[0]);
    const whole = body.apply("trunc", dtype, x);
    const isHalf = body.apply("ge", "bool", body.apply("abs", dtype, body.apply("sub", dtype, x, whole)), body.constant(0.5, dtype));
    body.apply("select", dtype, isHalf, whole, body.apply("add", dtype, whole, body.apply("sign", dtype, x)));
    return [lowering.nest(shape, body.nodes, dtype)];
  };
