// Trials of a cell: applications of a row's primitive in one dtype, drawn from a fixed seed, each with the operands of a
// second example of the same types. At least one has elements and, where the dtype is real, an operand to differentiate in.

import * as fc from "fast-check";
import type { ConcreteArray } from "../../../src/core/array.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import type { Flat } from "../case.js";
import { applied } from "../table.js";
import { deep } from "../settings.js";
import type { Row } from "./rows.js";

export interface Trial {
  readonly row: Row;
  readonly dtype: DType;
  readonly f: Flat;
  readonly params: object;
  readonly examples: readonly [readonly ConcreteArray[], readonly ConcreteArray[]];
  /** The operands in which it is differentiable. */
  readonly active: readonly number[];
  /** Which operand goes into a body how; another for each trial. */
  readonly turn: number;
}

/** Dtypes that differ from others in more than their width: the suite tries more of these. */
export const isLeading = (dtype: DType): boolean => dtype === "float64" || dtype === "int32" || dtype === "bool";

const countOf = (dtype: DType): number => (deep ? 8 : isLeading(dtype) ? 2 : 1);
const DRAWN = 24;
const sizes = ({ examples: [xs] }: Trial): number[] => xs.map((x) => x.size);

const drawn = (row: Row, dtype: DType): readonly Trial[] =>
  fc
    .sample(
      row.of
        .spec(dtype)
        .chain(({ params, operands, differentiable }) =>
          fc.tuple(operands, operands).map((examples) => ({ params, differentiable, examples })),
        ),
      { numRuns: DRAWN, seed: 20_240_601 },
    )
    .map(({ params, differentiable, examples }, turn) => ({
      row,
      dtype,
      f: applied(row.name, params),
      params,
      examples,
      active: examples[0].flatMap((x, i) => (isFloat(x.dtype) && (differentiable?.includes(i) ?? true) ? [i] : [])),
      turn,
    }));

const isTelling = (trial: Trial): boolean => sizes(trial).every((n) => n > 0) && (trial.active.length > 0 || !isFloat(trial.dtype));

/** A few trials: telling ones first, then one with an operand of no elements, if the row draws such. */
export function trialsOf(row: Row, dtype: DType): readonly Trial[] {
  const all = drawn(row, dtype);
  const count = countOf(dtype);
  const telling = all.filter(isTelling).toSorted((a, b) => Math.max(0, ...sizes(b)) - Math.max(0, ...sizes(a)));
  const empty = all.filter((trial) => sizes(trial).includes(0));
  const operandless = all.filter((trial) => sizes(trial).length === 0);
  return [...telling.slice(0, 1), ...empty.slice(0, 1), ...telling.slice(1), ...operandless].slice(0, count);
}
