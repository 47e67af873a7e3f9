// The types of mapped trees. The assertions hold when this file typechecks; the test at the end only keeps the runner informed.

import { expect, test } from "vitest";
import type { ArrayLike, NDArray } from "../../src/core/array.js";
import { type ArrayLikes, type Arrays, type Leaf, type Mapped, treeFlatten, treeMap, treeUnflatten } from "../../src/tree/index.js";
import { Linear, array } from "./arbitraries.js";
import { type Equal, assert } from "./types.js";

interface Layer {
  w: NDArray;
  b: NDArray;
}
interface Optional {
  readonly w: NDArray;
  b?: NDArray;
}
interface Chain {
  w: NDArray;
  next: Chain | null;
}
interface Mixed {
  value: number;
  layer: Layer;
  next: Mixed | null;
}
type Binary = NDArray | { left: Binary; right: Binary };

// Types without literals stay themselves.
assert<Equal<Arrays<NDArray>, NDArray>>();
assert<Equal<Arrays<Layer>, Layer>>();
assert<Equal<Arrays<Layer[]>, Layer[]>>();
assert<Equal<Arrays<Optional>, Optional>>();
assert<Equal<Arrays<Chain>, Chain>>();
assert<Equal<Arrays<Binary>, Binary>>();
assert<Equal<Arrays<Layer | null>, Layer | null>>();
assert<Equal<Arrays<readonly [NDArray, readonly Layer[]]>, readonly [NDArray, readonly Layer[]]>>();
assert<Equal<Arrays<Linear>, Linear>>();
assert<Equal<Arrays<Readonly<Record<string, NDArray>>>, Readonly<Record<string, NDArray>>>>();
assert<Equal<Arrays<null>, null>>();
assert<Equal<Arrays<unknown>, unknown>>();
assert<Equal<Arrays<[]>, []>>();

// Literals become arrays, and nothing else changes.
assert<Equal<Arrays<number>, NDArray>>();
assert<Equal<Arrays<boolean>, NDArray>>();
assert<Equal<Arrays<ArrayLike>, NDArray>>();
assert<Equal<Arrays<{ w: NDArray; rate: number }>, { w: NDArray; rate: NDArray }>>();
assert<Equal<Arrays<readonly [number, Layer]>, readonly [NDArray, Layer]>>();
assert<Equal<Arrays<{ readonly rate?: number; layer: Layer | null }>, { readonly rate?: NDArray; layer: Layer | null }>>();
assert<Equal<Arrays<Mixed>["layer"], Layer>>();
assert<Equal<Arrays<Mixed>["value"], NDArray>>();
assert<Equal<NonNullable<NonNullable<Arrays<Mixed>["next"]>["next"]>["value"], NDArray>>();
// @ts-expect-error a number is no array: a wrong type does not pass.
assert<Equal<Arrays<{ rate: number }>, { rate: number }>>();

// Generic code may pass an interface where a tree is expected.
assert<Equal<Leaf<Layer>, NDArray>>();
assert<Equal<Leaf<{ a: number }>, number>>();
assert<Equal<Leaf<{ a: boolean; b: true }>, boolean>>();
assert<Equal<Leaf<[NDArray, number]>, ArrayLike>>();
assert<Equal<Leaf<unknown>, ArrayLike>>();
assert<Equal<Mapped<Layer, string>, { w: string; b: string }>>();
assert<Equal<Mapped<readonly [number, null], string>, readonly [string, null]>>();

assert<Equal<ArrayLikes<[NDArray, Layer]>, [ArrayLike, Layer]>>();
assert<Equal<ArrayLikes<[x: NDArray, y?: NDArray]>, [x: ArrayLike, y?: ArrayLike]>>();
assert<Equal<ArrayLikes<[NDArray | null, string, number]>, [ArrayLike | null, string, number]>>();
assert<Equal<ArrayLikes<readonly NDArray[]>, readonly ArrayLike[]>>();

test("the results of treeMap and treeUnflatten have the types of their trees", () => {
  const layer: Layer = { w: array(1), b: array(2) };
  const same = treeMap((x) => x, layer);
  assert<Equal<typeof same, Layer>>();
  const mask = treeMap((keep, x) => (keep ? x.size : 0), { w: true, b: false }, layer);
  assert<Equal<typeof mask, { w: number; b: number }>>();
  const { leaves, structure } = treeFlatten(layer);
  const strings = treeUnflatten(
    structure,
    leaves.map(() => "leaf"),
  );
  assert<Equal<typeof strings, { w: string; b: string }>>();
  const linear = treeMap((x) => x, new Linear(array(1), "one"));
  assert<Equal<typeof linear, Linear>>();
  expect([same, mask, strings, linear.describe()]).toEqual([layer, { w: 1, b: 0 }, { w: "leaf", b: "leaf" }, "Linear one"]);
});
