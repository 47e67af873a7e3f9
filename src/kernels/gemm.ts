// Matrix products of row-major buffers: c[m, n] += a[m, k] b[k, n].
// The float path follows Goto and van de Geijn (Anatomy of high-performance matrix multiplication, 2008): blocks that fit the
// caches are packed into panels four rows (columns) wide, and a 4×4 tile of c is kept in registers while k runs.

import type { TypedArray } from "../core/dtype.js";

const TILE = 4;
const ROWS = 128;
const DEPTH = 256;

// Panels of four rows of a[i0 …, p0 …]: [panel, p, row]; rows beyond the matrix are zero.
function packRows(a: Float64Array, k: number, i0: number, rows: number, p0: number, depth: number, out: Float64Array): void {
  for (let i = 0; i < rows; i += TILE) {
    for (let r = 0; r < TILE; r++) {
      let o = i * depth + r;
      if (i + r < rows) for (let p = (i0 + i + r) * k + p0, end = p + depth; p < end; p++, o += TILE) out[o] = a[p];
      else for (let p = 0; p < depth; p++, o += TILE) out[o] = 0;
    }
  }
}

// Panels of four columns of b[p0 …, :]: [panel, p, column]; columns beyond the matrix are zero.
function packColumns(b: Float64Array, n: number, p0: number, depth: number, out: Float64Array): void {
  for (let j = 0; j < n; j += TILE) {
    const whole = j + TILE <= n;
    let o = j * depth;
    for (let p = p0; p < p0 + depth; p++, o += TILE) {
      const at = p * n + j;
      out[o] = b[at];
      if (whole) {
        out[o + 1] = b[at + 1];
        out[o + 2] = b[at + 2];
        out[o + 3] = b[at + 3];
      } else {
        for (let c = 1; c < TILE; c++) out[o + c] = j + c < n ? b[at + c] : 0;
      }
    }
  }
}

// c[at …] += the product of one panel of rows and one of columns; sixteen sums in registers.
function tile(a: Float64Array, ao: number, b: Float64Array, bo: number, depth: number, c: Float64Array, at: number, n: number): void {
  // prettier-ignore
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  // prettier-ignore
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0; p < depth; p++, ao += TILE, bo += TILE) {
    const b0 = b[bo];
    const b1 = b[bo + 1];
    const b2 = b[bo + 2];
    const b3 = b[bo + 3];
    const a0 = a[ao];
    const a1 = a[ao + 1];
    const a2 = a[ao + 2];
    const a3 = a[ao + 3];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  c[at] += c00;
  c[at + 1] += c01;
  c[at + 2] += c02;
  c[at + 3] += c03;
  at += n;
  c[at] += c10;
  c[at + 1] += c11;
  c[at + 2] += c12;
  c[at + 3] += c13;
  at += n;
  c[at] += c20;
  c[at + 1] += c21;
  c[at + 2] += c22;
  c[at + 3] += c23;
  at += n;
  c[at] += c30;
  c[at + 1] += c31;
  c[at + 2] += c32;
  c[at + 3] += c33;
}

const edge = new Float64Array(TILE * TILE);

// A tile that the border of c cuts: computed aside, of which the part inside is added.
function edgeTile(
  a: Float64Array,
  ao: number,
  b: Float64Array,
  bo: number,
  depth: number,
  c: Float64Array,
  at: number,
  n: number,
  rows: number,
  columns: number,
): void {
  edge.fill(0);
  tile(a, ao, b, bo, depth, edge, 0, TILE);
  for (let r = 0; r < rows; r++) for (let q = 0; q < columns; q++) c[at + r * n + q] += edge[r * TILE + q];
}

function gemmPanels(m: number, n: number, k: number, a: Float64Array, b: Float64Array, c: Float64Array): void {
  const depthMax = Math.min(k, DEPTH);
  const up = (size: number): number => Math.ceil(size / TILE) * TILE;
  const panelA = new Float64Array(up(Math.min(m, ROWS)) * depthMax);
  const panelB = new Float64Array(up(n) * depthMax);
  for (let p0 = 0; p0 < k; p0 += DEPTH) {
    const depth = Math.min(DEPTH, k - p0);
    packColumns(b, n, p0, depth, panelB);
    for (let i0 = 0; i0 < m; i0 += ROWS) {
      const rows = Math.min(ROWS, m - i0);
      packRows(a, k, i0, rows, p0, depth, panelA);
      for (let j = 0; j < n; j += TILE) {
        for (let i = 0; i < rows; i += TILE) {
          const at = (i0 + i) * n + j;
          const [r, q] = [Math.min(TILE, rows - i), Math.min(TILE, n - j)];
          if (r === TILE && q === TILE) tile(panelA, i * depth, panelB, j * depth, depth, c, at, n);
          else edgeTile(panelA, i * depth, panelB, j * depth, depth, c, at, n, r, q);
        }
      }
    }
  }
}

// Row by row, c[i, :] += a[i, p] b[p, :]: no packing, for products too thin to repay it.
function gemmRows(m: number, n: number, k: number, a: Float64Array, b: Float64Array, c: Float64Array): void {
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const aip = a[i * k + p];
      for (let j = 0, bo = p * n, co = i * n; j < n; j++) c[co + j] += aip * b[bo + j];
    }
  }
}

// A matrix times a vector: one running sum for each row.
function gemmVector(m: number, k: number, a: Float64Array, b: Float64Array, c: Float64Array): void {
  for (let i = 0; i < m; i++) {
    let s = 0;
    for (let p = 0, ao = i * k; p < k; p++) s += a[ao + p] * b[p];
    c[i] += s;
  }
}

const FEW = 4096;

/** `c += a b` in float64. */
export function gemm(m: number, n: number, k: number, a: Float64Array, b: Float64Array, c: Float64Array): void {
  if (n === 1) gemmVector(m, k, a, b, c);
  else if (m < TILE || m * n * k < FEW) gemmRows(m, n, k, a, b, c);
  else gemmPanels(m, n, k, a, b, c);
}

/** `c += a b` in 32-bit integers that wrap; right for signed and unsigned alike. */
export function gemmInteger(m: number, n: number, k: number, a: Int32Array, b: Int32Array, c: Int32Array): void {
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const aip = a[i * k + p];
      for (let j = 0, bo = p * n, co = i * n; j < n; j++) c[co + j] += Math.imul(aip, b[bo + j]);
    }
  }
}

/** How matrices of one kind of number are held and multiplied: the two kinds below serve every dtype. */
export interface MatrixKind<T extends Float64Array | Int32Array> {
  readonly make: (length: number) => T;
  readonly from: (data: TypedArray) => T;
  readonly part: (data: T, start: number, end: number) => T;
  readonly product: (m: number, n: number, k: number, a: T, b: T, c: T) => void;
}

export const floatMatrices: MatrixKind<Float64Array> = {
  make: (length) => new Float64Array(length),
  from: (data) => new Float64Array(data),
  part: (data, start, end) => data.subarray(start, end),
  product: gemm,
};

export const integerMatrices: MatrixKind<Int32Array> = {
  make: (length) => new Int32Array(length),
  from: (data) => new Int32Array(data),
  part: (data, start, end) => data.subarray(start, end),
  product: gemmInteger,
};
