// The reference harness in the suite: one test a group of cases. Where the folder is absent it says so and skips.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ReferenceCase, casesOf } from "./harness.js";
import { MalformedReference } from "./parse.js";
import { defaultFolder, suites } from "./suites.js";

const present = existsSync(defaultFolder);
if (!present) console.warn("The reference values (../shared/reference) are absent: the tests that compare with them are skipped.");

const groupsOf = (cases: readonly ReferenceCase[]): [string, ReferenceCase[]][] => {
  const groups = new Map<string, ReferenceCase[]>();
  for (const given of cases) groups.set(given.group, [...(groups.get(given.group) ?? []), given]);
  return [...groups];
};

describe.skipIf(!present).each(suites)("$file", (suite) => {
  const groups = present ? groupsOf(casesOf(suite, defaultFolder) ?? []) : [];
  for (const [group, cases] of groups) {
    it(`${group}`, (context) => {
      const outcomes = cases.map((given) => ({ label: given.label, outcome: given.run() }));
      const reasons = outcomes.flatMap(({ outcome }) => (outcome.tag === "notCovered" ? [outcome.why] : []));
      if (reasons.length === outcomes.length) context.skip(`not covered: ${[...new Set(reasons)].join("; ")}`);
      expect(outcomes.filter(({ outcome }) => outcome.tag === "failed")).toEqual([]);
    });
  }
});

describe("the harness", () => {
  const inFolder = (file: string, text: string, body: (folder: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), "reference-"));
    try {
      writeFileSync(join(folder, file), text);
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const suiteOf = (file: string) => suites.filter((suite) => suite.file === file)[0];

  it.each([
    ["functions.json", "{", "functions.json: expected JSON"],
    ["functions.json", "{}", "functions.json: expected a list"],
    [
      "functions.json",
      `[{"fn":"numpy.sin","attrs":{},"args":[{"shape":[2],"dtype":"float64","data":[1]}],"out":[]}]`,
      "functions.json[0].args[0].data: expected 2 elements for shape [2]",
    ],
    [
      "functions.json",
      `[{"fn":"numpy.sin","attrs":{},"args":[{"shape":[1],"dtype":"float16","data":[1]}],"out":[]}]`,
      "functions.json[0].args[0].dtype: expected one of",
    ],
    [
      "functions.json",
      `[{"fn":"numpy.sin","attrs":{},"args":[{"shape":[1],"dtype":"float64","data":["one"]}],"out":[]}]`,
      `functions.json[0].args[0].data[0]: expected a number, "nan"`,
    ],
    ["functions.json", `[{"attrs":{},"args":[],"out":[]}]`, "functions.json[0].fn: expected a string, got nothing"],
    ["jaxprs.json", `{"sin_mul":1}`, "jaxprs.json.sin_mul: expected a string, got 1"],
  ])("refuses a malformed %s and says where", (file, text, message) => {
    inFolder(file, text, (folder) => {
      expect(() => casesOf(suiteOf(file), folder)).toThrow(MalformedReference);
      expect(() => casesOf(suiteOf(file), folder)).toThrow(message);
    });
  });

  const stored = (data: readonly number[]): object => ({ shape: [data.length], dtype: "float64", data });
  const sine = (data: readonly number[], changes: object = {}): string =>
    JSON.stringify([{ fn: "numpy.sin", attrs: {}, args: [stored([0.5, 1])], out: [stored(data)], ...changes }]);
  const exact = [Math.sin(0.5), Math.sin(1)];

  it.each([
    ["passes the right values", sine(exact), "passed", ""],
    ["fails an element that is off", sine([exact[0], exact[1] + 2e-9]), "failed", "first at element 1"],
    ["fails another shape", sine([exact[0]]), "failed", "type float64[2], expected float64[1]"],
    ["does not cover an unknown function", sine(exact, { fn: "numpy.frobnicate" }), "notCovered", "no mapping for numpy.frobnicate"],
    ["does not cover unknown attributes", sine(exact, { attrs: { speed: 9 } }), "notCovered", "no mapping for numpy.sin with speed"],
  ])("%s", (_, text, tag, detail) => {
    inFolder("functions.json", text, (folder) => {
      const [given] = casesOf(suiteOf("functions.json"), folder) ?? [];
      const outcome = given.run();
      expect(outcome.tag).toBe(tag);
      expect(JSON.stringify(outcome)).toContain(detail);
    });
  });
});
