// Where the digits come from: drawn, or read from folders of IDX files that may be wrong in every way.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Digits, loadDigits, type Request } from "../../../examples/digits/data.js";
import { drawDigits, PIXELS } from "../../../examples/digits/strokes.js";
import { DataError } from "../../../src/core/errors.js";
import { encodeIdx } from "../../../src/io/index.js";

const load = async (request: Request): Promise<Digits> => {
  const result = await loadDigits(request)();
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

const refusal = async (request: Request): Promise<string> => {
  const result = await loadDigits(request)();
  if (E.isRight(result)) throw new Error("the data was accepted");
  expect(result.left).toBeInstanceOf(DataError);
  return result.left.message.split("\n  ").slice(0, 2).join(" ");
};

test("draws digits without a folder, and says so", async () => {
  const digits = await load({ train: 30, test: 10, seed: 4 });
  const { images, labels } = drawDigits({ count: 40, seed: 4 });
  expect(Array.from(digits.train.images)).toEqual(Array.from(images.subarray(0, 30 * PIXELS), (grey) => Math.fround(grey / 255)));
  expect(digits.train.labels).toEqual(labels.slice(0, 30));
  expect(digits.test.labels).toEqual(labels.slice(30));
  expect(digits.test.images).toHaveLength(10 * PIXELS);
  expect(digits.source).toBe(
    "Digits: 30 for training and 10 held out, drawn by this example with seed 4 (pass --data DIR to read IDX files instead).",
  );
});

/** `count` images whose pixels are all the image's position plus `offset`, and labels that count up. */
const imagesFile = (count: number, offset = 0): Uint8Array =>
  encodeIdx({
    dtype: "uint8",
    shape: [count, 28, 28],
    data: Uint8Array.from({ length: count * PIXELS }, (_, i) => offset + Math.floor(i / PIXELS)),
  });
const labelsFile = (labels: readonly number[]): Uint8Array =>
  encodeIdx({ dtype: "uint8", shape: [labels.length], data: Uint8Array.from(labels) });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i % 10);

