// Why a jitted function was traced again: the call is compared with the trace that it resembles most.

import type { NDArray } from "../core/array.js";
import { type Aval, avalKey, showAval } from "../core/aval.js";
import type { TreeStructure } from "../tree/index.js";
import { showArgumentPath } from "./leaves.js";

/** One trace of a jitted function. */
export interface TraceRecord {
  /** What was new about the call. */
  readonly reason: string;
  /** The types it was traced for, by path. */
  readonly avals: readonly Aval[];
  readonly structure: TreeStructure;
  readonly statics: ReadonlyMap<number, unknown>;
}

/** The record of a trace about to happen, its reason found by comparison with earlier ones. */
export function explain(
  earlier: readonly TraceRecord[],
  leaves: readonly NDArray[],
  structure: TreeStructure,
  statics: ReadonlyMap<number, unknown>,
): TraceRecord {
  const avals = leaves.map((x) => x.aval);
  const differences = earlier.map((record) => compare(record, avals, structure, statics));
  const closest = differences.reduce<readonly string[] | undefined>(
    (best, d) => (best === undefined || d.length <= best.length ? d : best),
    undefined,
  );
  const reason =
    closest === undefined
      ? "first call"
      : closest.length === 0
        ? "same types as an earlier call, whose program closed over values of an outer transform or was dropped"
        : closest.join("; ");
  return { reason, avals, structure, statics };
}

function compare(
  record: TraceRecord,
  avals: readonly Aval[],
  structure: TreeStructure,
  statics: ReadonlyMap<number, unknown>,
): readonly string[] {
  const changedStatics = [...statics]
    .filter(([position, value]) => !Object.is(record.statics.get(position), value))
    .map(([position, value]) => `static argument ${position} was ${show(record.statics.get(position))}, now ${show(value)}`);
  if (!record.structure.equals(structure)) return [...changedStatics, `the arguments' structure was ${record.structure}, now ${structure}`];
  const paths = structure.paths();
  const changedTypes = avals.flatMap((a, i) => {
    const before = record.avals[i];
    if (avalKey(a) === avalKey(before)) return [];
    return [`${showArgumentPath(paths[i])} was ${describeAval(before)}, now ${describeAval(a)}`];
  });
  return [...changedStatics, ...changedTypes];
}

const describeAval = (a: Aval): string =>
  a.weak === undefined ? showAval(a) : a.weak === "integer" ? "a whole JavaScript number" : "a fractional JavaScript number";

function show(value: unknown): string {
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return "another object";
  return Object.is(value, -0) ? "-0" : String(value);
}
