// A picture of a digit, made fit for a network that has learnt from MNIST's: grey, light ink on dark paper, scaled to 20 pixels and
// placed by its centre of mass in 28 x 28 (LeCun et al., Gradient-based learning applied to document recognition, 1998, section III.A).

import { readFile } from "node:fs/promises";
import { DataError } from "cotangent";
import { decode, type DecodedPng } from "fast-png";
import * as TE from "fp-ts/lib/TaskEither.js";

const SIDE = 28;
const BOX = 20;

export interface Grey {
  readonly width: number;
  readonly height: number;
  /** Row by row, ink near 1 and paper near 0. */
  readonly pixels: Float32Array;
}

/** One number a pixel: the mean of red, green and blue, over white where the picture is transparent. */
function greyOf({ width, height, data, channels, depth, palette }: DecodedPng): Grey {
  if (palette !== undefined || depth < 8) throw new Error("colours from a palette, or less than 8 bits a sample");
  const top = 2 ** depth - 1;
  const colours = channels >= 3 ? 3 : 1;
  const pixels = Float32Array.from({ length: width * height }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < colours; c++) sum += data[i * channels + c] / top;
    const opacity = channels === 2 || channels === 4 ? data[(i + 1) * channels - 1] / top : 1;
    return (sum / colours) * opacity + 1 - opacity;
  });
  return { width, height, pixels };
}

/** Inverts a picture whose border is light. */
function inkOnDark({ width, height, pixels }: Grey): Grey {
  const border = Array.from(pixels).filter((_, i) => i % width === 0 || i % width === width - 1 || i < width || i >= width * (height - 1));
  const light = border.reduce((sum, grey) => sum + grey, 0) / border.length > 0.5;
  return { width, height, pixels: light ? pixels.map((grey) => 1 - grey) : pixels };
}

/** The part that has ink: above the middle between the lightest and the darkest. */
function crop({ width, height, pixels }: Grey): Grey {
  const [low, high] = pixels.reduce(([a, b], grey) => [Math.min(a, grey), Math.max(b, grey)], [Infinity, -Infinity]);
  if (high - low < 0.1) throw new Error("a picture without contrast");
  const inked = Array.from(pixels.keys()).filter((i) => pixels[i] > low + 0.3 * (high - low));
  const [columns, rows] = [inked.map((i) => i % width), inked.map((i) => Math.floor(i / width))];
  const edges = (places: readonly number[]): [number, number] =>
    places.reduce(([a, b], p) => [Math.min(a, p), Math.max(b, p)], [width + height, 0]);
  const [[left, right], [top, bottom]] = [edges(columns), edges(rows)];
  const across = right - left + 1;
  const part = Float32Array.from({ length: across * (bottom - top + 1) }, (_, i) => {
    const grey = pixels[(top + Math.floor(i / across)) * width + left + (i % across)];
    return (grey - low) / (high - low);
  });
  return { width: across, height: bottom - top + 1, pixels: part };
}

/** Means over the area that each new pixel covers, taken at 4 x 4 places within it. */
function resize({ width, height, pixels }: Grey, across: number, down: number): Grey {
  const FINE = 4;
  const resized = Float32Array.from({ length: across * down }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < FINE * FINE; k++) {
      const x = (((i % across) + ((k % FINE) + 0.5) / FINE) * width) / across;
      const y = ((Math.floor(i / across) + (Math.floor(k / FINE) + 0.5) / FINE) * height) / down;
      sum += pixels[Math.floor(y) * width + Math.floor(x)];
    }
    return sum / (FINE * FINE);
  });
  return { width: across, height: down, pixels: resized };
}

/** Into 28 x 28, so that the centre of mass is in the middle as far as all of it stays inside. */
function centre({ width, height, pixels }: Grey): Float32Array {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((grey, i) => {
    mass += grey;
    x += grey * ((i % width) + 0.5);
    y += grey * (Math.floor(i / width) + 0.5);
  });
  const place = (middle: number, size: number): number => Math.min(SIDE - size, Math.max(0, Math.round(SIDE / 2 - middle)));
  const [left, top] = [place(x / mass, width), place(y / mass, height)];
  const out = new Float32Array(SIDE * SIDE);
  pixels.forEach((grey, i) => (out[(top + Math.floor(i / width)) * SIDE + left + (i % width)] = grey));
  return out;
}

/** A picture of any size as 784 pixels. */
export function normalise(picture: Grey): Float32Array {
  const part = crop(inkOnDark(picture));
  const scale = BOX / Math.max(part.width, part.height);
  const size = (n: number): number => Math.max(1, Math.round(n * scale));
  return centre(resize(part, size(part.width), size(part.height)));
}

/** The 784 pixels of a digit in the bytes of a PNG. */
export const digitOf = (png: Uint8Array): Float32Array => normalise(greyOf(decode(png)));

/** The same of a file; a `DataError` for a file that cannot be read, is no PNG, or shows nothing. */
export const readDigit = (path: string): TE.TaskEither<DataError, Float32Array> =>
  TE.tryCatch(
    async () => digitOf(await readFile(path)),
    (error) =>
      new DataError({
        op: "readDigit",
        expected: `a PNG of a digit at ${path}`,
        received: error instanceof Error ? error.message : String(error),
        remedy: "pass a grey or coloured PNG with one digit on plain paper",
      }),
  );
