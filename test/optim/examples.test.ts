// The examples in the doc comments of schedules and losses run, and give what their comments say.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { NDArray, numpy as np, optim } from "../../src/index.js";

interface Example {
  readonly file: string;
  /** Statements before the last line. */
  readonly before: string;
  readonly code: string;
  readonly result: string;
}

const root = fileURLToPath(new URL("../../src/optim/", import.meta.url));

function examplesOf(file: string): Example[] {
  return [...readFileSync(root + file, "utf8").matchAll(/@example\s((?:.*\n)+?) \*\//g)].map(([, text]) => {
    const lines = text
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, ""));
    const [code, result = "undefined"] = (lines.at(-1) ?? "").split(" // ");
    // A result may be followed by words.
    return { file, before: lines.slice(0, -1).join("\n"), code: code.replace(/;$/, ""), result: result.replace(/\], .*$/, "]") };
  });
}

const filesOf = (folder: string): string[] =>
  readdirSync(root + folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`);
const examples = ["schedules", "losses"].flatMap(filesOf).flatMap(examplesOf);

/** Arrays as nested lists, and numbers rounded as the comments show them. */
function plain(x: unknown): unknown {
  if (x instanceof NDArray) return plain(x.toArray());
  if (Array.isArray(x)) return x.map(plain);
  return typeof x === "number" ? Number(x.toPrecision(6)) + 0 : x;
}

// oxlint-disable-next-line no-new-func -- the text is this project's own documentation
const run = ({ before, code }: Example): unknown => new Function("optim", "np", `${before}\nreturn (${code});`)(optim, np);

describe("examples of schedules and losses", () => {
  it("are there", () => expect(examples.length).toBeGreaterThan(45));

  it.each(examples)("$file: $code", (example) => {
    expect(plain(run(example))).toEqual(plain(JSON.parse(example.result)));
  });
});
