// Random trees of arrays: lists and records, nested. They shrink to a single array.

import type { Arbitrary } from "fast-check";
import type { NDArray } from "../../core/array.js";
import { checkOptions } from "../../core/options.js";
import { fastCheck } from "../fastCheck.js";
import { arrays } from "./arrays.js";

/** A tree whose leaves are `L`. */
export type Tree<L = NDArray> = L | Tree<L>[] | { [key: string]: Tree<L> };

export interface TreesOptions {
  /** Levels of lists and records at most; 3 unless said otherwise. */
  readonly maxDepth?: number;
  /** Children of a list or record at most; 3 unless said otherwise. */
  readonly maxChildren?: number;
}

/**
 * Trees of arrays, or of other leaves. Lists and records may be empty.
 *
 * @throws OptionError for an unknown option; MissingPackageError without fast-check.
 * @example fc.sample(trees(arrays([2])), 1) // such as [{ a: …, b: [] }]
 */
export function trees<L = NDArray>(leaf?: Arbitrary<L>, options?: TreesOptions): Arbitrary<Tree<L>>;
export function trees(leaf: Arbitrary<unknown> = arrays(), options: TreesOptions = {}): Arbitrary<unknown> {
  checkOptions("trees", options, ["maxDepth", "maxChildren"]);
  const { maxDepth = 3, maxChildren = 3 } = options;
  const fc = fastCheck("trees");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth, withCrossShrink: true },
      leaf,
      fc.array(tie("tree"), { maxLength: maxChildren }),
      fc.dictionary(fc.constantFrom("a", "b", "c", "weights", "a key"), tie("tree"), { maxKeys: maxChildren, noNullPrototype: true }),
    ),
  }));
  return tree;
}
