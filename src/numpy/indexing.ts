// NumPy's indices, understood. Enters a list of indices and the type of the array, leaves a plan: what the basic indices
// select (a region, then axes removed and added), and the axes of that selection which index arrays run over.
// The plan is made without looking at any array but concrete masks.

import { ConcreteArray, NDArray, fromTypedArray } from "../core/array.js";
import { type Aval, showAval } from "../core/aval.js";
import { ConcretizationError, IndexError, TypeMismatchError } from "../core/errors.js";
import { type Shape, broadcastShapes, sameShape, showShape, stridesOf } from "../core/shape.js";
import { type OutOfRange, fromFront, integerIndices, outOfRange } from "./bounds.js";
import { type NestedIndices, arrayOfList, isList } from "./lists.js";
import type { Region } from "./region.js";
import { type Run, Slice, runOf, wholeRun } from "./slices.js";

/**
 * What may stand for an axis in `x.at(…)`: an integer, a slice, `null` for a new axis, `"..."` for all axes that the other
 * indices leave, lists or arrays of integers, and masks, which stand for as many axes as they have.
 */
export type Index = number | null | "..." | Slice | NDArray | NestedIndices;

/** Index arrays, with the axis that each runs over. */
export interface IndexedAxis {
  readonly axis: number;
  readonly index: NDArray;
}

/** What a list of indices selects. */
export interface IndexPlan {
  /** What the integers and slices take of each axis. */
  readonly region: Region;
  /** Axes of the region that integers took, and that go. */
  readonly removed: readonly number[];
  /** Axes of size 1 that come, numbered in the result of the basic indices (the view). */
  readonly added: readonly number[];
  /** The axes of the view that index arrays run over. */
  readonly indexed: readonly IndexedAxis[];
  /** The shape that the index arrays have together, and where it stands in the result. */
  readonly together: Shape;
  readonly position: number;
  /** Whether no two indices can be the same place. */
  readonly unique: boolean;
}

/** One index, with the axes that it stands for. */
type Entry =
  | { readonly tag: "new" }
  | { readonly tag: "ellipsis"; readonly count: number }
  | { readonly tag: "run"; readonly slice: Slice }
  | { readonly tag: "integer"; readonly index: number }
  | { readonly tag: "array"; readonly index: NDArray }
  | { readonly tag: "mask"; readonly mask: NDArray };

function entryOf(op: string, index: Index): Entry {
  if (typeof index === "number" && Number.isInteger(index)) return { tag: "integer", index };
  if (index === null) return { tag: "new" };
  if (index === "...") return { tag: "ellipsis", count: 0 };
  if (index instanceof Slice) return { tag: "run", slice: index };
  if (index instanceof NDArray || isList(index)) {
    const array = index instanceof NDArray ? index : arrayOfList(op, index);
    return array.dtype === "bool" ? { tag: "mask", mask: array } : { tag: "array", index: integerIndices(op, array) };
  }
  throw new TypeMismatchError({
    op,
    expected: `an integer, np.slice(…), null, "...", a list of integers, or an array of integers or bool`,
    received: typeof index === "object" ? "another object" : `${typeof index} ${String(index)}`,
    remedy: "index each axis by one of these",
  });
}

const axesOf = (entry: Entry): number =>
  entry.tag === "new" ? 0 : entry.tag === "ellipsis" ? entry.count : entry.tag === "mask" ? entry.mask.ndim : 1;

/** The indices with the ellipsis counted, one at the end if none was given. */
function completed(op: string, x: Aval, indices: readonly Index[]): Entry[] {
  const given = indices.map((index) => entryOf(op, index));
  const used = given.reduce((sum, entry) => sum + axesOf(entry), 0);
  const ellipses = given.filter(({ tag }) => tag === "ellipsis").length;
  if (used > x.shape.length || ellipses > 1) {
    throw new IndexError({
      op,
      expected: ellipses > 1 ? `at most one "..."` : `indices for at most ${x.shape.length} axes, as many as ${showAval(x)} has`,
      received: ellipses > 1 ? String(ellipses) : `indices for ${used}`,
      remedy: ellipses > 1 ? "write np.slice() for the other axes" : "remove the surplus indices",
    });
  }
  const rest: Entry = { tag: "ellipsis", count: x.shape.length - used };
  return ellipses === 0 ? [...given, rest] : given.map((entry) => (entry.tag === "ellipsis" ? rest : entry));
}

