// vmap: a function of one example becomes a function of a batch.

import type { NDArray } from "../core/array.js";
import { OptionError, ShapeError } from "../core/errors.js";
import type { BatchDim } from "../core/primitive.js";
import { showAval } from "../core/aval.js";
import { type TreeStructure, broadcastPrefix, showPath, treeUnflatten } from "../tree/index.js";
import { batchFlat, materializeBatch } from "./batch.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Inputs, type Output, checkFunction, describe, isOptions } from "./functions.js";
import { flattenArrays, showArgumentPath } from "./leaves.js";
import { FlatFunction, settled } from "./vjp.js";

/** Axes by prefix: one for all, or a tree that is cut off early. `null` means not mapped. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

export interface VmapOptions {
  /** Where each argument carries the batch; 0 for all unless said otherwise. A list holds one entry an argument. */
  readonly inAxes?: Axes;
  /** Where the results carry the batch; 0 unless said otherwise. */
  readonly outAxes?: Axes;
  /** The size of the batch, needed only where no argument is mapped. */
  readonly axisSize?: number;
}

/** The function that `vmap` makes of `F`: the same types, each mapped array with one axis more. */
export type Vmapped<F extends AnyFunction> = (...args: Inputs<F>) => Output<F>;

function inputDims(leaves: readonly NDArray[], structure: TreeStructure, args: readonly unknown[], inAxes: Axes): readonly BatchDim[] {
  const axes = Array.isArray(inAxes) ? inAxes : args.map(() => inAxes);
  const given = broadcastPrefix(axes, structure, isAxis, { op: "vmap", label: "inAxes" });
  const paths = structure.paths();
  return leaves.map((x, i) => {
    const axis = given[i];
    if (axis === null) return null;
    if (Number.isInteger(axis) && axis >= -x.ndim && axis < x.ndim) return axis < 0 ? axis + x.ndim : axis;
    throw new ShapeError({
      op: "vmap",
      expected: `an array with an axis ${axis} at ${showArgumentPath(paths[i])}`,
      received: showAval(x.aval),
      remedy: "give inAxes: null to what is not mapped, or an axis that the array has",
    });
  });
}

const isAxis = (x: unknown): x is number | null => x === null || typeof x === "number";

function batchSize(leaves: readonly NDArray[], dims: readonly BatchDim[], structure: TreeStructure, axisSize: number | undefined): number {
  const sizes = dims.flatMap((dim, i) => (dim === null ? [] : [{ size: leaves[i].shape[dim], i }]));
  const size = axisSize ?? sizes[0]?.size;
  if (size === undefined) {
    throw new OptionError({
      op: "vmap",
      expected: "at least one mapped argument, or axisSize",
      received: "no mapped argument",
      remedy: "map an argument with inAxes, or say axisSize",
    });
  }
  if (sizes.every((s) => s.size === size)) return size;
  const paths = structure.paths();
  throw new ShapeError({
    op: "vmap",
    expected: axisSize === undefined ? "one size for all mapped axes" : `mapped axes of size ${axisSize} (axisSize)`,
    received: sizes.map(({ size: n, i }) => `${n} at ${showArgumentPath(paths[i])}`).join(", "),
    remedy: "pass arrays whose mapped axes agree, or inAxes: null for what is not mapped",
  });
}

function outputAt(x: NDArray, dim: BatchDim, axis: number | null, size: number, where: string): NDArray {
  if (axis === null) {
    if (dim === null) return x;
    throw new OptionError({
      op: "vmap",
      expected: `an output that does not depend on the batch at ${where}, since its outAxes is null`,
      received: "one that does",
      remedy: "give it an axis in outAxes",
    });
  }
  const rank = dim === null ? x.ndim + 1 : x.ndim;
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return materializeBatch(size, x, dim, axis < 0 ? axis + rank : axis);
  throw new ShapeError({
    op: "vmap",
    expected: `outAxes from ${-rank} to ${rank - 1} at ${where}`,
    received: String(axis),
    remedy: "name an axis that the result has",
  });
}

function checkVmapOptions(options: VmapOptions): void {
  checkOptions("vmap", options, ["inAxes", "outAxes", "axisSize"]);
  const { axisSize } = options;
  if (axisSize === undefined || (Number.isInteger(axisSize) && axisSize >= 0)) return;
  throw new OptionError({
    op: "vmap",
    expected: "axisSize: a non-negative integer",
    received: String(axisSize),
    remedy: "pass the size of the batch",
  });
}

/**
 * Maps `f` over an axis of its arguments, all examples at once: a function of one example becomes one of a batch, with
 * no loop. Called with options alone, it waits for the function. Like `jax.vmap`.
 *
 * @throws ShapeError when mapped axes differ in size; TreeError when inAxes or outAxes do not fit the trees.
 * @example
 * const dot = (x: NDArray, y: NDArray) => np.dot(x, y);
 * vmap(dot, { inAxes: [0, null] })(np.ones([5, 3]), np.ones([3])).shape // [5]
 */
export function vmap<F extends AnyFunction | VmapOptions>(
  f: F,
  options?: VmapOptions,
): F extends AnyFunction ? Vmapped<F> : <G extends AnyFunction>(g: G) => Vmapped<G>;
export function vmap(f: AnyFunction | VmapOptions, options: VmapOptions = {}): unknown {
  if (isOptions(f)) {
    checkVmapOptions(f);
    return (g: AnyFunction) => vmap(g, f);
  }
  checkFunction("vmap", f);
  checkVmapOptions(options);
  const { inAxes = 0, outAxes = 0, axisSize } = options;
  return (...args: readonly unknown[]): unknown => {
    const { leaves, structure } = flattenArrays(args, "vmap", "arguments");
    const dims = inputDims(leaves, structure, args, inAxes);
    const size = batchSize(leaves, dims, structure, axisSize);
    const flat = new FlatFunction("vmap", f, (xs) => treeUnflatten(structure, xs) as readonly unknown[], false);
    const [outs, outDims] = batchFlat(describe("vmap", f), size, flat.checkedRun, leaves, dims);
    const outStructure = flat.outStructure as TreeStructure;
    const wanted = broadcastPrefix(outAxes, outStructure, isAxis, { op: "vmap", label: "outAxes" });
    const paths = outStructure.paths();
    const placed = outs.map((x, i) => outputAt(settled(x), outDims[i], wanted[i], size, showPath(paths[i], "the result")));
    return treeUnflatten(outStructure, placed);
  };
}
