// Between the user's trees and the flat lists of arrays that traces work on.

import { type NDArray, asArray } from "../core/array.js";
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
 * The arrays of a tree.
 *
 * @throws TreeError when a leaf is no array.
 */
export function flattenArrays(tree: unknown, op: string): FlatTree {
  const { leaves, structure } = treeFlatten(tree, { op });
  return { leaves: leaves.map((leaf) => asArray(leaf, op)), structure };
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
  checkSameStructure(op, expected.structure, given.structure, ["the values", what]);
  expected.avals.forEach((a, i) => {
    const leaf = given.leaves[i];
    if (sameType(a, leaf.aval) || (leaf.aval.weak !== undefined && a.shape.length === 0)) return;
    const parts = {
      op,
      expected: `${what} of type ${showAval(a)} at ${pathOf(expected.structure, i, "")}`,
      received: showAval(leaf.aval),
      remedy: "give it the shape and dtype of the value it belongs to",
    };
    throw a.dtype === leaf.dtype ? new ShapeError(parts) : new DTypeError(parts);
  });
}

/** The types of a tree's leaves. */
export interface FlatTypes {
  readonly avals: readonly Aval[];
  readonly structure: TreeStructure;
}

/** A path for messages: `argument 0.w`. */
export const showArgumentPath = (path: Path): string =>
  path.length > 0 && typeof path[0] === "number" ? showPath(path.slice(1), `argument ${path[0]}`) : showPath(path);
