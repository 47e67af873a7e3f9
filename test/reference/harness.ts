// The core of the reference harness: a file of reference values is a suite, which makes cases of it; a case runs, and
// passes, fails or is not covered. Nothing here depends on how many cases there are, or on what seed they were made with.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FloatDType } from "../../src/core/dtype.js";
import { readJson } from "./parse.js";

/** One way of running a case that went wrong. */
export interface Failure {
  /** Such as "eager", "jit", "vjp". */
  readonly mode: string;
  readonly dtype: FloatDType | "";
  readonly message: string;
}

export type Outcome =
  | { readonly tag: "passed" }
  | { readonly tag: "failed"; readonly failures: readonly Failure[] }
  | { readonly tag: "notCovered"; readonly why: string };

export interface ReferenceCase {
  /** What was computed, with its attributes. */
  readonly label: string;
  /** What it is called, without them. */
  readonly group: string;
  run(): Outcome;
}

export interface Suite {
  readonly file: string;
  /** How results are compared. */
  readonly comparison: string;
  /** Throws MalformedReference where the data is not as it should be. `read` gives other files of the folder. */
  cases(data: unknown, read: (file: string) => unknown): readonly ReferenceCase[];
}

export interface CaseResult {
  readonly label: string;
  readonly outcome: Outcome;
}

export interface FileResult {
  readonly file: string;
  readonly comparison: string;
  /** The results; `undefined` where the folder has no such file. */
  readonly results: readonly CaseResult[] | undefined;
}

export const notCovered = (why: string): Outcome => ({ tag: "notCovered", why });

/** Runs what may throw, and says how: `undefined` is success. */
export function attempt(mode: string, dtype: FloatDType | "", body: () => string | undefined): Failure[] {
  try {
    const message = body();
    return message === undefined ? [] : [{ mode, dtype, message }];
  } catch (error) {
    return [{ mode, dtype, message: `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}` }];
  }
}

export const outcomeOf = (failures: readonly Failure[]): Outcome =>
  failures.length === 0 ? { tag: "passed" } : { tag: "failed", failures };

export const floatDTypes: readonly FloatDType[] = ["float64", "float32"];

/** The cases of one file of a folder; `undefined` where there is no such file. */
export function casesOf(suite: Suite, folder: string): readonly ReferenceCase[] | undefined {
  return existsSync(join(folder, suite.file)) ? suite.cases(readJson(folder, suite.file), (file) => readJson(folder, file)) : undefined;
}

/** Runs all suites over a folder. */
export const runFolder = (suites: readonly Suite[], folder: string): readonly FileResult[] =>
  suites.map((suite) => ({
    file: suite.file,
    comparison: suite.comparison,
    results: casesOf(suite, folder)?.map((given) => ({ label: given.label, outcome: given.run() })),
  }));

/** How a case is called in reports. */
export const labelOf = (name: string, attrs: object): string =>
  Object.keys(attrs).length === 0 ? name : `${name} ${JSON.stringify(attrs)}`;
