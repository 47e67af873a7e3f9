// lax.reduce with a function of the user's own: that of a known monoid becomes its primitive, another is applied to pairs,
// in rounds.

import { AbstractArray, type NDArray, asArray, kindOf } from "../core/array.js";
import { type Aval, aval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { normalizeAxes, range, sizeOf, withoutAxes } from "../core/shape.js";
import { add, max, min, mul } from "../ops/arithmetic.js";
import { bitAnd, bitOr } from "../ops/bitwise.js";
import { broadcastInDim, reshape, transpose } from "../ops/layout.js";
import { reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum } from "../ops/reduce.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { checkSameTypes } from "../transform/control/checks.js";
import { inTypes, traceFunction } from "../transform/control/tracing.js";
import { type AnyFunction, call, checkFunction } from "../transform/functions.js";
import { vmap } from "../transform/vmap.js";
import { type Arrays, checkSameStructure, treeFlatten, treeUnflatten } from "../tree/index.js";
import { type AnyTree, type Leaves, type Returned, leavesOf } from "./trees.js";

/** A monoid with a reduction of its own. */
interface Monoid {
  readonly combine: (x: NDArray, y: NDArray) => NDArray;
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  /** Without elements it has no value of its own. */
  readonly refusesEmpty: boolean;
}

const monoid = (combine: Monoid["combine"], reduce: Monoid["reduce"], refusesEmpty = false): Monoid => ({ combine, reduce, refusesEmpty });

/** By the primitive that combines two of its elements. */
const monoids: Readonly<Record<string, Monoid>> = {
  add: monoid(add, reduceSum),
  mul: monoid(mul, reduceProd),
  max: monoid(max, reduceMax, true),
  min: monoid(min, reduceMin, true),
  and: monoid(bitAnd, reduceAnd),
  or: monoid(bitOr, reduceOr),
};

/** What combines two elements, and the primitive that does just that, if it is one. */
export interface Combination {
  readonly f: AnyFunction;
  readonly primitive: string | undefined;
}

/**
 * Reads the user's function on two elements, trees of scalars.
 *
 * @throws TreeError, ShapeError or DTypeError unless it gives an element of the same structure and types.
 */
export function readCombination(op: string, f: AnyFunction, elements: Leaves): Combination {
  checkFunction(op, f);
  const element = treeUnflatten(
    elements.structure,
    elements.avals.map((a) => new AbstractArray(aval([], a.dtype))),
  );
  const scalars = elements.avals.map((a): Aval => aval([], a.dtype));
  const { program, outStructure } = traceFunction(op, f, treeFlatten([element, element]).structure, [...scalars, ...scalars]);
  checkSameTypes(
    op,
    { structure: elements.structure, avals: scalars, label: "the elements" },
    { structure: outStructure, avals: program.outAvals, label: "what the function returned" },
    "combine two elements into one of the same structure and dtypes",
  );
  const { invars, equations, outvars } = program.jaxpr;
  const [only] = equations;
  const whole =
    elements.leaves.length === 1 &&
    invars.length === 2 &&
    equations.length === 1 &&
    only.outputs[0] === outvars[0] &&
    invars.every((v) => only.inputs.includes(v));
  return { f, primitive: whole ? only.primitive.name : undefined };
}

/**
 * Combines the elements of arrays along `axes`, starting with `inits`: `computation(a, b)` combines two trees of scalars. Like
 * `jax.lax.reduce`.
 *
 * `computation` must be associative, and `inits` its identity. A function that is one of add, mul, max, min, and, or becomes
 * that reduction; any other is applied to pairs, about log₂ n times.
 *
 * @throws TreeError when `inits` have another structure; ShapeError when the arrays differ in shape or an init is no scalar.
 * @example lax.reduce(np.array([3, 1, 2]), -Infinity, (a: NDArray, b: NDArray) => lax.max(a, b), [0]) // 3
 */
export function reduce<T extends AnyTree>(
  operands: T,
  inits: AnyTree,
  computation: (a: Arrays<T>, b: Arrays<T>) => Returned<Arrays<T>>,
  axes: readonly number[],
): Arrays<T> {
  const op = "reduce";
  const given = leavesOf(op, operands, "operands");
  const starts = startsOf(op, given, inits);
  const [first, ...others] = given.leaves;
  if (first === undefined || others.some((x) => x.shape.join() !== first.shape.join())) {
    throw new ShapeError({
      op,
      expected: "at least one array, all of one shape",
      received: given.leaves.length === 0 ? "none" : given.leaves.map((x) => `[${x.shape.join()}]`).join(", "),
      remedy: "broadcast them to one shape",
    });
  }
  if (!Array.isArray(axes)) {
    throw new OptionError({ op, expected: "axes: a list of integers", received: kindOf(axes), remedy: "write them as [0, 1]" });
  }
  const along = normalizeAxes(axes, first.ndim, op);
  const combination = readCombination(op, computation, given);
  const known = monoidOf(combination, first.shape, along);
  const results =
    known === undefined ? byPairs(combination.f, given, starts, along) : [known.combine(starts[0], known.reduce(first, along))];
  return treeUnflatten(given.structure, results) as Arrays<T>;
}

/** The reduction of its own for a function, where that takes these operands: `and` and `or` reduce bools alone. */
function monoidOf({ primitive }: Combination, shape: readonly number[], axes: readonly number[]): Monoid | undefined {
  const found = primitive !== undefined && Object.hasOwn(monoids, primitive) ? monoids[primitive] : undefined;
  return found?.refusesEmpty === true && axes.some((axis) => shape[axis] === 0) ? undefined : found;
}

function startsOf(op: string, given: Leaves, inits: unknown): readonly NDArray[] {
  const starts = leavesOf(op, inits, "inits");
  checkSameStructure(op, given.structure, starts.structure, ["operands", "inits"]);
  const scalars = given.avals.map((a): Aval => aval([], a.dtype));
  const values = inTypes(op, starts.leaves, scalars);
  checkSameTypes(
    op,
    { structure: given.structure, avals: scalars, label: "the elements" },
    { structure: starts.structure, avals: values.map((x) => x.aval), label: "inits" },
    "give a scalar of the dtype of its array as each init",
  );
  return values;
}

function byPairs(f: AnyFunction, { leaves, structure }: Leaves, starts: readonly NDArray[], axes: readonly number[]): readonly NDArray[] {
  const { shape } = leaves[0];
  const kept = range(0, shape.length).filter((axis) => !axes.includes(axis));
  const rest = withoutAxes(shape, axes);
  const rows = leaves.map((x) => reshape(transpose(x, [...axes, ...kept]), [sizeOf(axes.map((axis) => shape[axis])), sizeOf(rest)]));
  const all = starts.map((x) => broadcastInDim(x, [1, sizeOf(rest)], []));
  const combined = combineRows(
    f,
    structure,
    rows.map((x, i) => concatenate([all[i], x], 0)),
  );
  return combined.map((x) => reshape(x, rest));
}

/** The combination of all rows, each of the same elements: neighbours are combined until one row is left. */
export function combineRows(f: AnyFunction, structure: Leaves["structure"], rows: readonly NDArray[]): readonly NDArray[] {
  const each = (a: readonly NDArray[], b: readonly NDArray[]): readonly NDArray[] => {
    const flat = (xs: readonly NDArray[]): NDArray[] => xs.map((x) => reshape(x, [x.size]));
    const g = (...xs: NDArray[]): readonly NDArray[] =>
      treeFlatten(call(f, [treeUnflatten(structure, xs.slice(0, a.length)), treeUnflatten(structure, xs.slice(a.length))])).leaves.map(
        (x) => asArray(x, "reduce"),
      );
    return vmap(g)(...flat(a), ...flat(b)).map((y, i) => reshape(inTypes("reduce", [y], [a[i].aval])[0], a[i].shape));
  };
  let current = rows;
  for (let n = current[0].shape[0]; n > 1; n = Math.ceil(n / 2)) {
    const pairs = n - (n % 2);
    const every2 = (from: number): NDArray[] => current.map((x) => sliceInDim(x, from, pairs, 2, 0));
    const halved = each(every2(0), every2(1));
    current = n === pairs ? halved : halved.map((x, i) => concatenate([x, sliceInDim(current[i], n - 1, n, 1, 0)], 0));
  }
  return current;
}
