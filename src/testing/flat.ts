// The function under test as a function of lists: its floating-point leaves come in, the floating-point leaves of its value
// go out. Integers, bools and static leaves are held fixed. The lists have names, which are paths into the user's trees.

import { ConcreteArray, type NDArray, asArray, fromTypedArray } from "../core/array.js";
import { type FloatDType, isFloat, typedArray } from "../core/dtype.js";
import { showArgumentPath } from "../transform/leaves.js";
import { type Path, type TreeStructure, showPath, treeFlatten, treeUnflatten } from "../tree/index.js";
import { settled } from "../transform/vjp.js";
import { type AnyFunction, call } from "../transform/functions.js";

export type Flat = (...xs: NDArray[]) => readonly NDArray[];

/** A function of lists of floating-point arrays, and the point at which it is looked at. */
export interface Problem {
  /** "loss": how messages call the function. */
  readonly name: string;
  readonly f: Flat;
  readonly xs: readonly NDArray[];
  /** `argument 0.w` for each input, `[1]` or "the result" for each output. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface FlatTreeOf {
  readonly leaves: readonly NDArray[];
  readonly structure: TreeStructure;
  readonly paths: readonly Path[];
}

/** The arrays of a tree whose other leaves are kept in its structure. */
export function arraysOf(tree: unknown, op: string, label: string): FlatTreeOf {
  const { leaves, structure } = treeFlatten(tree, { op, label, others: "static" });
  // With static others, every leaf is an array, a number or a boolean.
  const arrays = (leaves as Parameters<typeof asArray>[0][]).map((leaf) => asArray(leaf, op));
  return { leaves: arrays, structure, paths: structure.paths() };
}

/** An array with these elements. */
export const arrayOf = (values: ArrayLike<number>, shape: readonly number[], dtype: FloatDType = "float64"): ConcreteArray =>
  fromTypedArray(typedArray(dtype, values), shape, dtype);

/** The elements; of a number its own value, not what float32 leaves of it. */
export const elementsOf = (x: NDArray): Float64Array => Float64Array.from(x instanceof ConcreteArray ? x.data : x.toTypedArray());

/** Where each array of a tree of results stands. */
export const resultPath = (path: Path): string => showPath(path, "the result");

/** The problem for a function of trees at `args`, with its floating-point leaves in float64. */
export function problemOf(op: string, f: AnyFunction, args: readonly unknown[]): Problem {
  const { leaves, structure, paths } = arraysOf(args, op, "arguments");
  const active = leaves.map((x) => isFloat(x.dtype));
  const xs = leaves.filter((_, i) => active[i]).map((x) => arrayOf(elementsOf(x), x.shape));
  const run = (...inputs: NDArray[]): FlatTreeOf => {
    let next = 0;
    const all = leaves.map((x, i) => (active[i] ? inputs[next++] : x));
    return arraysOf(call(f, treeUnflatten(structure, all) as readonly unknown[]), op, "the result");
  };
  const out = run(...xs);
  const outputs = out.leaves.flatMap((y, k) => (isFloat(y.dtype) ? [resultPath(out.paths[k])] : []));
  return {
    name: f.name === "" ? "an anonymous function" : f.name,
    f: (...inputs) =>
      run(...inputs)
        .leaves.map(settled)
        .filter((y) => isFloat(y.dtype)),
    xs,
    inputs: paths.filter((_, i) => active[i]).map(showArgumentPath),
    outputs,
  };
}

/** The multi-index of an element, as it is written after a path: `[1, 2]`; nothing for a scalar. */
export function showIndex(position: number, shape: readonly number[]): string {
  if (shape.length === 0) return "";
  let rest = position;
  const index = shape.toReversed().map((size) => {
    const k = rest % size;
    rest = Math.floor(rest / size);
    return k;
  });
  return `[${index.toReversed().join(", ")}]`;
}
