// What checkVmap and checkJit share: a function of trees as one of lists of arrays (other leaves held fixed), and the
// comparison of what a transformed version gives with what it should give.

import { LiteralArray, type NDArray } from "../core/array.js";
import { sameType, showAval } from "../core/aval.js";
import { type AnyFunction, call } from "../transform/functions.js";
import { settled } from "../transform/vjp.js";
import { treeUnflatten } from "../tree/index.js";
import { type Closeness, describeDistance, distanceBetween } from "./close.js";
import { TransformCheckError } from "./errors.js";
import { type FlatTreeOf, arraysOf, resultPath } from "./flat.js";
import { showArgumentPath } from "../transform/leaves.js";

/** A function of lists of arrays that remembers where its results stand in the user's tree. */
export interface Listed {
  readonly name: string;
  readonly f: (...xs: NDArray[]) => NDArray[];
  readonly xs: readonly NDArray[];
  readonly inputs: readonly string[];
  /** The paths of the results of the last call. */
  outputs(): readonly string[];
}

/** The user's function, of the arrays among the leaves of `args`. */
export function listedOf(op: string, f: AnyFunction, args: readonly unknown[]): Listed {
  const { leaves, structure, paths } = arraysOf(args, op, "arguments");
  let out: FlatTreeOf | undefined;
  return {
    name: f.name === "" ? "an anonymous function" : f.name,
    f: (...xs) => {
      out = arraysOf(call(f, treeUnflatten(structure, xs) as readonly unknown[]), op, "the result");
      return out.leaves.map(settled);
    },
    xs: leaves,
    inputs: paths.map(showArgumentPath),
    outputs: () => (out?.paths ?? []).map(resultPath),
  };
}

/** Whether a leaf was a plain number. */
export const isNumber = (x: NDArray): boolean => x instanceof LiteralArray;

/** What is compared, in the words of a message. */
export interface Comparison {
  readonly op: string;
  /** "vmap with inAxes [0, null]" */
  readonly transformed: string;
  /** "a loop" */
  readonly plain: string;
  readonly remedy: string;
  readonly outputs: readonly string[];
}

/** Refuses results of the transformed function that are not those of the plain one. */
export function expectAgreement(actual: readonly NDArray[], expected: readonly NDArray[], closeness: Closeness, what: Comparison): void {
  const { op, transformed, plain, remedy, outputs } = what;
  const fail = (wanted: string, received: string): never => {
    throw new TransformCheckError({ op, expected: `${transformed} to give what ${plain} gives, ${wanted}`, received, remedy });
  };
  if (actual.length !== expected.length) fail(`${expected.length} results`, String(actual.length));
  expected.forEach((y, k) => {
    const [x, path] = [actual[k], outputs[k] ?? "the result"];
    if (!sameType(x.aval, y.aval)) fail(`${showAval(y.aval)} at ${path}`, showAval(x.aval));
    const distance = distanceBetween(x, y, closeness);
    if (distance !== undefined) fail(...describeDistance(distance, x, path));
  });
}
