// Indices made ready for gathers and scatters: integers, counted from the front, as int32. Indices whose numbers are known
// are made ready at once, so that nothing of it stays in a program; a traced negative index wraps once, by a selection.

import { type ArrayLike, ConcreteArray, LiteralArray, type NDArray, asArray, fromTypedArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { highest, holds, isInteger } from "../core/dtype.js";
import { DTypeError, IndexError, OptionError } from "../core/errors.js";
import { Trace, currentTrace, evalTrace } from "../core/trace.js";
import { add, min, rem } from "../ops/arithmetic.js";
import { lt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import type { IndexMode } from "../ops/indexing.js";
import { select } from "../ops/select.js";
import { checkOptions } from "../core/options.js";

/** What becomes of an index out of range: the nearest one, the one that is left modulo the size, or no element at all. */
export type OutOfRange = "clip" | "wrap" | "fill";

/** Options of reading at indices. */
export interface IndexOptions {
  /**
   * What becomes of indices out of range. By default they throw; in a compiled function, which cannot, they are "fill".
   * `"clip"` takes the nearest element, `"wrap"` counts modulo the size, `"fill"` reads `fillValue`.
   */
  readonly mode?: OutOfRange;
  /** What "fill" reads; NaN, or the lowest value of integers, by default. */
  readonly fillValue?: number;
}

const modes: readonly string[] = ["clip", "wrap", "fill"] satisfies readonly OutOfRange[];

/**
 * Refuses unknown options and modes.
 *
 * @throws OptionError
 */
export function checkIndexOptions(op: string, options: IndexOptions, allowed: readonly string[] = ["mode", "fillValue"]): void {
  checkOptions(op, options, allowed);
  const { mode } = options;
  if (mode === undefined || modes.includes(mode)) return;
  throw new OptionError({
    op,
    expected: `mode ${modes.join(", ")}`,
    received: String(mode),
    remedy: "leave it out to have indices checked",
  });
}

/** The mode of the primitive; indices that wrap are inside after `fromFront`. */
export const primitiveMode = (mode: OutOfRange | undefined): IndexMode =>
  mode === undefined ? "checked" : mode === "fill" ? "fill" : "clip";

/** The error for an index out of range. */
export const outOfRange = (op: string, index: number, axis: number, size: number): IndexError =>
  new IndexError({
    op,
    expected:
      size === 0
        ? `no index along axis ${axis}, whose size is 0`
        : `an index from ${-size} to ${size - 1} along axis ${axis} of size ${size}`,
    received: `index ${index}`,
    remedy: `use indices inside of the axis, or say what becomes of others: { mode: "clip" }, "wrap" or "fill"`,
  });

/**
 * A whole number as an index.
 *
 * @throws IndexError for one that int32 does not hold: as one it would be another place.
 */
export function wholeIndex(op: string, index: number): number {
  if (holds("int32", index)) return index;
  throw new IndexError({
    op,
    expected: "indices that int32 holds",
    received: `index ${index}`,
    remedy: "use indices inside of the axis; none is that long",
  });
}

/**
 * Integer indices as int32; those of uint32 stay, because beyond int32 they would be negative.
 *
 * @throws DTypeError for any but integers; IndexError for a number that int32 does not hold.
 */
export function integerIndices(op: string, given: ArrayLike): NDArray {
  const index = asArray(given, op);
  if (index instanceof LiteralArray && Number.isInteger(index.value)) return scalar(wholeIndex(op, index.value), "int32");
  if (index.dtype === "uint32") return index;
  if (isInteger(index.dtype) || (index.aval.weak === "integer" && !(index instanceof ConcreteArray)))
    return convertElementType(index, "int32");
  throw new DTypeError({
    op,
    expected: "integer indices",
    received: index instanceof LiteralArray ? String(index.value) : showAval(index.aval),
    remedy: `pass a list of integers, or make the array with { dtype: "int32" } or x.astype("int32")`,
  });
}

/** Whether what is bound now is computed now: every transform in force hands on to evaluation, none stages a program. */
function evaluatesAtOnce(): boolean {
  let trace: Trace = currentTrace();
  while ("parent" in trace && trace.parent instanceof Trace) trace = trace.parent;
  return trace === evalTrace;
}

const modulo = (index: number, size: number): number => ((index % size) + size) % size;

/** How indices along an axis are read. */
export interface Along {
  readonly op: string;
  readonly axis: number;
  readonly size: number;
  readonly mode: OutOfRange | undefined;
  /** False where negative indices are out of range. */
  readonly negative?: boolean;
}

/** No axis is as long: what indices of uint32 beyond int32 become. */
const LARGEST = highest("int32");

function knownFromFront(index: ConcreteArray, { op, axis, size, mode, negative = true }: Along): NDArray {
  const checks = mode === undefined && evaluatesAtOnce();
  const from = index.data;
  const counted = Int32Array.from(from);
  for (let i = 0; i < counted.length; i++) {
    const at = from[i];
    if (at > LARGEST) counted[i] = LARGEST;
    if (mode === "wrap") counted[i] = modulo(at, size);
    else if (at < 0 && at >= -size && negative) counted[i] = at + size;
    else if (checks && (at < 0 || at >= size)) throw outOfRange(op, at, axis, size);
  }
  return fromTypedArray(counted, index.shape, "int32");
}

function unsignedFromFront(index: NDArray, { size, mode }: Along): NDArray {
  const within = mode === "wrap" && size > 0 ? rem(index, size) : min(index, LARGEST);
  return convertElementType(within, "int32");
}

/**
 * Indices along an axis, counted from the front, as int32.
 *
 * @throws IndexError out of range, where indices are known and no mode says what becomes of them.
 */
export function fromFront(index: NDArray, along: Along): NDArray {
  if (index instanceof ConcreteArray) return knownFromFront(index, along);
  if (index.dtype === "uint32") return unsignedFromFront(index, along);
  const { size, mode, negative = true } = along;
  if (!negative) return index;
  const within = mode === "wrap" && size > 0 ? rem(index, size) : index;
  return select(lt(within, 0), add(within, size), within);
}
