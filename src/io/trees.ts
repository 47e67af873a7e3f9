// Trees and named arrays: the leaf at `.layers[0].w` is the array "layers.0.w", as PyTorch names parameters. A tree comes back
// only into the structure that the caller expects; every path at which the file differs is listed, with both sides.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type ArrayLike, type NDArray, isArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { DataError, TreeError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { type Path, type TreeStructure, showPath, treeFlatten, treeLeavesWithPath, treeUnflatten } from "../tree/index.js";
import { writeAtomically } from "./files.js";
import type { ParseOptions, ReadOptions } from "./options.js";
import { encodeSafetensors, parseSafetensors, readSafetensors, type SafetensorsWriteOptions } from "./safetensors.js";

interface MatchOptions {
  /** What to do with arrays that the tree has no place for: refused, unless told to leave them out. */
  readonly unexpected?: "refuse" | "ignore";
}

export interface ParseTreeOptions extends ParseOptions, MatchOptions {}
export interface LoadTreeOptions extends ReadOptions, MatchOptions {}
export interface FromArraysOptions extends MatchOptions {
  /** What messages call the arrays. */
  readonly name?: string;
}

/** The name of a tree that is one leaf. */
const ALONE = "value";
const SHOWN = 10;

const nameOf = (path: Path): string => (path.length === 0 ? ALONE : path.join("."));

/** A name for each leaf. */
function namesOf(op: string, paths: readonly Path[]): string[] {
  const first = new Map<string, Path>();
  return paths.map((path) => {
    const name = nameOf(path);
    const other = first.get(name);
    if (other !== undefined) {
      throw new TreeError({
        op,
        expected: "paths whose names differ",
        received: `${showPath(other)} and ${showPath(path)}, which are both "${name}"`,
        remedy: "rename a key: keys are joined by dots",
      });
    }
    first.set(name, path);
    return name;
  });
}

/** Numbers keep all their digits; array leaves are as they are. */
function stored(leaf: ArrayLike): NDArray {
  if (isArray(leaf)) return leaf;
  return scalar(leaf, typeof leaf === "number" ? "float64" : "bool");
}

/**
 * The leaves of a tree by name: indices and keys joined by dots. Number leaves become `float64` scalars, booleans `bool` ones.
 *
 * @throws TreeError for what can be no leaf, and for two paths of one name.
 * @example treeToArrays({ layers: [{ w: np.ones([2]) }] }); // Map { "layers.0.w" → [1, 1] }
 */
export const treeToArrays = (tree: unknown): ReadonlyMap<string, NDArray> => arraysOf("treeToArrays", tree);

/** `treeToArrays` for an operation, which errors name. */
function arraysOf(op: string, tree: unknown): ReadonlyMap<string, NDArray> {
  const leaves = treeLeavesWithPath(tree, { op });
  const names = namesOf(
    op,
    leaves.map(([path]) => path),
  );
  return new Map(leaves.map(([, leaf], i) => [names[i], stored(leaf)]));
}

/** What stands at a place of the expected tree, as an error says it. */
function describe(leaf: ArrayLike): string {
  return isArray(leaf) ? showAval(leaf.aval) : `a ${typeof leaf}`;
}

/** The leaf that an array is at the place of `like`; undefined where it does not fit. */
function fit(like: ArrayLike, array: NDArray): ArrayLike | undefined {
  if (isArray(like)) {
    const sameShape = like.shape.length === array.shape.length && like.shape.every((n, axis) => n === array.shape[axis]);
    return sameShape && like.dtype === array.dtype ? array : undefined;
  }
  if (array.ndim > 0 || (array.dtype === "bool") !== (typeof like === "boolean")) return undefined;
  return typeof like === "boolean" ? array.item() !== 0 : array.item();
}

function differing(op: string, source: string, lines: readonly string[]): DataError {
  const more = lines.length > SHOWN ? `\n    and ${lines.length - SHOWN} more` : "";
  const shown = lines.slice(0, SHOWN).map((line) => `\n    ${line}`);
  return new DataError({
    op,
    expected: `the arrays of the expected tree in ${source}`,
    received: `others:${shown.join("")}${more}`,
    remedy: `pass a tree of the saved structure as "like", or leave out what is not expected with { unexpected: "ignore" }`,
  });
}

/** A tree with leaves of its own kinds is a tree of its type. */
function rebuilt<T>(structure: ReturnType<typeof treeFlatten<T>>["structure"], leaves: readonly ArrayLike[]): T;
function rebuilt(structure: ReturnType<typeof treeFlatten>["structure"], leaves: readonly ArrayLike[]): unknown {
  return treeUnflatten(structure, leaves);
}

/** What an operation expects. */
interface Expected<T> {
  readonly op: string;
  readonly leaves: readonly ArrayLike[];
  readonly structure: TreeStructure<T>;
}

/** The expected tree taken apart, before any file is read: where `like` is no tree, the caller's line is still known. */
const expected = <T>(op: string, like: T): Expected<T> => ({ op, ...treeFlatten(like, { op }) });

