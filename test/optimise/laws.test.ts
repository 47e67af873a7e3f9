// Each law of the algebra, on all pairs of edges of every dtype that it holds for, with every edge as its literal: the
// rewritten program gives the same bits as the one that was written.

import { describe, expect, it } from "vitest";
import { type ConcreteArray, type NDArray, scalar } from "../../src/core/array.js";
import { setDebug } from "../../src/core/debug.js";
import { CotangentError } from "../../src/core/errors.js";
import { type DType, dtypes } from "../../src/core/dtype.js";
import { bind } from "../../src/core/trace.js";
import { stage } from "../../src/core/staging.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { algebra } from "../../src/optimise/algebra.js";
import type { Law, Pattern } from "../../src/optimise/pattern.js";
import { rewrite } from "../../src/optimise/rewrite.js";
import { lookUp } from "../../src/optimise/table.js";
import { newTally } from "../../src/optimise/tally.js";
import { arrayOf } from "../property/arbitraries.js";
import { expectSame } from "../property/measure.js";
import "../../src/install.js";
import { edgesOf } from "./edges.js";

setDebug({ checkJaxprs: true });

/** Edges, and numbers between them at which results are rounded. */
const triedOf = (dtype: DType): readonly number[] => [...edgesOf(dtype), ...(dtype === "bool" ? [] : [7, 10, 49])];

const names = (p: Pattern, kind: "variable" | "literal"): string[] =>
  p.kind === "apply" ? [...new Set(p.args.flatMap((arg) => names(arg, kind)))] : p.kind === kind ? [p.name] : [];

const commutative = ["add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"];

/** The pattern as it stands, and with the operands of what commutes exchanged. */
const written = (p: Pattern): readonly Pattern[] =>
  p.kind === "apply" && commutative.includes(p.primitive.name) ? [p, { ...p, args: p.args.toReversed() }] : [p];

function applied(p: Pattern, values: ReadonlyMap<string, NDArray>, dtype: DType): NDArray {
  if (p.kind === "number") return scalar(p.value, dtype);
  if (p.kind !== "apply") return values.get(p.name) as NDArray;
  const isChoice = p.primitive.name === "select_n";
  return bind(
    p.primitive,
    p.args.map((arg, i) => applied(arg, values, isChoice && i === 0 ? "bool" : dtype)),
    {},
  );
}

/** Every assignment of the tried numbers to the variables, as columns. */
function columns(count: number, tried: readonly number[]): readonly (readonly number[])[] {
  const rows = tried.length ** count;
  return Array.from({ length: count }, (_, k) =>
    Array.from({ length: rows }, (_, i) => tried[Math.floor(i / tried.length ** k) % tried.length]),
  );
}

/** The program of a law's left side; `undefined` where its operations do not take the dtype. */
function programOf(
  left: Pattern,
  dtype: DType,
  literals: ReadonlyMap<string, number>,
  inputs: readonly NDArray[],
): ClosedJaxpr | undefined {
  const variables = names(left, "variable");
  try {
    return stage(
      "a law",
      inputs.map((x) => x.aval),
      (...xs) => {
        const values = new Map<string, NDArray>(variables.map((name, i) => [name, xs[i]]));
        for (const [name, value] of literals) values.set(name, scalar(value, dtype));
        return [applied(left, values, dtype)];
      },
    );
  } catch (error) {
    if (error instanceof CotangentError) return undefined;
    throw error;
  }
}

function assignments(found: readonly string[], tried: readonly number[]): ReadonlyMap<string, number>[] {
  return found.reduce<ReadonlyMap<string, number>[]>(
    (list, name) => list.flatMap((map) => tried.map((value) => new Map([...map, [name, value]]))),
    [new Map()],
  );
}

/** How often a law was applied, compared with what it stands for. */
function tryLaw(law: Law): number {
  const tally = newTally();
  for (const dtype of dtypes) {
    const tried = triedOf(dtype);
    for (const left of written(law.left)) {
      const variables = names(left, "variable");
      // A predicate is bool, whatever the cases are.
      const inputs = columns(variables.length, tried).map((values, i) =>
        law.name.startsWith("a choice") && variables[i] === "z"
          ? arrayOf(
              "bool",
              values.map((v) => (v > 0 ? 1 : 0)),
            )
          : arrayOf(dtype, values),
      );
      const given = names(left, "literal");
      // Of pairs of literals every other edge is enough: only integers meet them.
      const edges = given.length < 2 ? tried : tried.filter((_, i) => i % 2 === 1);
      for (const literals of assignments(given, edges)) {
        const traced = programOf(left, dtype, literals, inputs);
        if (traced === undefined) continue;
        const rewritten = rewrite(traced, { rules: lookUp([law]), inner: (inside) => inside, tally });
        const args = inputs as readonly ConcreteArray[];
        expectSame(interpret(rewritten).run(args), interpret(traced).run(args), `${law.name} on ${dtype}: ${String(traced)}`);
      }
    }
  }
  return tally.applied.get(law.name) ?? 0;
}

describe("the law", () => {
  it.each(algebra.map((law) => [law.name, law] as const))("%s", (_, law) => {
    expect(tryLaw(law)).toBeGreaterThan(0);
  });
});
