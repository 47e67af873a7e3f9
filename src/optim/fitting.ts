// What every transformation passes before it computes anything: gradients must fit the state and the parameters, tree by tree and
// shape by shape, and be floating-point where fractions are computed with. Under jit it costs something while tracing only.

import { type ArrayLike, asArray, kindOf } from "../core/array.js";
import { type Aval, showAval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { DTypeError, ShapeError, TypeMismatchError } from "../core/errors.js";
import { sameShape } from "../core/shape.js";
import { type TreeStructure, checkSameStructure, showPath, treeFlatten } from "../tree/index.js";

const OP = "update";
const SHOWN = 10;

const avalOf = (leaf: ArrayLike): Aval => asArray(leaf, OP).aval;
const show = (leaf: ArrayLike): string => showAval(avalOf(leaf));

const sameShapes = (a: Aval, b: Aval): boolean => sameShape(a.shape, b.shape);
/** A state keeps sums of gradients, which do not change their dtype; a JavaScript number takes that of what it meets. */
const sameDTypes = (a: Aval, b: Aval): boolean => a.dtype === b.dtype || a.weak !== undefined || b.weak !== undefined;

interface Flat {
  readonly leaves: readonly ArrayLike[];
  readonly structure: TreeStructure;
}

/** Refuses gradients unless they have the structure and the shapes of `like`, which an error calls "in the …"; of a state, the dtypes too. */
function checkLike({ leaves, structure }: Flat, like: unknown, label: "state" | "parameters"): void {
  const wanted = treeFlatten(like, { op: OP, hint: structure });
  checkSameStructure(OP, wanted.structure, structure, [`in the ${label}`, "in the gradients"]);
  const misshapen = leaves.some((leaf, i) => !sameShapes(avalOf(leaf), avalOf(wanted.leaves[i])));
  const agree = misshapen || label === "parameters" ? sameShapes : sameDTypes;
  const differs = (leaf: ArrayLike, i: number): boolean => !agree(avalOf(leaf), avalOf(wanted.leaves[i]));
  if (!leaves.some(differs)) return;
  const paths = structure.paths();
  const lines = leaves.flatMap((leaf, i) =>
    differs(leaf, i) ? [`\n    ${showPath(paths[i])}: ${show(wanted.leaves[i])} in the ${label}, ${show(leaf)} in the gradients`] : [],
  );
  const more = lines.length > SHOWN ? `\n    and ${lines.length - SHOWN} more` : "";
  throw new (misshapen ? ShapeError : DTypeError)({
    op: OP,
    expected: `gradients of the ${misshapen ? "shapes" : "dtypes"} in the ${label}`,
    received: `leaves that differ at${lines.slice(0, SHOWN).join("")}${more}`,
    remedy: "pass the gradients of the parameters that init was given, and the state that it, or the update before, has made",
  });
}

/**
 * Refuses gradients that do not fit. `like` finds in a state the tree that has the parameters' structure and shapes; without it,
 * or without parameters, there is nothing to compare with.
 *
 * @throws TreeError, ShapeError or DTypeError that lists the differing paths, with both sides; TypeMismatchError for what is no such state.
 */
export function checkFits<State>(grads: unknown, state: State, params: unknown, like: ((state: State) => unknown) | undefined): void {
  if (like === undefined && params === undefined) return;
  const flat = treeFlatten(grads, { op: OP });
  if (like !== undefined) checkLike(flat, treeOf(state, like), "state");
  if (params !== undefined) checkLike(flat, params, "parameters");
}

function treeOf<State>(state: State, like: (state: State) => unknown): unknown {
  const tree = typeof state === "object" && state !== null ? like(state) : undefined;
  if (tree !== undefined) return tree;
  throw new TypeMismatchError({
    op: OP,
    expected: "the state of this optimizer",
    received: kindOf(state),
    remedy: "pass the state that init(params), or the update before, has made",
  });
}

/**
 * Refuses a tree with a leaf that is no floating-point array, by the first of them.
 *
 * @throws DTypeError that names its path.
 */
export function checkFloating(op: string, tree: unknown, label: string): void {
  const { leaves, structure } = treeFlatten(tree, { op });
  const whole = leaves.findIndex((leaf) => !isFloat(asArray(leaf, op).dtype));
  if (whole < 0) return;
  throw new DTypeError({
    op,
    expected: `floating-point ${label}`,
    received: `${show(leaves[whole])} at ${showPath(structure.paths()[whole])}`,
    remedy: 'leave it out with optim.masked or optim.partition, keep it outside of the parameters, or convert it: x.astype("float32")',
  });
}

/** An error at a leaf: one of shape with the leaf's path, any other as it is. */
export function located(error: unknown, tree: unknown, place: number): unknown {
  if (!(error instanceof ShapeError)) return error;
  const { op, expected, received, remedy } = error;
  return new ShapeError({ op, expected, received: `${received} at ${showPath(treeFlatten(tree).structure.paths()[place])}`, remedy });
}
