// Indices given as nested JavaScript lists, made arrays: lists of integers int32, lists of booleans bool.

import { type ArrayLike, type NDArray, fromTypedArray } from "../core/array.js";
import { typedArray } from "../core/dtype.js";
import { ShapeError, TypeMismatchError } from "../core/errors.js";
import { integerIndices, wholeIndex } from "./bounds.js";

/** Nested lists of integers or booleans. */
export type NestedIndices = readonly (number | boolean | NestedIndices)[];

/** Whether an index is a JavaScript list. */
export const isList = (index: unknown): index is NestedIndices => Array.isArray(index);

/** A nested list as an array: int32, or bool if it holds booleans. */
export function arrayOfList(op: string, list: NestedIndices): NDArray {
  const shape: number[] = [];
  for (let level: number | boolean | NestedIndices = list; isList(level); level = level[0]) shape.push(level.length);
  const values: (number | boolean)[] = [];
  const visit = (level: number | boolean | NestedIndices, depth: number): void => {
    const nested = isList(level);
    if (nested !== depth < shape.length || (nested && level.length !== shape[depth])) throw raggedList(op, list);
    if (isList(level)) level.forEach((inner) => visit(inner, depth + 1));
    else values.push(level);
  };
  visit(list, 0);
  const masks = values.length > 0 && values.every((value) => typeof value === "boolean");
  if (masks || values.every((value) => Number.isInteger(value))) {
    const dtype = masks ? "bool" : "int32";
    const numbers = values.map((value) => wholeIndex(op, Number(value)));
    return fromTypedArray(typedArray(dtype, numbers), shape, dtype);
  }
  throw new TypeMismatchError({
    op,
    expected: "a list of integers, or one of booleans",
    received: JSON.stringify(list),
    remedy: "use an array of indices (np.stack) where they are arrays",
  });
}

const raggedList = (op: string, list: NestedIndices): ShapeError =>
  new ShapeError({
    op,
    expected: "nested lists of one length at each depth",
    received: JSON.stringify(list),
    remedy: "pass one list for each axis as an index of its own",
  });

/** Integers for indices: an array, a number, or a nested list of them. */
export type IntegersLike = ArrayLike | NestedIndices;

/**
 * Integer indices as int32; those of uint32 stay.
 *
 * @throws DTypeError for any but integers; IndexError for numbers that int32 does not hold.
 */
export const integersOf = (op: string, given: IntegersLike): NDArray => integerIndices(op, isList(given) ? arrayOfList(op, given) : given);
