// How a gamma sample moves with its shape parameter when its probability is held fixed: d log x / da of a and log x, by the
// series, the continued fraction and the expansion of the reference (Figurnov, Mohamed, Mnih, Implicit reparameterization
// gradients, 2018), in float64 lanes. A lane stops at its own term, so that its value does not depend on its neighbours.

import type { VectorContext } from "../context.js";
import { float64 } from "../float64/index.js";
import { inFloat64 } from "../float32/wide.js";
import { Formula, type Shape, type Term, type Variable } from "../formula.js";
import type { Local } from "../../module.js";

const TOLERANCE = 2 ** -54;
const LARGE = 1e4;
/** Where Lentz's method begins: as good as infinite. */
const HUGE = 1e300;
const MOST_TERMS = 10_000;
const SHIFTED = 10;
/** Of 1/x², behind log(x) − 1 / 2x. */
const DIGAMMA = [0, -1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760];

const exp =
  (v: Formula, x: Variable): Term =>
  () =>
    float64.exp(v.context, x.local);
const log =
  (v: Formula, x: Variable): Term =>
  () =>
    float64.log(v.context, x.local);

/** Sets variables to new values where `active` is set, all computed from the old ones. */
function update(v: Formula, active: Variable, changes: readonly (readonly [Variable, Term])[]): void {
  const values = changes.map(([, term]) => v.let(term));
  changes.forEach(([variable], i) => v.set(variable, v.select(active, values[i], variable)));
}

/** The digamma function for x > 0: ψ(x) = ψ(x + 1) − 1/x, until x is large. */
function digamma(v: Formula, x: Variable): Variable {
  const shifted = v.let(x);
  const sum = v.let(v.constant(0));
  const active = v.let(v.lt(shifted, SHIFTED));
  v.whileAny(active, () => {
    update(v, active, [
      [sum, v.sub(sum, v.div(1, shifted))],
      [shifted, v.add(shifted, 1)],
    ]);
    v.set(active, v.lt(shifted, SHIFTED));
  });
  const s = v.let(v.div(1, v.mul(shifted, shifted)));
  const head = v.sub(v.add(sum, log(v, shifted)), v.div(0.5, shifted));
  return v.let(v.add(head, v.polynomial(s, DIGAMMA)));
}

interface Place {
  readonly a: Variable;
  readonly logX: Variable;
  readonly x: Variable;
  /** The lanes that count. */
  readonly mask: Variable;
}

// P = x^a e^(−x) S / Γ(a + 1) with S = Σ x^n / ((a + 1) … (a + n)).
function seriesSlope(v: Formula, { a, logX, x, mask }: Place): Term {
  const [term, sum, n] = [1, 1, 1].map((start) => v.let(v.constant(start)));
  const [dTerm, dSum] = [0, 0].map((start) => v.let(v.constant(start)));
  const active = v.let(mask);
  v.whileAny(active, () => {
    const below = v.let(v.add(a, n));
    const ratio = v.let(v.div(x, below));
    const nextSlope = v.let(v.mul(v.sub(dTerm, v.div(term, below)), ratio));
    const next = v.let(v.mul(term, ratio));
    update(v, active, [
      [dTerm, nextSlope],
      [term, next],
      [sum, v.add(sum, next)],
      [dSum, v.add(dSum, nextSlope)],
    ]);
    v.set(n, v.add(n, 1));
    const isLeft = v.or(v.gt(v.abs(term), v.mul(sum, TOLERANCE)), v.gt(v.abs(dTerm), v.mul(v.abs(dSum), TOLERANCE)));
    v.set(active, v.and(active, isLeft));
  });
  const above = v.let(v.add(a, 1));
  const lead = v.sub(logX, digamma(v, above));
  return v.neg(v.div(v.add(v.mul(lead, sum), dSum), a));
}

