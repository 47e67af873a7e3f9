// Keys for a tree: one for each leaf, in a tree of the same structure, so that treeMap can draw something for each leaf.

import type { NDArray } from "../core/array.js";
import { type Mapped, treeFlatten, treeUnflatten } from "../tree/index.js";
import { splitKeys } from "./keys.js";

/**
 * A tree like `tree` with a new key in the place of each leaf: for initial values, noise, dropout, by leaf. The old key is not to be
 * used again. What `optax.tree_utils.tree_split_key_like` does.
 *
 * @throws DTypeError for what is no key; TreeError for what can be no leaf.
 * @example
 * const noise = treeMap((p, key) => random.normal(key, p.shape), params, random.splitLike(random.key(0), params));
 */
export function splitLike<T>(key: NDArray, tree: T): Mapped<T, NDArray> {
  const { structure } = treeFlatten(tree, { op: "splitLike" });
  return treeUnflatten(structure, splitKeys(key, structure.leafCount));
}
