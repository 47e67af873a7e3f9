// Refusals of what users pass to loops and branches: carries that change, branches that differ, lengths that disagree.
// All differences are listed by path.

import type { NDArray } from "../../core/array.js";
import { type Aval, sameType, showAval } from "../../core/aval.js";
import { DTypeError, OptionError, ShapeError } from "../../core/errors.js";
import { showValue } from "../../core/options.js";
import { sameShape } from "../../core/shape.js";
import { type TreeStructure, checkSameStructure, showPath } from "../../tree/index.js";

/** A tree's types, and what errors call it. */
export interface TypedTree {
  readonly structure: TreeStructure;
  readonly avals: readonly Aval[];
  readonly label: string;
}

const SHOWN = 10;

/**
 * Refuses two trees that differ in structure or in the types of their leaves.
 *
 * @throws TreeError; ShapeError or DTypeError that lists the differing leaves by path.
 */
export function checkSameTypes(op: string, expected: TypedTree, given: TypedTree, remedy: string): void {
  checkSameStructure(op, expected.structure, given.structure, [expected.label, given.label]);
  const differing = expected.avals.flatMap((a, i) => (sameType(a, given.avals[i]) ? [] : [i]));
  if (differing.length === 0) return;
  const paths = expected.structure.paths();
  const lines = differing
    .slice(0, SHOWN)
    .map(
      (i) =>
        `\n    ${showPath(paths[i])}: ${showAval(expected.avals[i])} in ${expected.label}, ${showAval(given.avals[i])} in ${given.label}`,
    );
  const more = differing.length > SHOWN ? `\n    and ${differing.length - SHOWN} more` : "";
  const parts = { op, expected: "the same types on both sides", received: `types that differ at${lines.join("")}${more}`, remedy };
  const shapes = differing.some((i) => !sameShape(expected.avals[i].shape, given.avals[i].shape));
  throw shapes ? new ShapeError(parts) : new DTypeError(parts);
}

/**
 * The number of steps of a loop over the leading axis of `xs`.
 *
 * @throws ShapeError for scalars and lengths that disagree; OptionError when nothing says the length.
 */
export function checkLength(op: string, xs: readonly NDArray[], structure: TreeStructure, length: unknown): number {
  if (length !== undefined && !(Number.isInteger(length) && (length as number) >= 0)) {
    throw new OptionError({
      op,
      expected: "length: a non-negative integer",
      received: showValue(length),
      remedy: "pass the number of steps, or leave it out where xs have it",
    });
  }
  const paths = structure.paths();
  const scalar = xs.findIndex((x) => x.ndim === 0);
  if (scalar >= 0) {
    throw new ShapeError({
      op,
      expected: `an array with a leading axis of steps at ${showPath(paths[scalar], "xs")}`,
      received: showAval(xs[scalar].aval),
      remedy: "close over what does not change from step to step, or put it into the carry",
    });
  }
  const found = (length as number | undefined) ?? xs[0]?.shape[0];
  if (found === undefined) {
    throw new OptionError({
      op,
      expected: "xs with at least one array, or length",
      received: "neither",
      remedy: "say how many steps there are with { length }",
    });
  }
  if (xs.every((x) => x.shape[0] === found)) return found;
  throw new ShapeError({
    op,
    expected: length === undefined ? "one length for the leading axes of all xs" : `leading axes of length ${found} (length)`,
    received: xs.map((x, i) => `${x.shape[0]} at ${showPath(paths[i], "xs")}`).join(", "),
    remedy: "pass arrays whose leading axes agree",
  });
}

/**
 * How many steps a compiled loop does at a time; `true` stands for all.
 *
 * @throws OptionError for anything but a positive integer or a boolean.
 */
export function checkUnroll(op: string, unroll: unknown, length: number): number {
  if (typeof unroll === "boolean") return unroll ? Math.max(1, length) : 1;
  if (Number.isInteger(unroll) && (unroll as number) >= 1) return unroll as number;
  throw new OptionError({
    op,
    expected: "unroll: a positive integer, or true for all steps",
    received: showValue(unroll),
    remedy: "leave it out, or pass the number of steps to do at a time",
  });
}
