// Where the digits come from: a folder of IDX files, or the example's own pen. Out come a training and a held-out part,
// pixels as float32 from 0 to 1; no image is in both. Whatever is wrong with the files is a DataError, never a throw.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { readIdx, type IdxArray } from "cotangent/io";
import { DataError } from "cotangent";
import { drawDigits, PIXELS, SIDE } from "./strokes.js";

export interface LabelledImages {
  /** 784 pixels an image, row by row, from 0 (paper) to 1 (ink). */
  readonly images: Float32Array;
  /** One digit, 0 … 9, an image. */
  readonly labels: Uint8Array;
}

export interface Digits {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** A sentence that says whether the digits are drawn by the example or read from a folder. */
  readonly source: string;
}

export interface Request {
  /** A folder of IDX files; without it the digits are drawn. */
  readonly data?: string | undefined;
  readonly train: number;
  readonly test: number;
  readonly seed: number;
}

interface Bytes {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

const IMAGES = "images-idx3-ubyte";
const LABELS = "labels-idx1-ubyte";
const show = (n: number): string => n.toLocaleString("en-US");

const problem = (expected: string, received: string, remedy: string): DataError =>
  new DataError({ op: "loadDigits", expected, received, remedy });

const slice = ({ images, labels }: Bytes, start: number, count: number): LabelledImages => ({
  images: Float32Array.from(images.subarray(start * PIXELS, (start + count) * PIXELS), (grey) => grey / 255),
  labels: labels.slice(start, start + count),
});

function draw({ train, test, seed }: Request): Digits {
  const drawn = drawDigits({ count: train + test, seed });
  const source =
    `Digits: ${show(train)} for training and ${show(test)} held out, drawn by this example with seed ${seed}` +
    " (pass --data DIR to read IDX files instead).";
  return { train: slice(drawn, 0, train), test: slice(drawn, train, test), source };
}

function checkImages({ dtype, shape, data }: IdxArray, path: string): E.Either<DataError, Uint8Array> {
  if (data instanceof Uint8Array && shape.length === 3 && shape[1] === SIDE && shape[2] === SIDE) return E.right(data);
  const received = `${dtype}[${shape.join(",")}] in ${path}`;
  return E.left(problem(`uint8 images of shape [n,${SIDE},${SIDE}]`, received, "pass images of 28x28 pixels, such as MNIST's"));
}

function checkLabels({ dtype, shape, data }: IdxArray, path: string): E.Either<DataError, Uint8Array> {
  if (!(data instanceof Uint8Array) || shape.length !== 1) {
    return E.left(
      problem("uint8 labels of shape [n]", `${dtype}[${shape.join(",")}] in ${path}`, "pass the labels that belong to the images"),
    );
  }
  const wrong = data.findIndex((label) => label > 9);
  if (wrong < 0) return E.right(data);
  return E.left(problem("labels from 0 to 9", `label ${data[wrong]} at position ${wrong} of ${path}`, "pass labels of digits"));
}

/** The files of a part of the data. */
interface PartNames {
  readonly images: string;
  readonly labels: string;
}

/** Reads a part's images and labels, and checks that they belong together. */
function readPart(folder: string, names: PartNames): TE.TaskEither<DataError, Bytes> {
  const [imagesPath, labelsPath] = [join(folder, names.images), join(folder, names.labels)];
  return pipe(
    TE.Do,
    TE.bind("images", () =>
      pipe(
        readIdx(imagesPath),
        TE.chainEitherK((array) => checkImages(array, imagesPath)),
      ),
    ),
    TE.bind("labels", () =>
      pipe(
        readIdx(labelsPath),
        TE.chainEitherK((array) => checkLabels(array, labelsPath)),
      ),
    ),
    TE.filterOrElse(
      ({ images, labels }) => images.length === labels.length * PIXELS,
      ({ images, labels }) =>
        problem(
          "as many labels as images",
          `${show(images.length / PIXELS)} images in ${imagesPath} and ${show(labels.length)} labels in ${labelsPath}`,
          "pass the labels that belong to the images",
        ),
    ),
  );
}

/** The names of a part's two files among `entries`, gzipped or not; `undefined` unless both are there. */
function findPart(entries: readonly string[], prefix: string): PartNames | undefined {
  const find = (name: string): string | undefined => [name, `${name}.gz`].find((candidate) => entries.includes(candidate));
  const [images, labels] = [find(prefix + IMAGES), find(prefix + LABELS)];
  return images === undefined || labels === undefined ? undefined : { images, labels };
}

/** Images `start … start + count - 1` of a part, refused when there are not as many. */
function take(part: Bytes, start: number, count: number, what: string): E.Either<DataError, LabelledImages> {
  const available = part.labels.length;
  if (start + count <= available) return E.right(slice(part, start, count));
  const asked = start === 0 ? "" : ` after ${show(start)} for training`;
  return E.left(problem(`at most ${show(available)} images`, `${show(count)} ${what}${asked}`, "ask for fewer with --train and --test"));
}

const listFolder = (folder: string): TE.TaskEither<DataError, string[]> =>
  TE.tryCatch(
    () => readdir(folder),
    (error) => problem("a folder of IDX files", error instanceof Error ? error.message : String(error), "check the path given to --data"),
  );

function readFolder(folder: string, { train, test }: Request): TE.TaskEither<DataError, Digits> {
  const held = `${show(train)} for training and ${show(test)} held out`;
  /** Training images come from the first part, held-out ones from the second, beginning at `start`. */
  const divide = (first: Bytes, second: Bytes, start: number, source: string): E.Either<DataError, Digits> =>
    pipe(
      E.Do,
      E.bind("train", () => take(first, 0, train, "training images")),
      E.bind("test", () => take(second, start, test, "held-out images")),
      E.map((parts) => ({ ...parts, source })),
    );
  return pipe(
    listFolder(folder),
    TE.chain((entries) => {
      const [trainPart, testPart] = [findPart(entries, "train-"), findPart(entries, "t10k-")];
      if (testPart === undefined) {
        const expected = `t10k-${IMAGES} and t10k-${LABELS}, each with or without .gz, in ${folder}`;
        const received = entries.length === 0 ? "an empty folder" : entries.slice(0, 8).join(", ") + (entries.length > 8 ? ", …" : "");
        return TE.left(problem(expected, received, "pass the folder that holds MNIST's files"));
      }
      return pipe(
        readPart(folder, testPart),
        TE.chain((second) =>
          trainPart === undefined
            ? TE.fromEither(divide(second, second, train, `Digits: ${held}, read from ${testPart.images} in ${folder}.`))
            : pipe(
                readPart(folder, trainPart),
                TE.chainEitherK((first) =>
                  divide(first, second, 0, `Digits: ${held}, read from ${trainPart.images} and ${testPart.images} in ${folder}.`),
                ),
              ),
        ),
      );
    }),
  );
}

/**
 * Loads `train` digits to learn from and `test` held-out ones.
 *
 * With `data`, they are read from that folder's IDX files, gzipped or not, under MNIST's names: from the `train-` and the
 * `t10k-` files when there are both, else the first `train` and the next `test` images of the `t10k-` files. Without it,
 * they are drawn from `seed`. Gives a `DataError` for files that are missing, damaged, or do not belong together, and for
 * more images than there are.
 *
 * @example
 * const digits = await loadDigits({ train: 800, test: 200, seed: 0 })(); // Either<DataError, Digits>
 */
export const loadDigits = (request: Request): TE.TaskEither<DataError, Digits> =>
  request.data === undefined ? TE.fromIO(() => draw(request)) : readFolder(request.data, request);
