// functions.json: each case eagerly and compiled, its derivatives in both modes, eagerly and compiled, in both float types.

import type { NDArray } from "../../src/core/array.js";
import type { FloatDType } from "../../src/core/dtype.js";
import { jit } from "../../src/transform/jit.js";
import { jvp } from "../../src/transform/forward.js";
import { vjp } from "../../src/transform/vjp.js";
import { Attrs } from "./attrs.js";
import { type Tolerances, describeTolerances, difference, functionTolerances } from "./compare.js";
import {
  type Failure,
  type Outcome,
  type ReferenceCase,
  type Suite,
  attempt,
  floatDTypes,
  labelOf,
  notCovered,
  outcomeOf,
} from "./harness.js";
import { MalformedReference, type JsonObject, type StoredArray, list, number, object, storedArrays, string, toOperand } from "./parse.js";

/** What computes a case: its attributes (read by name), and the dtype of the run's floats. */
export type Mapping = (attrs: Attrs, float: FloatDType) => (...args: NDArray[]) => NDArray | readonly NDArray[];
export type Mappings = Readonly<Record<string, Mapping>>;

/** What the functions of a library are, and why some are missing or compared less closely. */
export interface Functions {
  readonly mappings: Mappings;
  /** Why a function has no mapping. */
  absent(fn: string): string | undefined;
  /** Functions whose reference values are themselves less accurate than float64. */
  readonly coarse: Readonly<Record<string, { readonly relative: number; readonly why: string }>>;
}

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
  return {
    ...common,
    derivatives: { diff, cotangents: many("cotangents", m), vjp: many("vjp", n), tangents: many("tangents", n), jvp: many("jvp", m) },
  };
}

type Flat = (...xs: NDArray[]) => NDArray[];

type Compare = (actual: readonly NDArray[], expected: readonly StoredArray[]) => string | undefined;

const comparing =
  (float: FloatDType, tolerances: Tolerances): Compare =>
  (actual, expected) => {
    if (actual.length !== expected.length) return `${actual.length} results, expected ${expected.length}`;
    const found = actual.flatMap((x, i) => {
      const message = difference(x, expected[i], float, tolerances);
      return message === undefined ? [] : [actual.length === 1 ? message : `result ${i}: ${message}`];
    });
    return found.length === 0 ? undefined : found.join("; ");
  };

function runDerivatives(
  f: Flat,
  args: readonly NDArray[],
  { diff, ...stored }: Derivatives,
  float: FloatDType,
  compare: Compare,
): Failure[] {
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
  return modes.flatMap(([mode, run, given, expected]) => attempt(mode, float, () => compare(run(xs, given), expected)));
}

function runCase({ fn, attrs, args, out, derivatives }: Stored, where: string, { mappings, absent, coarse }: Functions): Outcome {
  const mapping = Object.hasOwn(mappings, fn) ? mappings[fn] : undefined;
  if (mapping === undefined) return notCovered(absent(fn) ?? `no mapping for ${fn}`);
  const read = floatDTypes.map((float) => {
    const given = new Attrs(attrs, where);
    return { float, mapped: mapping(given, float), unread: given.unread() };
  });
  const [{ unread }] = read;
  if (unread.length > 0) return notCovered(`no mapping for ${fn} with ${unread.join(", ")}`);
  const float64 = Object.hasOwn(coarse, fn) ? { relative: coarse[fn].relative, floor: 0 } : functionTolerances.float64;
  const failures = read.flatMap(({ float, mapped }) => {
    const compare = comparing(float, { ...functionTolerances, float64 });
    const f: Flat = (...xs) => [mapped(...xs)].flat();
    const operands = args.map((a) => toOperand(a, float));
    return [
      ...attempt("eager", float, () => compare(f(...operands), out)),
      ...attempt("jit", float, () => compare(jit(f)(...operands), out)),
      ...(derivatives === undefined ? [] : runDerivatives(f, operands, derivatives, float, compare)),
    ];
  });
  return outcomeOf(failures);
}

const describeCoarse = ({ coarse }: Functions): string =>
  Object.entries(coarse)
    .map(([fn, { relative, why }]) => `; ${fn} in float64: ${relative} · max|b|, for ${why}`)
    .join("");

/** The suite of functions.json. */
export const functionSuite = (functions: Functions): Suite => ({
  file: "functions.json",
  comparison: describeTolerances(functionTolerances) + describeCoarse(functions),
  cases: (data) =>
    list(data, "functions.json").map((x, i): ReferenceCase => {
      const where = `functions.json[${i}]`;
      const stored = parseCase(x, where);
      return { label: labelOf(stored.fn, stored.attrs), group: stored.fn, run: () => runCase(stored, where, functions) };
    }),
});