describe("with a folder", () => {
  let root = "";
  let made = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "cotangent-digits-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const folder = async (files: Record<string, Uint8Array>): Promise<string> => {
    const path = join(root, String(made++));
    await mkdir(path);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
    return path;
  };

  test("takes the first images of the t10k files for training and the next for testing", async () => {
    const data = await folder({ "t10k-images-idx3-ubyte": imagesFile(20), "t10k-labels-idx1-ubyte.gz": gzipSync(labelsFile(upTo(20))) });
    const digits = await load({ data, train: 12, test: 5, seed: 0 });
    expect(Array.from(digits.train.labels)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect(Array.from(digits.test.labels)).toEqual([2, 3, 4, 5, 6]);
    expect(digits.train.images).toHaveLength(12 * PIXELS);
    expect(digits.test.images[4 * PIXELS + 3]).toBe(Math.fround(16 / 255));
    expect(digits.source).toBe(`Digits: 12 for training and 5 held out, read from t10k-images-idx3-ubyte in ${data}.`);
  });

  test("takes training images from the train files when there are both", async () => {
    const data = await folder({
      "train-images-idx3-ubyte.gz": gzipSync(imagesFile(6, 100)),
      "train-labels-idx1-ubyte": labelsFile([9, 8, 7, 6, 5, 4]),
      "t10k-images-idx3-ubyte": imagesFile(4),
      "t10k-labels-idx1-ubyte": labelsFile([0, 1, 2, 3]),
    });
    const digits = await load({ data, train: 6, test: 4, seed: 0 });
    expect(Array.from(digits.train.labels)).toEqual([9, 8, 7, 6, 5, 4]);
    expect(Array.from(digits.test.labels)).toEqual([0, 1, 2, 3]);
    expect(digits.train.images[PIXELS]).toBe(Math.fround(101 / 255));
    expect(digits.source).toContain("read from train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte in");
  });

  test("refuses fewer labels than images", async () => {
    const data = await folder({ "t10k-images-idx3-ubyte": imagesFile(5), "t10k-labels-idx1-ubyte": labelsFile([1, 2, 3]) });
    expect(await refusal({ data, train: 1, test: 1, seed: 0 })).toBe(
      `loadDigits: expected as many labels as images, got 5 images in ${join(data, "t10k-images-idx3-ubyte")} and 3 labels in ` +
        `${join(data, "t10k-labels-idx1-ubyte")}. pass the labels that belong to the images.`,
    );
  });

  test("refuses labels that are not digits", async () => {
    const data = await folder({ "t10k-images-idx3-ubyte": imagesFile(3), "t10k-labels-idx1-ubyte": labelsFile([1, 12, 3]) });
    expect(await refusal({ data, train: 1, test: 1, seed: 0 })).toBe(
      `loadDigits: expected labels from 0 to 9, got label 12 at position 1 of ${join(data, "t10k-labels-idx1-ubyte")}. pass labels of digits.`,
    );
  });

  test("refuses images of another size, and files that are exchanged", async () => {
    const small = encodeIdx({ dtype: "uint8", shape: [2, 8, 8], data: new Uint8Array(128) });
    const first = await folder({ "t10k-images-idx3-ubyte": small, "t10k-labels-idx1-ubyte": labelsFile([1, 2]) });
    expect(await refusal({ data: first, train: 1, test: 1, seed: 0 })).toBe(
      `loadDigits: expected uint8 images of shape [n,28,28], got uint8[2,8,8] in ${join(first, "t10k-images-idx3-ubyte")}. ` +
        "pass images of 28x28 pixels, such as MNIST's.",
    );
    const second = await folder({ "t10k-images-idx3-ubyte": imagesFile(2), "t10k-labels-idx1-ubyte": imagesFile(2) });
    expect(await refusal({ data: second, train: 1, test: 1, seed: 0 })).toContain(
      "expected uint8 labels of shape [n], got uint8[2,28,28] in",
    );
  });

  test("refuses more images than there are", async () => {
    const data = await folder({ "t10k-images-idx3-ubyte": imagesFile(9), "t10k-labels-idx1-ubyte": labelsFile(upTo(9)) });
    expect(await refusal({ data, train: 10, test: 1, seed: 0 })).toBe(
      "loadDigits: expected at most 9 images, got 10 training images. ask for fewer with --train and --test.",
    );
    expect(await refusal({ data, train: 6, test: 4, seed: 0 })).toBe(
      "loadDigits: expected at most 9 images, got 4 held-out images after 6 for training. ask for fewer with --train and --test.",
    );
  });

  test("refuses a damaged file, with the reader's message", async () => {
    const data = await folder({
      "t10k-images-idx3-ubyte": imagesFile(9).subarray(0, 3000),
      "t10k-labels-idx1-ubyte": labelsFile(upTo(9)),
    });
    expect(await refusal({ data, train: 1, test: 1, seed: 0 })).toContain(
      "readIdx: expected 7072 bytes, for 1-byte elements of shape [9,28,28], got 3000 bytes in",
    );
  });

  test("refuses folders without the files, and folders that do not exist", async () => {
    const other = await folder({ "notes.txt": new Uint8Array(1) });
    expect(await refusal({ data: other, train: 1, test: 1, seed: 0 })).toBe(
      `loadDigits: expected t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without .gz, in ${other}, got notes.txt. ` +
        "pass the folder that holds MNIST's files.",
    );
    expect(await refusal({ data: await folder({}), train: 1, test: 1, seed: 0 })).toContain("got an empty folder.");
    expect(await refusal({ data: join(root, "nowhere"), train: 1, test: 1, seed: 0 })).toMatch(
      /^loadDigits: expected a folder of IDX files, got ENOENT.* check the path given to --data\.$/,
    );
  });
});

const mnist = join(import.meta.dirname, "../../../../shared/data/mnist");
const present = existsSync(join(mnist, "t10k-images-idx3-ubyte.gz"));
if (!present) console.log("MNIST is not in ../shared/data/mnist: its test is skipped");

test.skipIf(!present)("loads MNIST's first 8,000 test images for training and the last 2,000 for testing", async () => {
  const digits = await load({ data: mnist, train: 8000, test: 2000, seed: 0 });
  expect(Array.from(digits.train.labels.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
  expect(digits.test.labels).toHaveLength(2000);
  expect(digits.test.images.reduce((a, b) => Math.max(a, b), 0)).toBe(1);
  const more = { data: mnist, train: 8000, test: 2001, seed: 0 };
  expect(await refusal(more)).toContain("expected at most 10,000 images, got 2,001 held-out images after 8,000 for training");
});
