// What the user's rules return, checked by path against the function that they belong to.

import { type NDArray, isArrayLike, kindOf } from "../../core/array.js";
import { type Aval, strong } from "../../core/aval.js";
import { isFloat } from "../../core/dtype.js";
import { CustomRuleError } from "../../core/errors.js";
import { type Tangent, Zero } from "../../core/primitive.js";
import { literalTo } from "../../ops/operands.js";
import type { TreeStructure } from "../../tree/index.js";
import { type FlatTree, checkFits, checkZeros, flattenArrays } from "../leaves.js";
import { settled } from "../vjp.js";
import type { CallShape } from "./arguments.js";

/**
 * The two entries of what a rule returned.
 *
 * @throws CustomRuleError
 */
export function pairOf(op: string, expected: string, result: unknown): readonly [unknown, unknown] {
  if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
  throw new CustomRuleError({
    op,
    expected,
    received: Array.isArray(result) ? `a list of ${result.length}` : described(result),
    remedy: "return both in a list",
  });
}

const described = (x: unknown): string => (isArrayLike(x) && typeof x === "object" ? "an array" : kindOf(x));

/** The types of a function's result, if they are known. */
export interface OutTypes {
  readonly avals: readonly Aval[];
  readonly structure: TreeStructure;
}

/**
 * The value that a rule gave, as arrays.
 *
 * @throws TreeError, ShapeError or DTypeError when the function itself gives another.
 */
export function valueFrom(op: string, rule: string, value: unknown, own: OutTypes | undefined): FlatTree {
  const { leaves, structure } = flattenArrays(value, op, `the value from ${rule}`);
  if (own !== undefined) {
    checkFits(
      op,
      `a value from ${rule}`,
      { avals: own.avals, structure: own.structure, label: "the function's result" },
      { leaves, structure },
    );
  }
  return { leaves: leaves.map((x, i) => (own === undefined ? settled(x) : inDType(x, own.avals[i], op))), structure };
}

const inDType = (x: NDArray, { dtype }: Aval, op: string): NDArray => (x.aval.weak === undefined ? x : literalTo(x, dtype, op));

/**
 * The tangent that a rule gave of its value; integers have none.
 *
 * @throws TreeError, ShapeError or DTypeError when it does not fit the value.
 */
export function tangentFrom(op: string, rule: string, tangent: unknown, value: FlatTree): readonly Tangent[] {
  const given = flattenArrays(tangent, op, `the tangent from ${rule}`);
  const avals = value.leaves.map((x) => strong(x.aval));
  checkFits(op, `a tangent from ${rule}`, { avals, structure: value.structure, label: "the value" }, given);
  checkZeros(op, "tangent", "result", avals, given);
  return avals.map((a, i) => (isFloat(a.dtype) ? inDType(given.leaves[i], a, op) : new Zero(a)));
}

/**
 * The cotangents that `backward` gave, one list entry an argument; null stands for zero.
 *
 * @throws CustomRuleError when it is no such list; TreeError, ShapeError or DTypeError when an entry does not fit.
 */
export function cotangentsFrom(op: string, cotangents: unknown, args: CallShape): readonly Tangent[] {
  if (!Array.isArray(cotangents) || cotangents.length !== args.count) {
    const many = args.count === 1 ? "one entry, for the one argument" : `one entry for each of ${args.count} arguments`;
    throw new CustomRuleError({
      op,
      expected: `a list from backward with ${many}`,
      received: Array.isArray(cotangents) ? `a list of ${cotangents.length}` : described(cotangents),
      remedy: "return one cotangent an argument in a list, null for an argument without",
    });
  }
  return args.byArgument(args.avals).flatMap((avals, position) => {
    const entry: unknown = cotangents[position];
    if (entry === null || entry === undefined) return avals.map((a) => new Zero(a));
    if (args.statics.has(position)) throw notNull(op, position, entry);
    const given = flattenArrays(entry, op, `cotangent ${position} from backward`);
    const structure = args.structure.children[position];
    checkFits(op, "a cotangent from backward", { avals, structure, label: `argument ${position}` }, given);
    checkZeros(op, "cotangent", "argument", avals, given);
    return avals.map((a, i): Tangent => (isFloat(a.dtype) ? inDType(given.leaves[i], a, op) : new Zero(a)));
  });
}

const notNull = (op: string, position: number, entry: unknown): CustomRuleError =>
  new CustomRuleError({
    op,
    expected: `null from backward for argument ${position}, which nondiffArgnums names`,
    received: described(entry),
    remedy: "return null there, or take the argument out of nondiffArgnums",
  });
