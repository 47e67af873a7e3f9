// The matrix: every primitive under every transform, inside of every loop, branch and rule, in every dtype. A cell passes
// or refuses as stated; anything else is a hole.

import { describe, expect, it } from "vitest";
import "./settings.js";
import { holesOf } from "./matrix/cells.js";
import { rows } from "./matrix/rows.js";

describe("the matrix has no hole", () => {
  it.each(rows.map((row) => [row.label, row] as const))("%s", (_, row) => {
    const holes = holesOf(row);
    if (holes.length > 0) expect.fail(holes.join("\n\n"));
  });
});
