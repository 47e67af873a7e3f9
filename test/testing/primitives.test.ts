// The library's own primitives under the checks that its users have: derivatives, in the long form of the suite.

import * as fc from "fast-check";
import { describe, it } from "vitest";
import type { NDArray } from "../../src/index.js";
import { isFloat } from "../../src/core/dtype.js";
import { checkGrads } from "../../src/testing/index.js";
import { applications } from "../property/drawing.js";
import { deep, runs } from "../property/settings.js";
import { caseOf, names } from "../property/table.js";

const smooth = names.filter((name) => caseOf(name).derivative.tag === "smooth" && caseOf(name).dtypes.includes("float64"));
// One in twelve in the usual suite, which has tests of its own for each primitive.
const chosen = deep ? smooth : smooth.filter((_, i) => i % 12 === 0);

describe("checkGrads of primitives", () => {
  it.each(chosen)("%s", (name) => {
    fc.assert(
      fc.property(applications(name, "float64"), ({ f, operands, active }) => {
        fc.pre(active.some((i) => operands[i].size > 0) && f(...operands).some((y) => isFloat(y.dtype)));
        const g = (...xs: NDArray[]): readonly NDArray[] => f(...operands.map((x, i) => (active.includes(i) ? xs[active.indexOf(i)] : x)));
        checkGrads(
          g,
          active.map((i) => operands[i]),
          { order: deep ? 2 : 1, directions: 1 },
        );
      }),
      runs(4, 30),
    );
  });
});
