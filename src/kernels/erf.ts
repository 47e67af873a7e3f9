// The error function, its complement and its inverse, of numbers, within 2 ulp of float64 (erfc within 3).
// erf by its series near 0; elsewhere erfc(x) = exp(-x²) erfcx(x), where the scaled function erfcx(x) = exp(x²) erfc(x) is
// smooth: its polynomials below interpolate it at Chebyshev points, in s from -1 to 1 over each interval.

const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ROOT_PI_OVER_2 = 0.886226925452758;

// erfcx(x) for x in [0.5, 1.5], s = 2 (x - 1).
const nearOne = [
  0.427583576155807, -0.13660600739194928, 0.03859289034297711, -0.00990337111766582, 0.0023482685134556744, -0.0005206834090758812,
  0.00010890847460878921, -2.163331855782933e-5, 4.1026148424254695e-6, -7.460049524743092e-7, 1.3053025037981643e-7,
  -2.2042891187870488e-8, 3.6018445414775295e-9, -5.707977183947575e-10, 8.787810267386302e-11, -1.3113911274672565e-11,
  1.9160170411014948e-12, -3.000816310876132e-13, 4.1644124346136074e-14,
];

// erfcx(x) for x in [1.5, 3], s = (x - 2.25) / 0.75.
const nearTwo = [
  0.23108725873039188, -0.06636487710656187, 0.017995852918522272, -0.004641494381623013, 0.0011450727488398391, -0.00027141213040061496,
  6.203181705881082e-5, -1.3711609142366947e-5, 2.938639156065365e-6, -6.119615402682128e-7, 1.2405992566652293e-7, -2.452292842947235e-8,
  4.733452903539577e-9, -8.936172874678258e-10, 1.650693570713118e-10, -2.9589666625339204e-11, 5.25627325054218e-12,
  -1.0602576795188423e-12, 1.8066791367226334e-13,
];

// x erfcx(x) for x in [3, 6], s = (1/x - 1/4) * 12.
const middle = [
  0.5479978305002455, -0.00995391099330076, -0.0011651818735560519, 0.0001270329878695553, -1.3544672478849252e-6, -1.096175877947861e-6,
  1.3767686744892488e-7, -2.732152850526912e-9, -1.646908263400254e-9, 2.866121923568974e-10, -1.648140077238609e-11,
  -2.5989479426282677e-12, 7.820897882059268e-13, -8.137996507763015e-14, -1.5083862898385065e-15,
];

// x erfcx(x) for x in [6, 30], s = (1/x² - 13/900) * 75; erfc(x) is 0 in float64 from 27.3 on.
const far = [
  0.5602001296046725, -0.003606553395614894, 6.78200159593189e-5, -2.071578128581129e-6, 8.641755272354322e-8, -4.525288143395063e-9,
  2.82998203672531e-10, -2.0451898277850354e-11, 1.6680941611328988e-12, -1.51012518776308e-13, 1.5554067796634136e-14,
  -1.6800222475305731e-15,
];

// erf(x) = 2/√π Σ (-1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)): for |x| < 0.5 the twelfth term is below 2⁻⁵³ of the first.
const series = Array.from({ length: 13 }, (_, n) => {
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  return ((n % 2 === 0 ? 1 : -1) * TWO_OVER_ROOT_PI) / (factorial * (2 * n + 1));
});

function polynomial(coefficients: readonly number[], s: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * s + coefficients[k];
  return sum;
}

function scaledErfc(x: number): number {
  if (x < 1.5) return polynomial(nearOne, 2 * (x - 1));
  if (x < 3) return polynomial(nearTwo, (x - 2.25) / 0.75);
  if (x < 6) return polynomial(middle, (1 / x - 0.25) * 12) / x;
  return polynomial(far, (1 / (x * x) - 13 / 900) * 75) / x;
}

// erfc for x ≥ 0.5. Rounding x² would cost x² ulps; with h = x rounded to 24 bits, h² is exact and x² = h² + (x - h)(x + h).
function erfcTail(x: number): number {
  if (x > 28) return 0;
  const h = Math.fround(x);
  const product = Math.exp(-h * h) * scaledErfc(x);
  return product + product * Math.expm1(-(x - h) * (x + h));
}

/**
 * The error function `2/√π ∫₀ˣ exp(-t²) dt`.
 *
 * @example erf(0.5) // 0.5204998778130465
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) return x * polynomial(series, x * x);
  if (x !== x) return x;
  return x > 0 ? 1 - erfcTail(a) : erfcTail(a) - 1;
}

/**
 * `1 - erf(x)`, without the cancellation.
 *
 * @example erfc(10) // 2.088487583762545e-45
 */
export function erfc(x: number): number {
  if (x !== x) return x;
  if (x >= 0.5) return erfcTail(x);
  return x > -0.5 ? 1 - erf(x) : 2 - erfcTail(-x);
}

// Winitzki's closed form (A handy approximation for the error function, 2008): within 0.2 % of the inverse.
function erfInvGuess(a: number): number {
  const c = 0.147;
  const log = Math.log((1 - a) * (1 + a));
  const t = 2 / (Math.PI * c) + log / 2;
  return Math.sqrt(-log / c / (Math.sqrt(t * t - log / c) + t));
}

/**
 * The inverse of `erf`: ±∞ at ±1, NaN beyond.
 *
 * @example erfInv(0.5204998778130465) // 0.5
 */
export function erfInv(x: number): number {
  const a = Math.abs(x);
  if (a === 1) return x * Infinity;
  if (!(a < 1)) return NaN;
  if (a < 1e-8) return x * ROOT_PI_OVER_2;
  let y = erfInvGuess(a);
  // Halley's steps on erf(y) = a; near 1 the residue is taken between the complements, whose digits survive.
  for (let step = 0; step < 3; step++) {
    const residue = a < 0.5 ? erf(y) - a : 1 - a - erfc(y);
    const u = residue / (TWO_OVER_ROOT_PI * Math.exp(-y * y));
    y -= u / (1 + y * u);
  }
  return x < 0 ? -y : y;
}
