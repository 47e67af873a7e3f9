// Structural equality of parameters and literals, and hashes that agree with it. Plain data is compared by value; programs,
// functions and other objects by identity. Costs time linear in the data.

import type { Atom } from "../core/jaxpr.js";

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** One step of a hash of 32 bits (the multiplier is Knuth's, 2³² over the golden ratio). */
export const mix = (hash: number, next: number): number => Math.imul(hash ^ next, 0x9e3779b1) ^ (hash >>> 15);

export function hashNumber(value: number): number {
  double[0] = value;
  return words[0] ^ Math.imul(words[1], 31);
}

function hashText(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i);
  return hash;
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => Object.getPrototypeOf(value) === Object.prototype;

/** A hash of plain data; what is compared by identity counts for nothing. */
export function hashValue(value: unknown): number {
  if (typeof value === "number") return hashNumber(value);
  if (typeof value === "string") return hashText(value);
  if (typeof value !== "object" || value === null) return value === true ? 1 : value === false ? 2 : 3;
  let hash = 5;
  if (Array.isArray(value)) for (const item of value) hash = mix(hash, hashValue(item));
  else if (isPlain(value)) for (const key in value) hash = mix(hash, hashValue(value[key]));
  return hash;
}

/** Whether two values are the same plain data, or the same object. Zeros of different sign differ; NaN equals itself. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameValue(a[key], b[key]));
}

/** Whether two atoms are one variable, or literals of one type and value. */
export function sameAtom(a: Atom, b: Atom): boolean {
  if (a === b) return true;
  if (a.kind === "var" || b.kind === "var") return false;
  return Object.is(a.value, b.value) && a.aval.dtype === b.aval.dtype && a.aval.weak === b.aval.weak;
}
