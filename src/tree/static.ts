// Static data that a tree's structure carries: a registered class's aux, or a non-array leaf that is kept out of the leaves.
// Primitives, lists and plain records are compared by content, anything else (functions, instances) by identity;
// two values are equal exactly when their keys are the same text.

import { TreeError } from "../core/errors.js";

const DEEPEST = 200;

const identities = new WeakMap<object, number>();
const symbols = new Map<symbol, number>();
let lastIdentity = 0;

function identityOf(x: object): number {
  const known = identities.get(x);
  if (known !== undefined) return known;
  identities.set(x, ++lastIdentity);
  return lastIdentity;
}

function symbolKey(x: symbol): string {
  const known = symbols.get(x) ?? symbols.size;
  symbols.set(x, known);
  return `s${known}`;
}

/** Whether `x` is a plain record: an object literal, or an object without a prototype. */
export function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** Whether `x` is a list or tuple proper; an instance of a class that extends Array is not. (Array.prototype is itself an array.) */
export const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x) && Array.isArray(Object.getPrototypeOf(x));

/** A text that is the same for two values exactly when they are deeply equal. */
export function staticKey(x: unknown, depth = 0): string {
  if (typeof x === "object" && x !== null) return objectKey(x, depth + 1);
  switch (typeof x) {
    case "string":
      return JSON.stringify(x);
    case "number":
      return Object.is(x, -0) ? "-0" : String(x);
    case "bigint":
      return `${x}n`;
    case "symbol":
      return symbolKey(x);
    case "function":
      return `#${identityOf(x)}`;
    default:
      return String(x);
  }
}

function objectKey(x: object, depth: number): string {
  if (depth > DEEPEST)
    throw new TreeError({
      op: "comparison of static data",
      expected: "static data without cycles",
      received: `data nested deeper than ${DEEPEST} levels`,
      remedy: "keep only plain, finite data in aux, or hold the cyclic object in a class instance, which is compared by identity",
    });
  if (isList(x)) return `[${x.map((item) => staticKey(item, depth)).join(",")}]`;
  if (!isRecord(x)) return `#${identityOf(x)}`;
  const entries = Object.keys(x)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${staticKey(x[key], depth)}`);
  return `{${entries.join(",")}}`;
}

/** A copy of what `staticKey` compares by content, frozen, so that a later change of the original cannot reach a structure. */
export function staticCopy(x: unknown): unknown {
  if (isList(x)) return Object.freeze(x.map(staticCopy));
  if (!isRecord(x)) return x;
  return Object.freeze(Object.fromEntries(Object.entries(x).map(([key, value]) => [key, staticCopy(value)])));
}
