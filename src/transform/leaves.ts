// Between the user's trees and the flat lists of arrays that traces work on.

import { ConcreteArray, type NDArray, asArray } from "../core/array.js";
import { type Aval, sameType, showAval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { type Path, type TreeStructure, checkSameStructure, showPath, treeFlatten } from "../tree/index.js";

/** A tree as its leaves, numbers turned into arrays. */
export interface FlatTree {
  readonly leaves: readonly NDArray[];
  readonly structure: TreeStructure;
}

/**
 * The arrays of a tree; `label` is what an error calls the tree.
 *
 * @throws TreeError when a leaf is no array.
 */
export function flattenArrays(tree: unknown, op: string, label?: string, hint?: TreeStructure): FlatTree {
  const { leaves, structure } = treeFlatten(tree, { op, label, hint });
  // What is an object and a leaf is an array.
  const arrays = leaves.every((leaf) => typeof leaf === "object") ? (leaves as NDArray[]) : leaves.map((leaf) => asArray(leaf, op));
  return { leaves: arrays, structure };
}

const pathOf = (structure: TreeStructure, i: number, label: string): string => showPath(structure.paths()[i], label);

/**
 * Refuses leaves that cannot be differentiated.
 *
 * @throws DTypeError for integers and bools.
 */
export function checkFloats(op: string, { leaves, structure }: FlatTree, label: string): void {
  leaves.forEach((leaf, i) => {
    if (isFloat(leaf.dtype)) return;
    throw new DTypeError({
      op,
      expected: "floating-point inputs to differentiate",
      received: `${showAval(leaf.aval)} at ${pathOf(structure, i, label)}`,
      remedy: 'convert it with x.astype("float32"), or choose other arguments with argnums',
    });
  });
}

/**
 * Refuses a tree of tangents or cotangents that does not fit the tree it belongs to.
 *
 * @throws TreeError, ShapeError or DTypeError that names the path.
 */
export function checkFits(op: string, what: string, expected: FlatTypes, given: FlatTree): void {
  checkSameStructure(op, expected.structure, given.structure, [expected.label, what]);
  expected.avals.forEach((a, i) => {
    const leaf = given.leaves[i];
    if (sameType(a, leaf.aval) || (leaf.aval.weak !== undefined && a.shape.length === 0)) return;
    const parts = {
      op,
      expected: `${what} of type ${showAval(a)} at ${pathOf(expected.structure, i, expected.label)}`,
      received: showAval(leaf.aval),
      remedy: "give it the shape and dtype of the value it belongs to",
    };
    throw a.dtype === leaf.dtype ? new ShapeError(parts) : new DTypeError(parts);
  });
}

/**
 * Refuses (co)tangents of integers and bools that are not zero: they would be dropped in silence.
 *
 * @throws DTypeError
 */
export function checkZeros(op: string, what: string, of: string, avals: readonly Aval[], given: FlatTree): void {
  avals.forEach((a, i) => {
    const x = given.leaves[i];
    if (isFloat(a.dtype) || !(x instanceof ConcreteArray) || x.data.every((v) => v === 0)) return;
    throw new DTypeError({
      op,
      expected: `zeros as the ${what} of an integer or bool ${of}`,
      received: `${showAval(x.aval)} with other values at ${pathOf(given.structure, i, `the ${what}`)}`,
      remedy: "integers have no derivative: pass zeros there",
    });
  });
}

/** The types of a tree's leaves; `label` is what errors call the tree. */
export interface FlatTypes {
  readonly label: string;
  readonly avals: readonly Aval[];
  readonly structure: TreeStructure;
}

/** A path for messages: `argument 0.w`. */
export const showArgumentPath = (path: Path): string =>
  path.length > 0 && typeof path[0] === "number" ? showPath(path.slice(1), `argument ${path[0]}`) : showPath(path);
