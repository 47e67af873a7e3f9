// Derivatives of every primitive: against central differences in float64, forward against reverse mode, to second order.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFloat } from "../../src/core/dtype.js";
import { Zero } from "../../src/core/primitive.js";
import { jvpFlat } from "../../src/transform/jvp.js";
import { type Application, applications } from "./drawing.js";
import { directions, dot, expectDerivatives, expectEqualProducts, forward, reverse, tangentsOf } from "./measure.js";
import { runs } from "./settings.js";
import { caseOf, names } from "./table.js";
import { primitives } from "../../src/primitives.js";

const tangentsAlong = ({ f, operands, active }: Application): readonly unknown[] =>
  jvpFlat("test", f, operands, tangentsOf(operands, directions(operands, 1), active))[1];

const has = (tag: string) => names.filter((name) => caseOf(name).derivative.tag === tag && caseOf(name).dtypes.includes("float64"));

describe("derivatives", () => {
  it.each(has("smooth"))("%s: both modes, twice, against differences", (name) => {
    fc.assert(
      fc.property(applications(name, "float64"), (application) => {
        const { f, operands, active } = application;
        if (active.length === 0) return;
        expectDerivatives(f, operands, active, 2);
        // Each operand alone: the others have no tangent at all.
        if (active.length > 1) for (const i of active) expectDerivatives(f, operands, [i], 1);
      }),
      runs(20, 300),
    );
  });

  it.each(has("implicit"))("%s: forward against reverse mode", (name) => {
    fc.assert(
      fc.property(applications(name, "float64"), ({ f, operands, active }) => {
        const dxs = directions(operands, 1);
        const dys = forward(f, operands, dxs, active);
        const cts = directions(dys, 2);
        const along = active.map((i) => dxs[i]);
        expectEqualProducts(dot(dys, cts), dot(along, reverse(f, operands, cts, active)));
      }),
      runs(5, 50),
    );
  });

  it.each(has("zero"))("%s: the tangent is zero", (name) => {
    fc.assert(
      fc.property(applications(name, "float64"), (application) => {
        for (const tangent of tangentsAlong(application)) expect(tangent).toBeInstanceOf(Zero);
      }),
      runs(5, 50),
    );
  });

  it.each(names.filter((name) => caseOf(name).derivative.tag === "refuses"))("%s: refuses, and says why", (name) => {
    const claim = caseOf(name).derivative;
    fc.assert(
      fc.property(applications(name, "float64"), (application) => {
        if (claim.tag === "refuses") expect(() => tangentsAlong(application)).toThrow(claim.message);
      }),
      runs(3, 20),
    );
  });

  it("is claimed in the table as it is declared", () => {
    for (const name of names) {
      const declared = primitives[name].derivative.tag;
      const { derivative, dtypes } = caseOf(name);
      const claimed = dtypes.some(isFloat) ? derivative.tag : "zero";
      const accepted = declared === "constant" ? ["zero"] : declared === "opaque" ? ["refuses"] : ["smooth", "implicit"];
      expect(accepted, `${name}, declared as ${declared}`).toContain(claimed);
    }
  });
});
