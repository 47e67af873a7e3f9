// Draws digits: a seed and a count in, 28x28 greyscale images and their labels out. Every image has a random generator of
// its own, seeded by (seed, position), so that a longer run begins with the shorter one; and the arithmetic is only
// + - * / and square roots, which IEEE 754 fixes to the last bit, so that every machine draws the same bytes.

import { glyphs, type Stroke } from "./glyphs.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

export interface DrawnDigits {
  /** `count` images one after another, row by row, 0 black … 255 white. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** A uniform number from [0, 1). */
type Uniform = () => number;

/** The finaliser of MurmurHash3: every bit of the state reaches every bit of the result. */
function mix(state: number): number {
  let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** SplitMix (Steele et al. 2014) in 32 bits: a counter that steps by the golden ratio, hashed. */
function generator(seed: number, stream: number): Uniform {
  let state = mix(mix(seed + 0x9e3779b9) ^ mix(stream + 0x7f4a7c15));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

const between = (uniform: Uniform, low: number, high: number): number => low + (high - low) * uniform();

/** Close to the standard normal: the sum of four uniform numbers, scaled to variance 1; within ±3.47. */
const normal = (uniform: Uniform): number => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);

/** Maps a point of the glyph's box to pixels. */
type Warp = (x: number, y: number) => readonly [number, number];

/** A random affine map (rotation, shear, scale, translation) after a smooth quadratic bending of the box. */
function randomWarp(uniform: Uniform): Warp {
  // t is the tangent of half the angle, so that cosine and sine are rational: up to ±0.3 radians.
  const t = normal(uniform) * 0.05;
  const [cos, sin] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  const height = between(uniform, 15.5, 21.5);
  const width = height * between(uniform, 0.48, 0.88);
  const slant = between(uniform, -0.4, 0.18);
  const [left, top] = [SIDE / 2 + normal(uniform) * 1.1, SIDE / 2 + normal(uniform) * 1.1];
  const bend = [0, 0, 0, 0].map(() => normal(uniform) * 0.16);
  return (x, y) => {
    const [u, v] = [x - 0.5, y - 0.5];
    const bentU = u + bend[0] * (v * v - 0.1) + bend[1] * u * v;
    const bentV = v + bend[2] * (u * u - 0.1) + bend[3] * u * v;
    const [sheared, across] = [bentU * width + slant * bentV * height, bentV * height];
    return [left + cos * sheared - sin * across, top + sin * sheared + cos * across];
  };
}

const STEPS = 7;

/** Points of the Catmull-Rom spline through `stroke`, as x, y pairs; its ends are doubled. */
function spline(stroke: Stroke): number[] {
  const last = stroke.length / 2 - 1;
  const at = (i: number, axis: number): number => stroke[2 * Math.min(Math.max(i, 0), last) + axis];
  const out = [stroke[0], stroke[1]];
  for (let i = 0; i < last; i++) {
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      for (let axis = 0; axis < 2; axis++) {
        const [a, b, c, d] = [at(i - 1, axis), at(i, axis), at(i + 1, axis), at(i + 2, axis)];
        // p(t) = ½ (2b + (c−a) t + (2a−5b+4c−d) t² + (3b−a−3c+d) t³)
        out.push(0.5 * (2 * b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d)))));
      }
    }
  }
  return out;
}

/** Moves every point a little; a corner, which is a point given twice, stays a corner. */
function jitter(stroke: Stroke, amount: number, uniform: Uniform): number[] {
  const moved = [...stroke];
  for (let i = 0; i < stroke.length; i += 2) {
    const corner = i > 0 && stroke[i] === stroke[i - 2] && stroke[i + 1] === stroke[i - 1];
    moved[i] = corner ? moved[i - 2] : stroke[i] + normal(uniform) * amount;
    moved[i + 1] = corner ? moved[i - 1] : stroke[i + 1] + normal(uniform) * amount;
  }
  return moved;
}

interface Pen {
  readonly radius: number;
  /** By how much the radius changes from the start of a stroke to its end. */
  readonly taper: number;
}

/** Raises `ink` (radius minus distance, in pixels) to that of the segment from (ax, ay) to (bx, by). */
function drawSegment(ink: Float64Array, ax: number, ay: number, bx: number, by: number, radius: number): void {
  const reach = radius + 1;
  const [x0, x1] = [Math.max(0, Math.floor(Math.min(ax, bx) - reach)), Math.min(SIDE - 1, Math.ceil(Math.max(ax, bx) + reach))];
  const [y0, y1] = [Math.max(0, Math.floor(Math.min(ay, by) - reach)), Math.min(SIDE - 1, Math.ceil(Math.max(ay, by) + reach))];
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      const [ex, ey] = [px - along * dx, py - along * dy];
      const depth = radius - Math.sqrt(ex * ex + ey * ey);
      const pixel = y * SIDE + x;
      if (depth > ink[pixel]) ink[pixel] = depth;
    }
  }
}

function drawStroke(ink: Float64Array, points: readonly number[], warp: Warp, pen: Pen): void {
  let [x, y] = warp(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) {
    const [nextX, nextY] = warp(points[i], points[i + 1]);
    drawSegment(ink, x, y, nextX, nextY, pen.radius + pen.taper * (i / points.length - 0.5));
    [x, y] = [nextX, nextY];
  }
}

/** Turns depth of ink into grey: a soft edge about a pixel wide, brightness, and noise that is stronger under the ink. */
function expose(ink: Float64Array, image: Uint8Array, uniform: Uniform): void {
  const brightness = between(uniform, 170, 255);
  const softness = between(uniform, 0.9, 1.7);
  const grain = between(uniform, 2, 16);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const cover = Math.min(1, Math.max(0, 0.5 + ink[pixel] / softness));
    const grey = brightness * cover + grain * normal(uniform) * (0.4 + cover);
    image[pixel] = Math.min(255, Math.max(0, Math.round(grey)));
  }
}

function drawDigit(digit: number, image: Uint8Array, ink: Float64Array, uniform: Uniform): void {
  const styles = glyphs[digit];
  const style = styles[Math.floor(uniform() * styles.length)];
  const warp = randomWarp(uniform);
  const pen: Pen = { radius: between(uniform, 0.75, 1.75), taper: between(uniform, -0.7, 0.7) };
  const amount = between(uniform, 0.015, 0.055);
  ink.fill(-SIDE);
  for (const stroke of style) drawStroke(ink, spline(jitter(stroke, amount, uniform)), warp, pen);
  expose(ink, image, uniform);
}

/** The ten digits in a random order (Fisher and Yates), so that each ten images in a row hold every digit once. */
function shuffledDigits(uniform: Uniform): number[] {
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let i = 9; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [digits[i], digits[j]] = [digits[j], digits[i]];
  }
  return digits;
}

/**
 * Draws `count` digits of 28x28 pixels; the same `seed` gives the same bytes on every machine, and a larger `count` only
 * adds images at the end.
 *
 * @example
 * const { images, labels } = drawDigits({ count: 100, seed: 0 }); // Uint8Array of 78,400 and of 100
 */
export function drawDigits({ count, seed }: { readonly count: number; readonly seed: number }): DrawnDigits {
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  const ink = new Float64Array(PIXELS);
  let order: number[] = [];
  for (let i = 0; i < count; i++) {
    // Even streams draw images, odd ones order the digits.
    if (i % 10 === 0) order = shuffledDigits(generator(seed, i + 1));
    labels[i] = order[i % 10];
    drawDigit(labels[i], images.subarray(i * PIXELS, (i + 1) * PIXELS), ink, generator(seed, 2 * i));
  }
  return { images, labels };
}
