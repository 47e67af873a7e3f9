// The elementary functions to far more digits than float64 has, in fixed point of P bits behind the point on BigInt. Slow,
// and independent of Math: series and Newton's iteration only (which may begin at a value of the library).

import { erfInv } from "../../src/kernels/scalars.js";

const P = 1250n;
const ONE = 1n << P;
/** Bits behind the point of π for the reduction of large angles. */
const WIDE = 2 * Number(P);

const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const mul = (a: bigint, b: bigint): bigint => (a * b) >> P;
const div = (a: bigint, b: bigint): bigint => (a << P) / b;
const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));
const nearestQuotient = (a: bigint, b: bigint): bigint => floorDiv(2n * a + b, 2n * b);

const view = new DataView(new ArrayBuffer(8));

/** A finite float64 in fixed point, exactly if it is a multiple of 2⁻ᴾ. */
export function fixed(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const m = exponent === 0n ? fraction : fraction | (1n << 52n);
  const shift = (exponent === 0n ? 1n : exponent) - 1075n + P;
  const magnitude = shift >= 0n ? m << shift : m >> -shift;
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** Error of `got` in units in the last place of float64 at `want`. */
export function ulpErrorOf(got: number, want: bigint): number {
  const exponent = BigInt(abs(want).toString(2).length) - 1n - P;
  const ulp = (exponent < -1022n ? -1022n : exponent > 1023n ? 1023n : exponent) - 52n + P;
  const top = 1n << (P + 1024n);
  const value = got === Infinity ? top : got === -Infinity ? -top : fixed(got);
  const wanted = want > top ? top : want < -top ? -top : want;
  return Number((abs(value - wanted) << 20n) >> ulp) / 2 ** 20;
}

function inverseTangentOf(n: bigint, one: bigint): bigint {
  let sum = 0n;
  let power = one / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k % 4n === 1n ? power : -power) / k;
    power /= n * n;
  }
  return sum;
}

const wideOne = 1n << BigInt(WIDE + 32);
const wideHalfPi = (8n * inverseTangentOf(5n, wideOne) - 2n * inverseTangentOf(239n, wideOne)) >> 32n;

/** ln 2 = 2 Σ 1 / ((2k + 1) 3²ᵏ⁺¹). */
const LN2 = ((): bigint => {
  let sum = 0n;
  let power = (ONE << 32n) / 3n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power /= 9n;
  }
  return (2n * sum) >> 32n;
})();

export function exp(x: bigint): bigint {
  const n = nearestQuotient(x, LN2);
  // Taylor's series of a small part, then squared back.
  const steps = 24;
  const guard = 40n;
  const r = ((x - n * LN2) << guard) >> BigInt(steps);
  const one = ONE << guard;
  let sum = one;
  let term = one;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * r) >> (P + guard)) / k;
    sum += term;
  }
  for (let i = 0; i < steps; i++) sum = (sum * sum) >> (P + guard);
  const value = sum >> guard;
  return n >= 0n ? value << n : value >> -n;
}

/** ln x: Newton's iteration y ← y + 2 (x − eʸ) / (x + eʸ), which triples the digits. */
export function log(x: bigint): bigint {
  const e = BigInt(x.toString(2).length) - 1n - P;
  const m = e >= 0n ? x >> e : x << -e;
  let y = fixed(Math.log(Number(m >> (P - 60n)) / 2 ** 60));
  // What shifting x right would lose matters not: m has P bits.
  for (let i = 0; i < 4; i++) {
    const power = exp(y);
    y += div(2n * (m - power), m + power);
  }
  return y + e * LN2;
}

export function sqrt(x: bigint): bigint {
  const square = x << P;
  if (square === 0n) return 0n;
  let root = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The sine and cosine of x. */
export function sineCosine(x: bigint): { sin: bigint; cos: bigint } {
  const wide = x << (BigInt(WIDE) - P);
  const n = nearestQuotient(wide, wideHalfPi);
  const r = (wide - n * wideHalfPi) >> (BigInt(WIDE) - P);
  const z = mul(r, r);
  let [sin, cos] = [0n, 0n];
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k += 2n) {
    cos += term;
    sin += term / k;
    term = -mul(term, z) / (k * (k + 1n));
  }
  sin = mul(sin, r);
  const quadrant = Number(((n % 4n) + 4n) % 4n);
  return [
    { sin, cos },
    { sin: cos, cos: -sin },
    { sin: -sin, cos: -cos },
    { sin: -cos, cos: sin },
  ][quadrant];
}