/** Where a mask is true: an array of indices for each of its axes. */
export function placesOf(mask: ConcreteArray): NDArray[] {
  const places: number[] = [];
  const { data } = mask;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) places.push(i);
  return stridesOf(mask.shape).map((stride, axis) => {
    const along = Int32Array.from(places, (place) => Math.floor(place / stride) % mask.shape[axis]);
    return fromTypedArray(along, [places.length], "int32");
  });
}

function checkMask(op: string, mask: NDArray, x: Aval, axis: number): void {
  if (sameShape(mask.shape, x.shape.slice(axis, axis + mask.ndim))) return;
  throw new IndexError({
    op,
    expected: `a mask of the shape of the axes that it stands for, ${showShape(x.shape.slice(axis, axis + mask.ndim))} of ${showAval(x)} from axis ${axis}`,
    received: showAval(mask.aval),
    remedy: "make the mask by comparing the array itself, or broadcast it first",
  });
}

/** The index arrays that a mask stands for. */
function arraysOfMask(op: string, mask: NDArray): Entry[] {
  if (mask instanceof ConcreteArray && mask.ndim > 0) return placesOf(mask).map((index) => ({ tag: "array", index }));
  if (mask.ndim === 0) {
    throw new TypeMismatchError({
      op,
      expected: "a mask with at least one axis",
      received: showAval(mask.aval),
      remedy: "use np.where(condition, a, b) for a choice",
    });
  }
  throw new ConcretizationError({
    op,
    expected: "a mask whose elements are known, because the shape of what it selects depends on them",
    received: mask.toString(),
    remedy: "use np.where(mask, x, otherwise), which keeps the shape, or np.nonzero(mask, { size }) for a shape known in advance",
  });
}

/** Masks replaced by index arrays. */
function withoutMasks(op: string, x: Aval, entries: readonly Entry[]): Entry[] {
  let axis = 0;
  return entries.flatMap((entry) => {
    const at = axis;
    axis += axesOf(entry);
    if (entry.tag !== "mask") return [entry];
    checkMask(op, entry.mask, x, at);
    return arraysOfMask(op, entry.mask);
  });
}

/** An integer counted from the front, or, where it is out of range and to be filled, as an index array of no axes. */
function integerEntry(op: string, index: number, axis: number, size: number, mode: OutOfRange | undefined): number | NDArray {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  if (mode === undefined || (size === 0 && mode !== "fill")) throw outOfRange(op, index, axis, size);
  if (mode === "wrap") return ((index % size) + size) % size;
  if (mode === "clip") return index < 0 ? 0 : size - 1;
  // Out of range, and as an int32, wherever it was.
  return integerIndices(op, size);
}

/**
 * NumPy's place of the axes that index arrays have together: where the first stands if all of them are neighbours, else at
 * the front. Integers count among them; "...", new axes and slices stand between.
 */
function positionOf(entries: readonly Entry[], advanced: (entry: Entry) => boolean): number {
  const first = entries.findIndex(advanced);
  const last = entries.findLastIndex(advanced);
  if (first < 0 || !entries.slice(first, last).every(advanced)) return 0;
  return entries.slice(0, first).reduce((sum, entry) => sum + (entry.tag === "new" ? 1 : axesOf(entry)), 0);
}

/** Past this many index vectors nothing is counted. */
const COUNTED = 4096;

