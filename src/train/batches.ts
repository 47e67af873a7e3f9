// Batches of data in memory. The order of epoch e is drawn from `foldIn(key, e)` and from nothing else, so a position in the data
// is a number: the batches after step n are the same in a run that was interrupted there and in one that was not.

import { ConcreteArray, type NDArray, asArray, fromTypedArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { typedArray } from "../core/dtype.js";
import { ConcretizationError, OptionError, ShapeError } from "../core/errors.js";
import { requireOptions } from "../core/options.js";
import { sizeOf } from "../core/shape.js";
import { foldIn, permutation } from "../random/index.js";
import { showPath, treeFlatten, treeUnflatten } from "../tree/index.js";

/** Batches that can be had from any step on: what `fit` needs to go on where a run stopped. */
export interface Loader<Batch> {
  /** Batches in an epoch. */
  readonly perEpoch: number;
  /** The batches of all epochs from this one on, counted from the beginning of the first; without end. */
  from(step: number): Iterable<Batch> | AsyncIterable<Batch>;
}

/** A loader of data in memory, any of whose batches can be had by its place. */
export interface Batches<Batch> extends Loader<Batch> {
  /** Batch `index` of epoch `epoch`, both from 0. */
  at(epoch: number, index: number): Batch;
  /** The batches of one epoch, in order. */
  epoch(epoch: number): Iterable<Batch>;
  from(step: number): Iterable<Batch>;
}

export interface BatchOptions {
  /** Examples in a batch. */
  readonly batchSize: number;
  /** Where the orders come from; without it examples stay as they are given. */
  readonly key?: NDArray;
  /** Leaves out the last examples of an epoch's order where they are fewer than a batch; false by default. */
  readonly dropRemainder?: boolean;
}

function concrete(leaf: NDArray, path: string): ConcreteArray {
  if (leaf instanceof ConcreteArray) return leaf;
  throw new ConcretizationError({
    op: "batches",
    expected: "concrete arrays",
    received: `${leaf.toString()} at ${path}`,
    remedy: "make the batches outside of the transform",
  });
}

/** The number of examples, which all arrays must share. */
function countExamples(leaves: readonly NDArray[], paths: readonly string[]): number {
  if (leaves.length === 0) {
    throw new ShapeError({ op: "batches", expected: "a tree with an array", received: "one without", remedy: "pass the data's arrays" });
  }
  const count = leaves[0].shape[0];
  const odd = leaves.findIndex((leaf) => leaf.ndim === 0 || leaf.shape[0] !== count || count === 0);
  if (odd < 0) return count;
  throw new ShapeError({
    op: "batches",
    expected: `arrays of the same number of examples, at least one, along their first axis: ${showAval(leaves[0].aval)} at ${paths[0]}`,
    received: `${showAval(leaves[odd].aval)} at ${paths[odd]}`,
    remedy: "give every array one row for each example",
  });
}

function checkBatchSize(batchSize: number, count: number, dropRemainder: boolean): void {
  const most = dropRemainder ? count : Infinity;
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= most) return;
  throw new OptionError({
    op: "batches",
    expected: dropRemainder ? `a batchSize from 1 to the number of examples, ${count}` : "a batchSize of at least 1",
    received: String(batchSize),
    remedy: "pass a whole number of examples",
  });
}

/** The rows of these numbers. */
function takeRows({ data, shape, dtype }: ConcreteArray, rows: Uint32Array): NDArray {
  const width = sizeOf(shape.slice(1));
  const taken = typedArray(dtype, rows.length * width);
  if (width === 1) for (let i = 0; i < rows.length; i++) taken[i] = data[rows[i]];
  else rows.forEach((row, i) => taken.set(data.subarray(row * width, (row + 1) * width), i * width));
  return fromTypedArray(taken, [rows.length, ...shape.slice(1)], dtype);
}

function checkPlace(what: string, value: number, end: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value < end) return;
  const expected = end === Infinity ? `${what} from 0` : `${what} from 0 to ${end - 1}`;
  throw new OptionError({ op: "batches", expected, received: String(value), remedy: "count from 0" });
}

/**
 * Cuts data into batches: a tree of arrays that have one row for each example becomes trees of the same structure with
 * `batchSize` rows. With a key, the order of epoch e is drawn from `random.foldIn(key, e)`. The last batch of an epoch is smaller
 * where the examples do not come out even (a jitted step is then traced twice), unless `dropRemainder` is set.
 *
 * @throws ShapeError unless all arrays have the same number of rows; OptionError for a batch size that is none.
 * @example
 * const data = train.batches({ x: np.ones([10, 3]), y: np.zeros([10]) }, { batchSize: 4, key: random.key(0) });
 * data.perEpoch; // 3
 * for (const { x, y } of data.epoch(0)) console.log(x.shape, y.shape);
 */
export function batches<Data>(data: Data, options: BatchOptions): Batches<Data>;
export function batches(data: unknown, options: BatchOptions): Batches<unknown> {
  requireOptions("batches", options, ["batchSize", "key", "dropRemainder"]);
  const { batchSize, key, dropRemainder = false } = options;
  const { leaves, structure } = treeFlatten(data, { op: "batches" });
  const paths = structure.paths().map((path) => showPath(path, "data"));
  const arrays = leaves.map((leaf, i) => concrete(asArray(leaf, "batches"), paths[i]));
  const count = countExamples(arrays, paths);
  checkBatchSize(batchSize, count, dropRemainder);
  const perEpoch = dropRemainder ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);

  let latest: { readonly epoch: number; readonly order: Uint32Array } | undefined;
  const orderOf = (epoch: number): Uint32Array => {
    if (latest?.epoch === epoch) return latest.order;
    const order = key === undefined ? Uint32Array.from({ length: count }, (_, i) => i) : shuffled(key, epoch, count);
    latest = { epoch, order };
    return order;
  };
  const at = (epoch: number, index: number): unknown => {
    checkPlace("an epoch", epoch, Infinity);
    checkPlace("a batch of the epoch", index, perEpoch);
    const rows = orderOf(epoch).subarray(index * batchSize, (index + 1) * batchSize);
    return treeUnflatten(
      structure,
      arrays.map((array) => takeRows(array, rows)),
    );
  };
  function* from(step: number, end = Infinity): Generator<unknown> {
    for (let i = step; i < end; i++) yield at(Math.floor(i / perEpoch), i % perEpoch);
  }
  return {
    perEpoch,
    at,
    epoch: (epoch) => {
      checkPlace("an epoch", epoch, Infinity);
      return from(epoch * perEpoch, (epoch + 1) * perEpoch);
    },
    from: (step) => {
      checkPlace("a step", step, Infinity);
      return from(step);
    },
  };
}

const shuffled = (key: NDArray, epoch: number, count: number): Uint32Array =>
  Uint32Array.from(permutation(foldIn(key, epoch), count).toTypedArray());
