// Sheets of grey pictures as PNG: rows of images of 0…1 go in, the bytes of one file come out.

import { encode } from "fast-png";

export interface SheetOptions {
  readonly width: number;
  readonly height: number;
  /** Each pixel is drawn as a square of this side; 3 by default. */
  readonly scale?: number;
  /** Pixels between images, unscaled; 2 by default. */
  readonly gap?: number;
}

/**
 * A PNG of rows of images, each `width · height` numbers from 0 (black) to 1 (white), row by row; what lies outside is clipped.
 *
 * @example sheet([[new Float32Array(784)], [new Float32Array(784)]], { width: 28, height: 28 });
 */
export function sheet(rows: readonly (readonly ArrayLike<number>[])[], { width, height, scale = 3, gap = 2 }: SheetOptions): Uint8Array {
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const across = columns * (width * scale + gap) + gap;
  const down = rows.length * (height * scale + gap) + gap;
  const data = new Uint8Array(across * down).fill(96);
  rows.forEach((row, r) =>
    row.forEach((image, c) => {
      const [left, top] = [gap + c * (width * scale + gap), gap + r * (height * scale + gap)];
      for (let y = 0; y < height * scale; y++) {
        for (let x = 0; x < width * scale; x++) {
          const grey = image[Math.floor(y / scale) * width + Math.floor(x / scale)];
          data[(top + y) * across + left + x] = Math.round(255 * Math.min(1, Math.max(0, grey)));
        }
      }
    }),
  );
  return encode({ width: across, height: down, data, channels: 1, depth: 8 });
}

/** Cuts `[n, …]` numbers, image after image, into lists of `columns` images, as `sheet` takes them. */
export function rowsOf(pixels: Float32Array, size: number, columns: number): Float32Array[][] {
  const images = Array.from({ length: Math.floor(pixels.length / size) }, (_, i) => pixels.subarray(i * size, (i + 1) * size));
  return Array.from({ length: Math.ceil(images.length / columns) }, (_, r) => images.slice(r * columns, (r + 1) * columns));
}
