// The list of primitives against the sources: each one that is declared in src/ stands in it, once.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { primitiveList, primitives } from "../../src/primitives.js";
import type { PrimitiveName } from "../../src/primitives.js";
import { table } from "./table.js";

const root = fileURLToPath(new URL("../../src", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const isHome = (file: string): boolean => /^(ops|transform)\W/.test(file);
const sources = files.filter(isHome).map(read);

/** Functions that declare a primitive by the name that is their first argument. */
const declarers = sources.flatMap((text) => [...text.matchAll(/const (\w+) =\s*<\s*const Name extends\b/g)].map((match) => match[1]));

const declared = sources.flatMap((text) =>
  [...text.matchAll(new RegExp(`\\b(?:${["primitive", ...declarers].join("|")})\\(\\s*"([a-z0-9_]+)"`, "g"))].map((match) => match[1]),
);

describe("the list of primitives", () => {
  it("has all that the sources declare, each once", () => {
    expect(declarers).toEqual(expect.arrayContaining(["unary", "binary", "running", "reduction", "scatterPrimitive"]));
    expect(declared.toSorted()).toEqual(primitiveList.map((p) => p.name).toSorted());
    expect(new Set(declared).size).toBe(declared.length);
  });

  it("has its sources in two folders", () => {
    const elsewhere = files.filter(
      (file) => !isHome(file) && /import \{[^}]*\bprimitive\b[^}]*\} from "[^"]*core\/primitive\.js"/.test(read(file)),
    );
    expect(elsewhere).toEqual([]);
  });

  it("keeps the names in the types, so that a table without one of them does not compile", () => {
    const isLiteral: string extends PrimitiveName ? false : true = true;
    expect(isLiteral).toBe(true);
    const { sin: _, ...incomplete } = table;
    // @ts-expect-error The case of sin is missing.
    const refused: typeof table = incomplete;
    expect(Object.keys(refused)).toHaveLength(primitiveList.length - 1);
    expect(Object.keys(primitives)).toHaveLength(primitiveList.length);
  });
});
