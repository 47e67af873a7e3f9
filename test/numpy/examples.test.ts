// Every one-line example in the doc comments of src/numpy runs, and gives what its comment says.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { NDArray } from "../../src/core/array.js";
import * as np from "../../src/numpy/index.js";

const folder = fileURLToPath(new URL("../../src/numpy/", import.meta.url));

interface Example {
  readonly file: string;
  readonly code: string;
  readonly result: string;
}

const examplesOf = (file: string): Example[] =>
  [...readFileSync(folder + file, "utf8").matchAll(/@example (np\..*?) \/\/ (.*?)(?: \*\/)?$/gm)].map(([, code, result]) => ({
    file,
    code,
    result,
  }));

const examples = readdirSync(folder).toSorted().flatMap(examplesOf);

/** The value of an expression over `np`. */
// oxlint-disable-next-line no-new-func -- the text is this project's own documentation
const evaluate = (code: string): unknown => new Function("np", `return (${code});`)(np);

/** Arrays as nested lists, and numbers rounded to seven digits, as the comments show them. */
function plain(x: unknown): unknown {
  if (x instanceof NDArray) return plain(x.toArray());
  if (Array.isArray(x)) return x.map(plain);
  // −0 is printed as 0.
  return typeof x === "number" && Number.isFinite(x) ? Number(x.toPrecision(6)) + 0 : x;
}

describe("examples of src/numpy", () => {
  it("are there", () => expect(examples.length).toBeGreaterThan(200));

  it.each(examples)("$file: $code", ({ code, result }) => {
    const expected = evaluate(result.replaceAll("π", "Math.PI").replaceAll("∞", "Infinity"));
    expect(plain(evaluate(code))).toEqual(plain(expected));
  });
});