function match<T>(
  { op, leaves, structure }: Expected<T>,
  arrays: ReadonlyMap<string, NDArray>,
  source: string,
  ignore: boolean,
): E.Either<DataError, T> {
  const paths = structure.paths();
  const names = namesOf(op, paths);
  const differences: string[] = [];
  const restored = leaves.map((leaf, i) => {
    const place = `${showPath(paths[i])} ("${names[i]}")`;
    const array = arrays.get(names[i]);
    const found = array === undefined ? undefined : fit(leaf, array);
    if (array === undefined) differences.push(`${place}: ${describe(leaf)} expected, missing in the file`);
    else if (found === undefined) differences.push(`${place}: ${describe(leaf)} expected, ${showAval(array.aval)} in the file`);
    return found ?? leaf;
  });
  const known = new Set(names);
  if (!ignore) {
    for (const [name, array] of arrays) {
      if (!known.has(name)) differences.push(`"${name}": nothing expected, ${showAval(array.aval)} in the file`);
    }
  }
  return differences.length > 0 ? E.left(differing(op, source, differences)) : E.right(rebuilt(structure, restored));
}

/**
 * The tree of the structure of `like` with these arrays as its leaves, found by name; where `like` has a number or a boolean, so
 * has the tree. Shapes and dtypes must be those of `like`, whose values do not matter: `evalShape` can make it.
 *
 * Gives a `DataError` that lists missing, unexpected and mismatching paths, with both sides (the first ten of them).
 *
 * @throws TreeError when `like` itself is no tree; OptionError for an unknown option.
 * @example treeFromArrays({ w: np.zeros([2]) }, new Map([["w", np.ones([2])]])); // right({ w: [1, 1] })
 */
export function treeFromArrays<T>(like: T, arrays: ReadonlyMap<string, NDArray>, options: FromArraysOptions = {}): E.Either<DataError, T> {
  checkOptions("treeFromArrays", options, ["name", "unexpected"]);
  const wanted = expected("treeFromArrays", like);
  return match(wanted, arrays, options.name ?? "the given arrays", options.unexpected === "ignore");
}

/** `convert` alone of the options, which others do not know. */
const conversion = ({ convert }: ReadOptions): ReadOptions => (convert === undefined ? {} : { convert });

/**
 * The bytes of a safetensors file that holds a tree: the leaf at `.layers[0].w` is the array "layers.0.w".
 *
 * @throws as `treeToArrays` and `encodeSafetensors` do.
 * @example encodeTree({ layers: [{ w: np.ones([2]) }] })
 */
export const encodeTree = (tree: unknown, options: SafetensorsWriteOptions = {}): Uint8Array =>
  encodeSafetensors(arraysOf("encodeTree", tree), options);

/**
 * The tree that the bytes of a safetensors file hold, compared by path with the structure, shapes and dtypes of `like`.
 *
 * Gives a `DataError` where `parseSafetensors` and `treeFromArrays` do.
 *
 * @throws as `treeFromArrays` does.
 * @example parseTree(encodeTree({ w: np.ones([2]) }), { w: np.zeros([2]) }); // right({ w: [1, 1] })
 */
export function parseTree<T>(bytes: Uint8Array, like: T, options: ParseTreeOptions = {}): E.Either<DataError, T> {
  checkOptions("parseTree", options, ["name", "convert", "unexpected"]);
  const { name = "the given bytes", unexpected } = options;
  const wanted = expected("parseTree", like);
  return pipe(
    parseSafetensors(bytes, { name, ...conversion(options) }),
    E.chainW(({ tensors }) => match(wanted, tensors, name, unexpected === "ignore")),
  );
}

/**
 * Writes a tree to a safetensors file, atomically: a crash leaves the old file or the whole new one. Node only.
 *
 * Gives a `DataError` for a place that cannot be written.
 *
 * @throws as `encodeTree` does.
 * @example await saveTree("model.safetensors", params)();
 */
export const saveTree = (path: string, tree: unknown, options: SafetensorsWriteOptions = {}): TE.TaskEither<DataError, void> =>
  writeAtomically({ op: "saveTree", name: path }, encodeSafetensors(arraysOf("saveTree", tree), options));

/**
 * Reads a tree from a safetensors file, compared by path with the structure, shapes and dtypes of `like`. Node only.
 *
 * Gives a `DataError` where `readSafetensors` and `treeFromArrays` do.
 *
 * @throws as `treeFromArrays` does.
 * @example const params = await loadTree("model.safetensors", init(random.key(0)))(); // Either<DataError, Params>
 */
export function loadTree<T>(path: string, like: T, options: LoadTreeOptions = {}): TE.TaskEither<DataError, T> {
  checkOptions("loadTree", options, ["convert", "unexpected"]);
  const wanted = expected("loadTree", like);
  return pipe(
    readSafetensors(path, conversion(options)),
    TE.chainEitherKW(({ tensors }) => match(wanted, tensors, path, options.unexpected === "ignore")),
  );
}
