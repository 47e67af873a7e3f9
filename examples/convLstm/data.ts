// Films of moving digits: a pool of drawn glyphs and a key go in, films come out, in which digits fly straight ahead and bounce off
// the walls. Pure and traced, so that films can be drawn inside of a compiled step; places lie between pixels too.

import { type NDArray, numpy as np, random, vmap } from "cotangent";
import { drawDigits } from "../digits/strokes.js";

export const SIDE = 24;
const GLYPH = 14;
/** In a film; Moving MNIST has two, which take several times the steps to learn. */
const DIGITS = 1;

/** `[count, 14, 14]` handwritten digits from 0 to 1: each pixel is the brightest of four of a drawn one. */
export function drawGlyphs(count: number, seed: number): NDArray {
  const { images } = drawDigits({ count, seed });
  return np
    .array(Float32Array.from(images, (grey) => grey / 255))
    .reshape([count, GLYPH, 2, GLYPH, 2])
    .max([2, 4]);
}

/** `[SIDE, GLYPH]`: moves a line of a glyph's pixels to place p, which may lie between pixels. */
function shift(p: NDArray): NDArray {
  const [to, from] = [np.arange(SIDE, { dtype: "float32" }), np.arange(GLYPH, { dtype: "float32" })];
  const distance = np.expandDims(to, 1).sub(from.add(p)).abs();
  return np.maximum(np.subtract(1, distance), 0);
}

/** A film `[frames, SIDE, SIDE]`. Walls reflect a straight path p + v t: it is folded like a triangle wave of the room's width. */
function drawFilm(key: NDArray, glyphs: NDArray, frames: number): NDArray {
  const [forGlyphs, forPlaces, forSpeed, forAngle] = random.splitKeys(key, 4);
  const chosen = np.take(glyphs, random.randint(forGlyphs, [DIGITS], 0, glyphs.shape[0]), 0);
  const room = SIDE - GLYPH;
  const start = random.uniform(forPlaces, [DIGITS, 2]).mul(room);
  const speed = random.uniform(forSpeed, [DIGITS], { minval: 1, maxval: 2.5 });
  const angle = random.uniform(forAngle, [DIGITS]).mul(2 * Math.PI);
  const velocity = np.stack([speed.mul(np.cos(angle)), speed.mul(np.sin(angle))], 1);
  const at = (t: NDArray): NDArray => {
    const folded = np.mod(start.add(velocity.mul(t)), 2 * room);
    return np.minimum(folded, np.subtract(2 * room, folded));
  };
  const place = (glyph: NDArray, p: NDArray): NDArray =>
    shift(p.at(0).get())
      .matmul(glyph)
      .matmul(shift(p.at(1).get()).transpose());
  const frame = (t: NDArray): NDArray => vmap(place)(chosen, at(t)).max(0);
  return vmap(frame)(np.arange(frames, { dtype: "float32" }));
}

/** `count` films `[frames, count, SIDE, SIDE]`, time first. */
export const drawFilms = (key: NDArray, glyphs: NDArray, count: number, frames: number): NDArray =>
  vmap((k: NDArray) => drawFilm(k, glyphs, frames), { outAxes: 1 })(random.split(key, count));
