// What the control flow functions share about the trees they take: a type parameter that keeps pairs and triples, and the
// trees' arrays.

import type { NDArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import type { AnyFunction } from "../transform/functions.js";
import { flattenArrays } from "../transform/leaves.js";
import type { TreeStructure } from "../tree/index.js";

/** Any tree; `[]` makes TypeScript infer a tuple for a list written in place, where it would infer an array. */
export type AnyTree = object | number | boolean | null | undefined | [];

/** What a function may return for a tree of type `T`: the tree itself, or one whose lists are readonly, as `as const` makes them. */
export type Returned<T> = T | Frozen<T>;

type Frozen<T> = T extends NDArray | ((...args: never[]) => unknown)
  ? T
  : T extends readonly unknown[]
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T extends object
      ? { [K in keyof T]: Frozen<T[K]> }
      : T;

/** A tree and the arrays in it. */
export interface Leaves {
  readonly leaves: readonly NDArray[];
  readonly avals: readonly Aval[];
  readonly structure: TreeStructure;
}

/** The arrays of a tree, numbers made arrays. */
export function leavesOf(op: string, tree: unknown, label: string): Leaves {
  const { leaves, structure } = flattenArrays(tree, op, label);
  return { leaves, avals: leaves.map((x) => x.aval), structure };
}

/** What a function gave, in the words of an error. */
export function showKind(kind: TreeStructure["form"]["kind"]): string {
  if (kind === "null" || kind === "undefined") return kind;
  return kind === "leaf" ? "an array" : kind === "class" ? "an instance of a class" : `a ${kind}`;
}

/** The wrapper of a user's function, called as that is: errors name it. */
export const named = <F extends AnyFunction>(wrapper: F, f: AnyFunction): F => Object.defineProperty(wrapper, "name", { value: f.name });