const sinh = (x: bigint): bigint => (exp(x) - exp(-x)) / 2n;
const cosh = (x: bigint): bigint => (exp(x) + exp(-x)) / 2n;

/** The angle of a sine and cosine, by Newton's iteration from Math's value. */
function angle(sin: bigint, cos: bigint): bigint {
  let y = fixed(Math.atan2(Number(sin >> (P - 1000n)) / 2 ** 1000, Number(cos >> (P - 1000n)) / 2 ** 1000));
  for (let i = 0; i < 4; i++) {
    const at = sineCosine(y);
    // sin(θ − y) = sin θ cos y − cos θ sin y ≈ θ − y, to the third order.
    y += mul(sin, at.cos) - mul(cos, at.sin);
  }
  return y;
}

/** 1 / √(1 + x²), also for large x. */
const cosineOfTangent = (x: bigint): bigint => div(ONE, sqrt(ONE + mul(x, x)));

function cubeRoot(x: bigint): bigint {
  const cube = abs(x) << (2n * P);
  let root = 1n << BigInt(Math.ceil(cube.toString(2).length / 3));
  for (;;) {
    const next = (2n * root + cube / (root * root)) / 3n;
    if (next >= root) return x < 0n ? -root : root;
    root = next;
  }
}

/** √π. */
const ROOT_PI = sqrt((2n * wideHalfPi) >> (BigInt(WIDE) - P));

/** erf(x) = 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), for |x| up to 28. */
function erf(x: bigint): bigint {
  const z = mul(x, x);
  let sum = 0n;
  let term = x;
  for (let n = 0n; term !== 0n && term !== -1n; n++) {
    sum += term / (2n * n + 1n);
    term = -mul(term, z) / (n + 1n);
  }
  return div(2n * sum, ROOT_PI);
}

/** By Newton's iteration from the value of the library, for |x| < 1. */
function inverseErf(x: bigint): bigint {
  let y = fixed(erfInv(Number(x >> (P - 1000n)) / 2 ** 1000));
  for (let i = 0; i < 5; i++) y -= mul(erf(y) - x, mul(ROOT_PI, exp(mul(y, y)))) / 2n;
  return y;
}

export const reference = {
  exp,
  exp2: (x: bigint) => exp(mul(x, LN2)),
  expm1: (x: bigint) => exp(x) - ONE,
  log,
  log1p: (x: bigint) => log(ONE + x),
  logistic: (x: bigint) => div(exp(x), ONE + exp(x)),
  sin: (x: bigint) => sineCosine(x).sin,
  cos: (x: bigint) => sineCosine(x).cos,
  tan: (x: bigint) => ((parts) => div(parts.sin, parts.cos))(sineCosine(x)),
  sinh,
  cosh,
  tanh: (x: bigint) => ((e) => div(e - ONE, e + ONE))(exp(2n * x)),
  asinh: (x: bigint) => (x < 0n ? -1n : 1n) * log(abs(x) + sqrt(mul(x, x) + ONE)),
  acosh: (x: bigint) => log(x + sqrt(mul(x, x) - ONE)),
  asin: (x: bigint) => angle(x, sqrt(ONE - mul(x, x))),
  acos: (x: bigint) => angle(sqrt(ONE - mul(x, x)), x),
  atan: (x: bigint) => ((c) => angle(mul(x, c), c))(cosineOfTangent(x)),
  erf,
  erfc: (x: bigint) => ONE - erf(x),
  erf_inv: inverseErf,
  pow: (x: bigint, y: bigint) => exp(mul(log(x), y)),
  cbrt: cubeRoot,
  rsqrt: (x: bigint) => div(ONE, sqrt(x)),
  atanh: (x: bigint) => log(div(ONE + x, ONE - x)) / 2n,
};
