// pow: float64 lanes, within 2 ulp for all arguments. |y log₂ x| reaches 1075, so log₂ x is needed to some 65 bits: it is
// computed as a pair of float64 (Dekker, A floating-point technique for extending the available precision, 1971).

import { type Formula, type Term, type Variable, binary } from "../formula.js";
import { irregularPower, isIrregularPower } from "../irregularPower.js";
import { expOfPair, nearestInteger } from "./exponential.js";
import { split } from "./logarithm.js";

/** A value with twice the digits: high + low. */
interface Pair {
  readonly high: Variable;
  readonly low: Variable;
}

/** 2/3, and what its float64 lacks. */
const TWO_THIRDS: readonly [number, number] = [2 / 3, 3.700743415417188e-17];
/** ((2 atanh(s) / s − 2) / s² − 2/3) / s² in s², within 2⁻⁶⁶ of log. */
const R = [
  0.4, 0.28571428571429364, 0.22222222221655885, 0.18181818335392802, 0.15384594962518428, 0.13334804693847518, 0.11706236339486488,
  0.11723178623919275,
];
/** ln 2, and what its float64 lacks. */
const LN2: readonly [number, number] = [Math.LN2, 2.3190468138462996e-17];
/** log₂ e, and what its float64 lacks. */
const LOG2_E: readonly [number, number] = [Math.LOG2E, 2.0355273740931033e-17];

const LEADING_BITS = ~((1n << 27n) - 1n);

/** a·b, by the products of halves, which are exact. */
function product(v: Formula, a: Variable, b: Variable): Pair {
  const high = v.let(v.mul(a, b));
  const [top, over] = [a, b].map((x) => v.let(v.and(x, v.bits(LEADING_BITS))));
  const [bottom, under] = [v.let(v.sub(a, top)), v.let(v.sub(b, over))];
  const crossed = v.add(v.add(v.sub(v.mul(top, over), high), v.mul(top, under)), v.mul(bottom, over));
  return { high, low: v.let(v.add(crossed, v.mul(bottom, under))) };
}

/** The product of pairs. */
function times(v: Formula, a: Pair, b: Pair): Pair {
  const { high, low } = product(v, a.high, b.high);
  return { high, low: v.let(v.add(low, v.add(v.mul(a.high, b.low), v.mul(a.low, b.high)))) };
}

/** a + b for |a| ≥ |b| or a = 0. */
function plus(v: Formula, a: Variable, b: Pair): Pair {
  const high = v.let(v.add(a, b.high));
  return { high, low: v.let(v.add(v.add(v.sub(a, high), b.high), b.low)) };
}

const constantPair = (v: Formula, [high, low]: readonly [number, number]): Pair => ({
  high: v.let(v.constant(high)),
  low: v.let(v.constant(low)),
});

/** log₂ x for positive finite x: 2 atanh(s) = s (2 + s² (2/3 + s² R(s²))), s = f / (2 + f). */
function log2Pair(v: Formula, x: Variable): Pair {
  const small = v.let(v.lt(x, 2 ** -1022));
  const { exponent, f } = split(v, v.let(v.select(small, v.mul(x, 2 ** 54), x)));
  v.set(exponent, v.sub(exponent, v.and(small, v.constant(54))));
  const two = v.let(v.constant(2));
  const d = v.let(v.add(f, two));
  const high = v.let(v.div(f, d));
  const back = product(v, high, d);
  const dLow = v.add(v.sub(two, d), f);
  const s: Pair = { high, low: v.let(v.div(v.sub(v.sub(v.sub(f, back.high), back.low), v.mul(high, dLow)), d)) };
  const z = times(v, s, s);
  const third = constantPair(v, TWO_THIRDS);
  const series = v.let(v.mul(z.high, v.polynomial(z.high, R)));
  const q = plus(v, third.high, { high: series, low: third.low });
  const logarithm = times(v, s, plus(v, two, times(v, z, q)));
  return plus(v, exponent, times(v, logarithm, constantPair(v, LOG2_E)));
}

/** |x| to the power of y, regular cases. */
function regularPower(v: Formula, x: Variable, y: Variable): Term {
  const a = v.let(v.abs(x));
  // Larger exponents change nothing but would overflow.
  const exponent: Pair = { high: v.let(v.atMost(v.atLeast(y, -(2 ** 65)), 2 ** 65)), low: v.let(v.constant(0)) };
  const { high, low } = times(v, log2Pair(v, a), exponent);
  const within = v.let(v.atMost(v.atLeast(high, -1076), 1025));
  const { shifted, f } = nearestInteger(v, within);
  const r = times(v, { high: f, low: v.let(v.and(low, v.eq(within, high))) }, constantPair(v, LN2));
  // What rounding the exponent lost may be more than the last digits of f.
  const { high: whole, low: rest } = plus(v, r.high, { high: r.low, low: v.let(v.constant(0)) });
  return expOfPair(v, shifted, whole, rest);
}

/** x to the power of y, as C's pow: 1 where x = 1 or y = 0, NaN for negative x and a fractional y. */
export const pow = binary((v, x, y) => {
  const value = v.let(regularPower(v, x, y));
  v.whenAny(isIrregularPower(v, x, y), () => v.set(value, irregularPower(v, x, y, value)));
  return value;
}, "f64x2");