// Q = 1 − P = x^a e^(−x) F / Γ(a) with the continued fraction F = 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)), evaluated with its
// derivative by Lentz's method.
function fractionSlope(v: Formula, { a, logX, x, mask }: Place): Term {
  const b = v.let(v.sub(v.add(x, 1), a));
  const [c, dC] = [v.let(v.constant(HUGE)), v.let(v.constant(0))];
  const d = v.let(v.div(1, b));
  const dD = v.let(v.mul(d, d));
  const [f, dF] = [v.let(d), v.let(dD)];
  const n = v.let(v.constant(1));
  const active = v.let(mask);
  v.whileAny(active, () => {
    const numerator = v.let(v.mul(n, v.sub(a, n)));
    v.set(b, v.add(b, 2));
    // 1/d ← b + numerator·d and c ← b + numerator/c, each with its derivative in a (b' = −1, numerator' = n).
    const inverse = v.let(v.div(1, v.add(b, v.mul(numerator, d))));
    const dInverse = v.add(v.sub(v.mul(n, d), 1), v.mul(numerator, dD));
    const nextD = v.let(v.neg(v.mul(dInverse, v.mul(inverse, inverse))));
    const nextC = v.let(v.add(b, v.div(numerator, c)));
    const nextDC = v.let(v.sub(v.sub(v.div(n, c), 1), v.div(v.mul(numerator, dC), v.mul(c, c))));
    const factor = v.let(v.mul(nextC, inverse));
    const dFactor = v.let(v.add(v.mul(nextDC, inverse), v.mul(nextC, nextD)));
    update(v, active, [
      [d, inverse],
      [dD, nextD],
      [c, nextC],
      [dC, nextDC],
      [dF, v.add(v.mul(dF, factor), v.mul(f, dFactor))],
      [f, v.mul(f, factor)],
    ]);
    v.set(n, v.add(n, 1));
    const isSettled = v.lt(v.abs(v.sub(factor, 1)), 4 * TOLERANCE);
    const relative = v.apply("f64x2.max", v.abs(v.div(dF, f)), 1);
    const isFlat = v.lt(v.abs(dFactor), v.mul(relative, TOLERANCE));
    v.set(active, v.and(v.and(active, v.lt(n, MOST_TERMS)), v.not(v.and(isSettled, isFlat))));
  });
  return v.add(v.mul(v.sub(logX, digamma(v, a)), f), dF);
}

// x = a + z √a + (z² − 1)/3 + (z³ − 7z)/(36 √a) − … for the normal quantile z (Cornish and Fisher), differentiated with z fixed.
function largeSlope(v: Formula, { a, x }: Place): Term {
  const root = v.let(v.sqrt(a));
  const distance = v.let(v.sub(x, a));
  const z = v.let(v.div(distance, root));
  const cubic = (): Term => v.mul(z, v.sub(v.mul(z, z), 7));
  for (let i = 0; i < 4; i++) {
    const quadratic = v.div(v.sub(v.mul(z, z), 1), 3);
    v.set(z, v.div(v.sub(v.sub(distance, quadratic), v.div(cubic(), v.mul(root, 36))), root));
  }
  const square = v.let(v.mul(z, z));
  const quartic = v.sub(v.add(v.mul(v.mul(square, square), 3), v.mul(square, 7)), 16);
  const second = v.div(cubic(), v.mul(v.mul(a, root), 72));
  const slope = v.add(v.sub(v.add(v.div(z, v.mul(root, 2)), 1), second), v.div(quartic, v.mul(v.mul(a, a), 810)));
  return v.div(slope, x);
}

/** d log x / da; NaN unless a > 0. */
function logSlope(v: Formula, given: Variable, givenLog: Variable): Variable {
  const valid = v.let(v.and(v.lt(0, given), v.eq(givenLog, givenLog)));
  // Loops run over all lanes: those that do not count get numbers at which each ends soon.
  const [a, logX] = [v.let(v.select(valid, given, 1)), v.let(v.select(valid, givenLog, 0))];
  const x = v.let(exp(v, logX));
  const result = v.let(v.constant(NaN));
  const isLarge = v.let(v.and(valid, v.lt(LARGE, a)));
  const isSmall = v.let(v.and(v.and(valid, v.not(isLarge)), v.lt(x, v.add(a, 1))));
  const isBeyond = v.let(v.and(v.and(valid, v.not(isLarge)), v.not(isSmall)));
  const cases = [
    [isLarge, largeSlope],
    [isSmall, seriesSlope],
    [isBeyond, fractionSlope],
  ] as const;
  for (const [mask, slope] of cases)
    v.whenAny(mask, () => {
      const found = v.let(slope(v, { a, logX, x, mask }));
      v.set(result, v.select(mask, found, result));
    });
  return result;
}

/** dx/da of a sample x, or of its logarithm: 0 where x is 0. */
function slopeOf(v: Formula, a: Variable, y: Variable, logSpace: boolean): Term {
  if (logSpace) return logSlope(v, a, y);
  const slope = logSlope(v, a, v.let(log(v, y)));
  return v.select(v.eq(y, 0), 0, v.mul(y, slope));
}

/** Emits the derivative of a gamma sample (or of its logarithm) in its parameter; the result is on the stack. */
export function gammaSlope(context: VectorContext, shape: Shape, args: readonly Local[], logSpace: boolean): void {
  const v = new Formula(context, shape);
  const [a, y] = args.map((local) => v.local(local));
  const value =
    shape === "f64x2" ? slopeOf(v, a, y, logSpace) : inFloat64(v, [a, y], (d, wideA, wideY) => slopeOf(d, wideA, wideY, logSpace));
  v.finish(value);
}
