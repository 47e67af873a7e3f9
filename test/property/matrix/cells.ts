// A cell: what the matrix states of a row, a dtype and a column, and the check that it is so. There is a statement for each
// cell; a cell that does not keep it is a hole.

import { expect } from "vitest";
import { type ConcreteArray } from "../../../src/core/array.js";
import { type DType, dtypes, isFloat } from "../../../src/core/dtype.js";
import { showAval } from "../../../src/core/aval.js";
import { CotangentError } from "../../../src/core/errors.js";
import { captureSource, withSource } from "../../../src/core/source.js";
import { deep } from "../settings.js";
import type { Flat } from "../case.js";
import { arrayOf } from "../arbitraries.js";
import { elements, expectClose, forward, onlyFloats, reverse } from "../measure.js";
import { batch, batchOfGrad, cotangent, eager, gradOfBatch, integer, tangent, tangentOfCotangent, zero } from "./columns.js";
import { type Inside, insides } from "./insides.js";
import { along, loop, mapped, patterns, stacked, tolerance } from "./oracles.js";
import type { Row } from "./rows.js";
import { type Trial, isLeading, trialsOf } from "./trials.js";
import { applied } from "../table.js";

export const valueColumns = ["eager", "vmap"] as const;
export const derivativeColumns = ["jvp", "vjp", "vmap of grad", "grad of vmap", "jvp of vjp"] as const;
export const insideColumns = Object.keys(insides) as readonly (keyof typeof insides)[];
export const columns = [...valueColumns, ...derivativeColumns, ...insideColumns] as const;
export type Column = (typeof columns)[number];
type DerivativeColumn = (typeof derivativeColumns)[number];

export type Statement =
  | { readonly tag: "passes" }
  /** The derivative is zero. */
  | { readonly tag: "zero" }
  /** No gradient: the operands are integers. */
  | { readonly tag: "integer" }
  /** The transform throws this. */
  | { readonly tag: "refuses"; readonly message: RegExp }
  /** The type rule refuses the dtype. */
  | { readonly tag: "untyped" };

const isDerivative = (column: Column): column is DerivativeColumn => (derivativeColumns as readonly Column[]).includes(column);
const isInside = (column: Column): column is keyof typeof insides => column in insides;

function refusal({ forward: inForward, reverse: inReverse, second }: Row, column: DerivativeColumn): RegExp | undefined {
  if (column === "jvp") return inForward;
  return inReverse ?? (column === "jvp of vjp" ? second : undefined);
}

export function statementOf(row: Row, dtype: DType, column: Column): Statement {
  if (!row.of.dtypes.includes(dtype)) return { tag: "untyped" };
  if (!isDerivative(column)) return { tag: "passes" };
  if (!isFloat(dtype)) return { tag: "integer" };
  if (row.of.derivative.tag === "zero") return { tag: "zero" };
  const message = refusal(row, column);
  return message === undefined ? { tag: "passes" } : { tag: "refuses", message };
}

const checks: Readonly<Record<Exclude<Column, keyof typeof insides>, (trial: Trial) => void>> = {
  eager,
  vmap: batch,
  jvp: tangent,
  vjp: cotangent,
  "vmap of grad": batchOfGrad,
  "grad of vmap": gradOfBatch,
  "jvp of vjp": tangentOfCotangent,
};

/** The operands of both examples with what goes in before them. */
const withExtras = ({ extras }: Inside, { examples }: Trial): readonly (readonly ConcreteArray[])[] =>
  examples.map((xs, n) => [...extras(n), ...xs]);

/** Values, batches and derivatives through what it is inside of, against the same said plainly. */
function checkInside(column: keyof typeof insides, trial: Trial): void {
  const inside: Inside = insides[column];
  const { f, row, dtype, turn } = trial;
  const [g, plain] = [inside.wrap(f, turn, trial.active), inside.plain(f)];
  const examples = withExtras(inside, trial);
  const before = inside.extras(0).length;
  for (const xs of examples.slice(0, before > 0 || deep ? 2 : 1)) expectClose(g(...xs), plain(...xs), tolerance(dtype), "value");
  for (const dims of patterns(examples[0], before).slice(deep || isLeading(dtype) ? 0 : 1)) {
    const xs = stacked(examples, dims);
    expectClose(mapped(g, dims, 2)(...xs), loop(plain, xs, dims, 2), tolerance(dtype), "vmap");
  }
  const active = trial.active.map((i) => i + before);
  if (active.length === 0) return;
  const tangents =
    (h: Flat): Flat =>
    (...xs) =>
      forward(onlyFloats(h), xs, along(examples[0], 1), active);
  const cts = along(onlyFloats(plain)(...examples[0]), 2);
  const pulled =
    (h: Flat): Flat =>
    (...xs) =>
      reverse(onlyFloats(h), xs, cts, active);
  agree(tangents(g), tangents(plain), examples, row.forward, dtype, before, "forward mode");
  agree(pulled(g), pulled(plain), examples, row.reverse, dtype, before, "reverse mode");
}

