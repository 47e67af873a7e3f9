// functions.json: each case eagerly and compiled, its derivatives in both modes, eagerly and compiled, in both float types.

import type { NDArray } from "../../src/core/array.js";
import type { FloatDType } from "../../src/core/dtype.js";
import { jit } from "../../src/transform/jit.js";
import { jvp } from "../../src/transform/forward.js";
import { vjp } from "../../src/transform/vjp.js";
import { Attrs } from "./attrs.js";
import { describeTolerances, difference, functionTolerances } from "./compare.js";
import { type Failure, type Outcome, type ReferenceCase, type Suite, attempt, floatDTypes, labelOf, notCovered, outcomeOf } from "./harness.js";
import { MalformedReference, type JsonObject, type StoredArray, list, number, object, storedArrays, string, toOperand } from "./parse.js";

/** What computes a case: its attributes (read by name), and the dtype of the run's floats. */
export type Mapping = (attrs: Attrs, float: FloatDType) => (...args: NDArray[]) => NDArray | readonly NDArray[];
export type Mappings = Readonly<Record<string, Mapping>>;

interface Stored {
  readonly fn: string;
  readonly attrs: JsonObject;
  readonly args: readonly StoredArray[];
  readonly out: readonly StoredArray[];
  readonly derivatives?: Derivatives;
}

interface Derivatives {
  readonly diff: readonly number[];
  readonly cotangents: readonly StoredArray[];
  readonly vjp: readonly StoredArray[];
  readonly tangents: readonly StoredArray[];
  readonly jvp: readonly StoredArray[];
}

function parseCase(x: unknown, where: string): Stored {
  const given = object(x, where);
  const args = storedArrays(given["args"], `${where}.args`);
  const out = storedArrays(given["out"], `${where}.out`);
  const common = { fn: string(given["fn"], `${where}.fn`), attrs: object(given["attrs"], `${where}.attrs`), args, out };
  if (given["diff"] === undefined) return common;
  const diff = list(given["diff"], `${where}.diff`).map((v, i) => number(v, `${where}.diff[${i}]`));
  if (diff.some((i) => !(i in args))) throw new MalformedReference(`${where}.diff`, `positions among ${args.length} arguments`, diff);
  const many = (name: string, count: number): StoredArray[] => {
    const arrays = storedArrays(given[name], `${where}.${name}`);
    if (arrays.length === count) return arrays;
    throw new MalformedReference(`${where}.${name}`, `${count} arrays`, arrays.length);
  };
  const [n, m] = [diff.length, out.length];
  return { ...common, derivatives: { diff, cotangents: many("cotangents", m), vjp: many("vjp", n), tangents: many("tangents", n), jvp: many("jvp", m) } };
}

type Flat = (...xs: NDArray[]) => NDArray[];

function differences(actual: readonly NDArray[], expected: readonly StoredArray[], float: FloatDType): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} results, expected ${expected.length}`;
  const found = actual.flatMap((x, i) => {
    const message = difference(x, expected[i], float, functionTolerances);
    return message === undefined ? [] : [actual.length === 1 ? message : `result ${i}: ${message}`];
  });
  return found.length === 0 ? undefined : found.join("; ");
}

function runDerivatives(f: Flat, args: readonly NDArray[], { diff, ...stored }: Derivatives, float: FloatDType): Failure[] {
  const operands = (arrays: readonly StoredArray[]): NDArray[] => arrays.map((a) => toOperand(a, float));
  const g: Flat = (...xs) => f(...args.map((x, i) => (diff.includes(i) ? xs[diff.indexOf(i)] : x)));
  const xs = diff.map((i) => args[i]);
  const [cts, dxs] = [operands(stored.cotangents), operands(stored.tangents)];
  const reverse = (ys: NDArray[], given: NDArray[]): NDArray[] => [...vjp(g, ys)[1](given)];
  const forward = (ys: NDArray[], given: NDArray[]): NDArray[] => [...jvp(g, ys, given)[1]];
  const modes: [string, (ys: NDArray[], given: NDArray[]) => NDArray[], NDArray[], readonly StoredArray[]][] = [
    ["vjp", reverse, cts, stored.vjp],
    ["jit of vjp", jit(reverse), cts, stored.vjp],
    ["jvp", forward, dxs, stored.jvp],
    ["jit of jvp", jit(forward), dxs, stored.jvp],
  ];
  return modes.flatMap(([mode, run, given, expected]) => attempt(mode, float, () => differences(run(xs, given), expected, float)));
}

function runCase({ fn, attrs, args, out, derivatives }: Stored, where: string, mappings: Mappings, absent: (fn: string) => string | undefined): Outcome {
  const mapping = Object.hasOwn(mappings, fn) ? mappings[fn] : undefined;
  if (mapping === undefined) return notCovered(absent(fn) ?? `no mapping for ${fn}`);
  const failures = floatDTypes.map((float) => {
    const read = new Attrs(attrs, where);
    const mapped = mapping(read, float);
    if (read.unread().length > 0) return read.unread();
    const f: Flat = (...xs) => [mapped(...xs)].flat();
    const operands = args.map((a) => toOperand(a, float));
    return [
      ...attempt("eager", float, () => differences(f(...operands), out, float)),
      ...attempt("jit", float, () => differences(jit(f)(...operands), out, float)),
      ...(derivatives === undefined ? [] : runDerivatives(f, operands, derivatives, float)),
    ];
  });
  const unread = failures.flat().filter((x): x is string => typeof x === "string");
  if (unread.length > 0) return notCovered(`no mapping for ${fn} with ${[...new Set(unread)].join(", ")}`);
  return outcomeOf(failures.flat().filter((x): x is Failure => typeof x !== "string"));
}

/** The suite of functions.json for the given mappings; `absent` says why a function has none. */
export const functionSuite = (mappings: Mappings, absent: (fn: string) => string | undefined): Suite => ({
  file: "functions.json",
  comparison: describeTolerances(functionTolerances),
  cases: (data) =>
    list(data, "functions.json").map((x, i): ReferenceCase => {
      const where = `functions.json[${i}]`;
      const stored = parseCase(x, where);
      return { label: labelOf(stored.fn, stored.attrs), group: stored.fn, run: () => runCase(stored, where, mappings, absent) };
    }),
});
