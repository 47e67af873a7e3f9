// The drawn digits: the same bytes for the same seed on every machine, balanced classes, and shapes that can be told apart.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { glyphs } from "../../../examples/digits/glyphs.js";
import { drawDigits, PIXELS } from "../../../examples/digits/strokes.js";

/** FNV-1a, 32 bits. */
const fnv = (bytes: Uint8Array): string => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
};

describe("drawDigits", () => {
  test.each([
    { seed: 0, images: "875a5270", labels: "6218d82e" },
    { seed: 7, images: "d6af4998", labels: "5c184090" },
  ])("draws the pinned bytes for seed $seed", ({ seed, images, labels }) => {
    const drawn = drawDigits({ count: 50, seed });
    expect([fnv(drawn.images), fnv(drawn.labels)]).toEqual([images, labels]);
  });

  test("a longer run begins with the shorter one, and is the same each time", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 25 }), fc.nat({ max: 25 }), (seed, count, more) => {
        const short = drawDigits({ count, seed });
        const long = drawDigits({ count: count + more, seed });
        expect(fnv(long.images.subarray(0, count * PIXELS))).toBe(fnv(short.images));
        expect(long.labels.slice(0, count)).toEqual(short.labels);
      }),
      { numRuns: 20 },
    );
  });

  test("no two images of a run, and no two seeds, are alike", () => {
    const hashes = [0, 1, 2].flatMap((seed) => {
      const { images } = drawDigits({ count: 300, seed });
      return Array.from({ length: 300 }, (_, i) => fnv(images.subarray(i * PIXELS, (i + 1) * PIXELS)));
    });
    expect(new Set(hashes).size).toBe(900);
  });

  test("each ten labels in a row are the ten digits, in changing order", () => {
    const { labels } = drawDigits({ count: 200, seed: 3 });
    const tens = Array.from({ length: 20 }, (_, i) => Array.from(labels.subarray(10 * i, 10 * i + 10)));
    for (const ten of tens) expect(ten.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(tens.map(String)).size).toBeGreaterThan(15);
  });

  test("every image has ink, paper, and a centre that is not far off", () => {
    const count = 500;
    const { images } = drawDigits({ count, seed: 5 });
    for (let i = 0; i < count; i++) {
      const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
      const inked = image.reduce((n, grey) => n + (grey > 100 ? 1 : 0), 0);
      expect(inked).toBeGreaterThan(15);
      expect(inked).toBeLessThan(PIXELS * 0.45);
      const mass = image.reduce((total, grey) => total + grey, 0);
      const x = image.reduce((total, grey, pixel) => total + grey * (pixel % 28), 0) / mass;
      expect(Math.abs(x - 13.5)).toBeLessThan(6);
    }
  });

  test("the mean image of the right class is nearer than the nine others for most images, but not for nearly all", () => {
    const { images, labels } = drawDigits({ count: 1500, seed: 11 });
    const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS));
    for (let i = 0; i < 1000; i++) for (let p = 0; p < PIXELS; p++) means[labels[i]][p] += images[i * PIXELS + p] / 100;
    const distance = (i: number, mean: Float64Array): number => mean.reduce((sum, m, p) => sum + (m - images[i * PIXELS + p]) ** 2, 0);
    let hits = 0;
    for (let i = 1000; i < 1500; i++) {
      const distances = means.map((mean) => distance(i, mean));
      if (distances.indexOf(Math.min(...distances)) === labels[i]) hits++;
    }
    expect(hits).toBeGreaterThan(250);
    expect(hits).toBeLessThan(450);
  });
});

test("every digit has several styles, with whole strokes inside the box", () => {
  expect(glyphs).toHaveLength(10);
  for (const styles of glyphs) {
    expect(styles.length).toBeGreaterThanOrEqual(3);
    for (const stroke of styles.flat()) {
      expect(stroke.length % 2).toBe(0);
      expect(stroke.length).toBeGreaterThanOrEqual(4);
      expect(stroke.every((coordinate) => coordinate >= 0 && coordinate <= 1)).toBe(true);
    }
  }
});
