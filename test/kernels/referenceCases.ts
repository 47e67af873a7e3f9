// The shared reference values, where the folder beside the project is there; tests skip with a notice where it is not.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DType } from "../../src/core/dtype.js";
import { isDType } from "../../src/core/dtype.js";
import type { HostArray } from "../../src/kernels/host.js";
import { host } from "./brute.js";

const folder = new URL("../../../shared/reference/", import.meta.url);

export const referencePresent = existsSync(folder);
if (!referencePresent) console.warn("The reference values (../shared/reference) are absent: tests that compare with them are skipped.");

/** An array as the reference files write it. */
export interface StoredArray {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: (number | string)[];
}

export interface ReferenceCase {
  readonly fn: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly args: StoredArray[];
  readonly out: StoredArray[];
}

const special: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

export function fromStored({ shape, dtype, data }: StoredArray, as?: DType): HostArray {
  const own = as ?? (isDType(dtype) ? dtype : "int32");
  return host(
    own,
    shape,
    data.map((v) => (typeof v === "number" ? v : special[v])),
  );
}

export const readReference = (name: string): unknown =>
  referencePresent ? JSON.parse(readFileSync(fileURLToPath(new URL(name, folder)), "utf8")) : [];

/** The cases of functions.json for one function. */
export const casesOf = (fn: string): ReferenceCase[] => {
  const all = readReference("functions.json");
  return Array.isArray(all) ? all.filter((c: ReferenceCase) => c.fn === fn) : [];
};

export function expectedOf(given: ReferenceCase): HostArray {
  return fromStored(given.out[0]);
}
