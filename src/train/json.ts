// What can be written as JSON and read back the same: the memory of hooks, and what is said of a checkpoint.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const isJsonRecord = (x: unknown): x is Readonly<Record<string, Json>> => typeof x === "object" && x !== null && !Array.isArray(x);

/** A number as JSON, which has neither NaN nor infinities. */
export const toJsonNumber = (x: number): Json => (Number.isFinite(x) ? x : String(x));

export const fromJsonNumber = (x: Json | undefined): number | undefined => {
  if (typeof x === "number") return x;
  return x === "NaN" || x === "Infinity" || x === "-Infinity" ? Number(x) : undefined;
};