/** Whether index arrays that are known name no place twice. */
function areUnique(indexed: readonly IndexedAxis[], together: Shape): boolean {
  const count = together.reduce((product, n) => product * n, 1);
  if (count <= 1) return true;
  const single = indexed.every(({ index }) => index instanceof ConcreteArray && sameShape(index.shape, together));
  if (!single || count > COUNTED) return false;
  const columns = indexed.map(({ index }) => index.toTypedArray());
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add(columns.map((column) => column[i]).join());
  return seen.size === count;
}

/** Collects a plan, axis by axis: `region` counts the axes of the array, `view` those of what the basic indices select. */
class Planner {
  readonly region: Run[] = [];
  readonly removed: number[] = [];
  readonly added: number[] = [];
  readonly indexed: IndexedAxis[] = [];
  #view = 0;

  constructor(
    readonly op: string,
    readonly shape: Shape,
    readonly mode: OutOfRange | undefined,
  ) {}

  take(entry: Entry): void {
    if (entry.tag === "new") this.added.push(this.#view++);
    else if (entry.tag === "array") this.#array(entry.index);
    else if (entry.tag === "integer") this.#integer(entry.index);
    else if (entry.tag === "run") this.#run(runOf(entry.slice, this.#size()));
    else for (let k = axesOf(entry); k > 0; k--) this.#run(wholeRun(this.#size()));
  }

  #size(): number {
    return this.shape[this.region.length];
  }

  #run(run: Run): void {
    this.region.push(run);
    this.#view++;
  }

  #array(index: NDArray): void {
    const { op, mode } = this;
    this.indexed.push({ axis: this.#view, index: fromFront(index, { op, axis: this.region.length, size: this.#size(), mode }) });
    this.#run(wholeRun(this.#size()));
  }

  #integer(index: number): void {
    const axis = this.region.length;
    const at = integerEntry(this.op, index, axis, this.#size(), this.mode);
    if (typeof at !== "number") return this.#array(at);
    this.removed.push(axis);
    this.region.push({ start: at, count: 1, step: 1 });
  }
}

/**
 * The plan of the indices for an array of type `x`.
 *
 * @throws IndexError for too many indices, masks that do not fit, and known indices out of range unless `mode` is given;
 * TypeMismatchError for what is no index; ConcretizationError for traced masks.
 */
export function planIndices(op: string, x: Aval, indices: readonly Index[], mode?: OutOfRange): IndexPlan {
  const entries = withoutMasks(op, x, completed(op, x, indices));
  const planner = new Planner(op, x.shape, mode);
  for (const entry of entries) planner.take(entry);
  const { region, removed, added, indexed } = planner;
  const together = broadcastShapes(
    indexed.map(({ index }) => index.shape),
    op,
  );
  const position = indexed.length === 0 ? 0 : positionOf(entries, ({ tag }) => tag === "array" || tag === "integer");
  return { region, removed, added, indexed, together, position, unique: areUnique(indexed, together) };
}

/** A mask that stands alone, or among axes taken whole: what it covers, and from which axis on. */
export interface LoneMask {
  readonly mask: NDArray;
  readonly axis: number;
}

/** The mask among the indices, if all others take their axes whole. */
export function loneMask(op: string, x: Aval, indices: readonly Index[]): LoneMask | undefined {
  const entries = completed(op, x, indices);
  const at = entries.findIndex(({ tag }) => tag === "mask");
  const entry = entries[at];
  const whole = (other: Entry): boolean => other.tag === "ellipsis" || (other.tag === "run" && isAll(other.slice));
  if (entry?.tag !== "mask" || !entries.every((other) => other === entry || whole(other))) return undefined;
  const axis = entries.slice(0, at).reduce((sum, other) => sum + axesOf(other), 0);
  checkMask(op, entry.mask, x, axis);
  return { mask: entry.mask, axis };
}

const isAll = ({ start, stop, step }: Slice): boolean =>
  [start, stop].every((bound) => bound === null || bound === undefined) && (step ?? 1) === 1;
