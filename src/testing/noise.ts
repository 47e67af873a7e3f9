// Seeded numbers for directions: the same seed and labels give the same numbers everywhere. They need no quality but to be
// unrelated to the function under test, and none of them is small, so that no element of a leaf goes untested.

/** Numbers from 0 to 1 (exclusive). Mulberry32: a 32-bit counter, mixed. */
export function numbersOf(seed: number, ...labels: readonly number[]): () => number {
  let state = labels.reduce((hash, label) => mix(hash + 0x9e3779b9 * (label + 1)), mix(seed | 0));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

function mix(x: number): number {
  let y = Math.imul(x ^ (x >>> 15), x | 1);
  y ^= y + Math.imul(y ^ (y >>> 7), y | 61);
  return y ^ (y >>> 14);
}

/** Numbers of either sign whose magnitude lies between a half and one, times `scale`. */
export function signed(count: number, scale: number, next: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => {
    const magnitude = (0.5 + 0.5 * next()) * scale;
    return next() < 0.5 ? -magnitude : magnitude;
  });
}

/** The root mean square of the elements, or 1 where that is no scale: for empty arrays and zeros. */
export function scaleOf(x: Float64Array): number {
  const largest = x.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  if (largest === 0) return 1;
  // Divided first, so that no square leaves the range of float64.
  const sum = x.reduce((s, v) => (Number.isFinite(v) ? s + (v / largest) ** 2 : s), 0);
  return largest * Math.sqrt(sum / x.length);
}
