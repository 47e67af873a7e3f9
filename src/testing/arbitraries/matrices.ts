// Elements of structured arrays, made of plain random numbers that all shrink to zero: then a positive definite matrix is the
// identity, an orthogonal one too, and a point of the simplex is its middle.

/** `L Lᵀ + I` of an n×n list: positive definite, eigenvalues at least 1. */
export function positiveDefinite(values: readonly number[], n: number): number[] {
  const at = (i: number, j: number): number => values[i * n + j];
  return Array.from({ length: n * n }, (_, place) => {
    const [i, j] = [Math.floor(place / n), place % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += at(i, k) * at(j, k);
    return sum;
  });
}

/** The upper left rows×columns part of a product of plane rotations, one for each pair of axes: orthonormal along the shorter side. */
export function orthogonal(angles: readonly number[], rows: number, columns: number): number[] {
  const n = Math.max(rows, columns);
  const q = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j): number => (i === j ? 1 : 0)));
  let next = 0;
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      const [c, s] = [Math.cos(angles[next]), Math.sin(angles[next])];
      next++;
      for (const row of q) [row[a], row[b]] = [c * row[a] - s * row[b], s * row[a] + c * row[b]];
    }
  }
  return q.slice(0, rows).flatMap((row) => row.slice(0, columns));
}

/** How many angles `orthogonal` takes. */
export function anglesOf(rows: number, columns: number): number {
  const n = Math.max(rows, columns);
  return (n * (n - 1)) / 2;
}

/** Positive numbers that sum to one. */
export function simplex(values: readonly number[]): number[] {
  const weights = values.map(Math.exp);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}
