// How a gamma sample moves with its shape parameter when its probability is held fixed (implicit reparameterisation:
// Figurnov, Mohamed, Mnih 2018): dx/da = −(∂P/∂a) / (∂P/∂x), where P is the regularised lower incomplete gamma function.
// By logarithms, so that tiny samples keep their accuracy: enters a and log x, leaves d log x / da.

/** The digamma function for x > 0. */
export function digamma(x: number): number {
  let [shifted, result] = [x, 0];
  for (; shifted < 10; shifted++) result -= 1 / shifted;
  const s = 1 / (shifted * shifted);
  const tail = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132 - (s * 691) / 32760)))));
  return result + Math.log(shifted) - 0.5 / shifted - tail;
}

const TOLERANCE = 2 ** -54;
const LARGE = 1e4;
/** Where Lentz's method begins: as good as infinite. */
const HUGE = 1e300;

/**
 * d log x / da of the sample x of the gamma distribution with parameter `a`, its probability held fixed.
 *
 * @example gammaLogSlope(1, 0) // 1.173563
 */
export function gammaLogSlope(a: number, logX: number): number {
  if (!(a > 0) || Number.isNaN(logX)) return NaN;
  const x = Math.exp(logX);
  if (a > LARGE) return largeSlope(a, x) / x;
  return x < a + 1 ? seriesSlope(a, x, logX) : fractionSlope(a, x, logX);
}

// P = x^a e^(−x) S / Γ(a + 1) with S = Σ x^n / ((a + 1) … (a + n)); x ∂P/∂x = a P of the leading factor, x^a e^(−x) / Γ(a).
// So d log x / da = −(log x − ψ(a + 1) + S'/S) S / a.
function seriesSlope(a: number, x: number, logX: number): number {
  let [term, dTerm, sum, dSum] = [1, 0, 1, 0];
  for (let n = 1; Math.abs(term) > TOLERANCE * sum || Math.abs(dTerm) > TOLERANCE * Math.abs(dSum); n++) {
    dTerm = (dTerm - term / (a + n)) * (x / (a + n));
    term *= x / (a + n);
    sum += term;
    dSum += dTerm;
  }
  return -((logX - digamma(a + 1)) * sum + dSum) / a;
}

// Q = 1 − P = x^a e^(−x) F / Γ(a) with the continued fraction F = 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)), evaluated with its
// derivative by Lentz's method. d log x / da = (log x − ψ(a)) F + F', for x ∂P/∂x = x^a e^(−x) / Γ(a).
function fractionSlope(a: number, x: number, logX: number): number {
  let b = x + 1 - a;
  let [c, dC] = [HUGE, 0];
  let [d, dD] = [1 / b, 1 / (b * b)];
  let [f, dF] = [d, dD];
  for (let n = 1; n < 10_000; n++) {
    const numerator = -n * (n - a);
    b += 2;
    // 1/d ← b + numerator·d and c ← b + numerator/c, each with its derivative in a (b' = −1, numerator' = n).
    const [denominator, dDenominator] = [b + numerator * d, -1 + n * d + numerator * dD];
    [d, dD] = [1 / denominator, -dDenominator / (denominator * denominator)];
    [c, dC] = [b + numerator / c, -1 + n / c - (numerator * dC) / (c * c)];
    const [factor, dFactor] = [c * d, dC * d + c * dD];
    [f, dF] = [f * factor, dF * factor + f * dFactor];
    if (Math.abs(factor - 1) < TOLERANCE * 4 && Math.abs(dFactor) < TOLERANCE * Math.max(1, Math.abs(dF / f))) break;
  }
  return (logX - digamma(a)) * f + dF;
}

// x = a + z √a + (z² − 1)/3 + (z³ − 7z)/(36 √a) − … for the normal quantile z (Cornish and Fisher), differentiated with z fixed.
function largeSlope(a: number, x: number): number {
  const root = Math.sqrt(a);
  let z = (x - a) / root;
  for (let i = 0; i < 4; i++) z = (x - a - (z * z - 1) / 3 - (z ** 3 - 7 * z) / (36 * root)) / root;
  return 1 + z / (2 * root) - (z ** 3 - 7 * z) / (72 * a * root) + (3 * z ** 4 + 7 * z * z - 16) / (810 * a * a);
}
