// What the laws of optimizers are stated with: a convex problem on any tree, trees as bits and back, and closeness.

import { expect } from "vitest";
import { NDArray, grad, numpy as np, optim, valueAndGrad } from "../../src/index.js";
import { asArray, fromTypedArray } from "../../src/core/array.js";
import { showAval } from "../../src/core/aval.js";
import { type DType, isFloat } from "../../src/core/dtype.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";
import { showPath, treeFlatten, treeLeaves, treeLeavesWithPath, treeUnflatten } from "../../src/tree/index.js";
import { arrayOf, noise } from "../ops/rules.js";
import type { Optimizer, Tree } from "./table.js";

export const leavesOf = (tree: Tree): NDArray[] => treeLeaves(tree).map((leaf) => asArray(leaf, "test"));

/** A tree of the same structure with `f` of each leaf. */
export function mapTree(f: (leaf: NDArray, i: number) => NDArray, tree: Tree): Tree {
  const { leaves, structure } = treeFlatten(tree);
  return treeUnflatten<unknown, NDArray>(
    structure,
    leaves.map((leaf, i) => f(asArray(leaf, "test"), i)),
  );
}

/** Noise in the shapes and dtypes of a tree, of a magnitude. */
export const noiseLike = (tree: Tree, seed: number, magnitude = 1): Tree => {
  const next = noise(seed);
  return mapTree(
    (leaf) =>
      arrayOf(
        leaf.dtype,
        Array.from({ length: leaf.size }, () => magnitude * next()),
        leaf.shape,
      ),
    tree,
  );
};

export const zerosLike = (tree: Tree): Tree => mapTree((leaf) => np.zerosLike(leaf), tree);

const ones = (shape: Shape, dtype: DType): NDArray => arrayOf(dtype, new Array<number>(sizeOf(shape)).fill(1), shape);

/** A tree with matrices, vectors and a scalar, in float32 and float64; or with matrices alone. */
export function parameters(matricesOnly = false): Tree {
  const matrices = { kernel: ones([3, 2], "float32"), deep: [ones([2, 2], "float64")] };
  return noiseLike(matricesOnly ? matrices : { ...matrices, bias: ones([3], "float32"), gain: ones([], "float64") }, 11);
}

/** `½ Σ p²` over all leaves, in float64: convex, least at zero. */
export const quadratic = (params: Tree): NDArray =>
  leavesOf(params).reduce<NDArray>((sum, leaf) => sum.add(leaf.astype("float64").square().sum().mul(0.5)), arrayOf("float64", [0], []));

/** All that an optimizer may be told of the quadratic at `params`. */
export function told(params: Tree): optim.Extras {
  const [value, gradient] = valueAndGrad(quadratic)(params);
  return { value, grad: gradient, valueFn: quadratic, gradFn: grad(quadratic), valueAndGradFn: valueAndGrad(quadratic) };
}

export type Stepped = readonly [updates: Tree, state: Tree];

export const update = (optimizer: Optimizer, grads: Tree, state: Tree, params: Tree): Stepped =>
  optimizer.update(grads, state, params, told(params));

/** One step on the quadratic. */
export function descend(optimizer: Optimizer, params: Tree, state: Tree): readonly [params: Tree, state: Tree] {
  const [updates, next] = update(optimizer, grad(quadratic)(params), state, params);
  return [optim.applyUpdates(params, updates), next];
}

/** Dtype, shape and bits of each leaf, under its path. */
export const bitsOf = (tree: Tree): string[] =>
  treeLeavesWithPath(tree).map(([path, leaf]) => {
    const array = asArray(leaf, "test");
    const data = array.toTypedArray();
    return `${showPath(path)}: ${showAval(array.aval)} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")}`;
  });

/** Dtype and shape of each leaf, under its path. */
export const shapesOf = (tree: Tree): string[] =>
  treeLeavesWithPath(tree).map(([path, leaf]) => `${showPath(path)}: ${showAval(asArray(leaf, "test").aval)}`);

/** Refuses a tree with a leaf that is no array: JavaScript numbers, functions, strings. */
export function expectArrays(tree: Tree): void {
  for (const leaf of treeLeaves(tree)) expect(leaf).toBeInstanceOf(NDArray);
}

/** A copy by way of typed arrays, as a file would hold them. */
export const restored = (tree: Tree): Tree => mapTree((leaf) => fromTypedArray(leaf.toTypedArray().slice(), leaf.shape, leaf.dtype), tree);

export const allFinite = (tree: Tree): boolean =>
  leavesOf(tree).every((leaf) => !isFloat(leaf.dtype) || leaf.toTypedArray().every((x) => Number.isFinite(x)));

/** Each leaf within `tolerance` (a thousandth of it in float64), relative to the largest of 1 and the leaf's elements. */
export function expectNear(found: Tree, wanted: Tree, tolerance: number): void {
  expect(shapesOf(found)).toEqual(shapesOf(wanted));
  const [a, b] = [leavesOf(found), leavesOf(wanted)];
  a.forEach((x, k) => {
    const [xs, ys] = [Array.from(x.toTypedArray()), Array.from(b[k].toTypedArray())];
    const size = Math.max(1, ...ys.map((y) => Math.abs(y)));
    const bound = tolerance * size * (x.dtype === "float64" ? 1e-3 : 1);
    const wrong = xs.findIndex((v, i) => !(v === ys[i] || Math.abs(v - ys[i]) <= bound));
    expect(wrong < 0 ? undefined : { leaf: k, element: wrong, found: xs[wrong], wanted: ys[wrong] }).toBeUndefined();
  });
}

/** The leaves of several trees stacked along a new first axis. */
export const stacked = (trees: readonly Tree[]): Tree => mapTree((_, i) => np.stack(trees.map((tree) => leavesOf(tree)[i])), trees[0]);

/** Tree `k` of a stack. */
export const unstacked = (tree: Tree, k: number): Tree => mapTree((leaf) => np.take(leaf, k, 0), tree);
