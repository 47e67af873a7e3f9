// The matrix: every primitive under every transform, inside of every loop, branch and rule, in every dtype. A cell passes
// or refuses as stated; anything else is a hole. The page of what is stated must be up to date: `npm run matrix` writes it.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { documentOf } from "./matrix/document.js";
import { holesOf } from "./matrix/cells.js";
import { rows } from "./matrix/rows.js";

describe("the matrix has no hole", () => {
  it.each(rows.map((row) => [row.label, row] as const))("%s", (_, row) => {
    expect(holesOf(row).join("\n\n")).toBe("");
  });
});

it("the page of the matrix says what the matrix states", async () => {
  await expect(documentOf()).toMatchFileSnapshot(fileURLToPath(new URL("../../src/ops/MATRIX.md", import.meta.url)));
});