/** Two derivatives agree on both examples and on a batch of them, or the first refuses. */
function agree(
  found: Flat,
  expected: Flat,
  examples: readonly (readonly ConcreteArray[])[],
  message: RegExp | undefined,
  dtype: DType,
  before: number,
  what: string,
): void {
  if (message !== undefined) {
    expect(() => found(...examples[0])).toThrow(message);
    return;
  }
  for (const xs of examples.slice(0, deep ? 2 : 1)) expectClose(found(...xs), expected(...xs), tolerance(dtype), what);
  for (const dims of patterns(examples[0], before).slice(0, deep ? 2 : isLeading(dtype) ? 1 : 0)) {
    const xs = stacked(examples, dims);
    expectClose(mapped(found, dims, 2)(...xs), loop(expected, xs, dims, 2), tolerance(dtype), `vmap of ${what}`);
  }
}

/** What the type rule says of a dtype that the row does not take: the operands of its first dtype converted. */
export function untypedMessage(row: Row, dtype: DType): string {
  const [first] = row.of.dtypes;
  const [trial] = trialsOf(row, first);
  const as = (x: ConcreteArray): ConcreteArray => (x.dtype === first ? arrayOf(dtype, elements(x).map(Math.trunc), x.shape) : x);
  const params = Object.fromEntries(Object.entries(trial.params).map(([key, value]) => [key, value === first ? dtype : value]));
  try {
    applied(row.name, params)(...trial.examples[0].map(as));
  } catch (error) {
    if (error instanceof CotangentError) return `${error.name}: ${error.message.split("\n")[0]}`;
    throw error;
  }
  throw new Error(`${row.label} takes ${dtype}, but the table does not say so`);
}

/** What a transform says of a derivative that it refuses: the first line. */
export function refusalMessage(row: Row, dtype: DType, column: Column): string {
  const trial = trialsOf(row, dtype).find(({ active }) => active.length > 0);
  if (trial === undefined || !isDerivative(column)) throw new Error(`nothing to differentiate ${row.label} in`);
  try {
    checks[column](trial);
  } catch (error) {
    if (error instanceof CotangentError) return `${error.name}: ${error.message.split("\n")[0]}`;
    throw error;
  }
  throw new Error(`${row.label} does not refuse ${column}`);
}

function check(statement: Statement, column: Column, trial: Trial): void {
  switch (statement.tag) {
    case "passes":
      if (isInside(column)) return checkInside(column, trial);
      // Nothing to differentiate in among these operands.
      return isDerivative(column) && trial.active.length === 0 ? undefined : checks[column](trial);
    case "zero":
      return zero(trial);
    case "integer":
      return integer(trial);
    case "refuses":
      if (!isDerivative(column)) throw new Error("only derivatives are refused");
      if (trial.active.length > 0) expect(() => checks[column](trial)).toThrow(statement.message);
      return;
    case "untyped":
      return;
    default:
      return statement satisfies never;
  }
}

/** The line of every equation: to find it for each costs more than all else. */
const here = captureSource();

/** Checks all cells of a row; gives the holes, each with its dtype, its column, and what is wrong. */
export function holesOf(row: Row): string[] {
  return dtypes.flatMap((dtype) => {
    if (!row.of.dtypes.includes(dtype)) {
      const message = untypedMessage(row, dtype);
      return message.startsWith("DTypeError: ") ? [] : [`${dtype}: ${message}`];
    }
    const trials = trialsOf(row, dtype);
    if (trials.length === 0) return [`${dtype}: no trial`];
    return columns.flatMap((column) =>
      // Bodies see shapes and types, which the first trial shows; the empty ones go through all of them in float64.
      trials.slice(0, isInside(column) && !deep && dtype !== "float64" ? 1 : trials.length).flatMap((trial) => {
        try {
          withSource(here, () => check(statementOf(row, dtype, column), column, trial));
          return [];
        } catch (error) {
          const shown = trial.examples[0].map((x) => showAval(x.aval)).join(" ");
          return [`${row.label}, ${dtype}, ${column}, operands ${shown}: ${error instanceof Error ? String(error.stack) : String(error)}`];
        }
      }),
    );
  });
}
