// Derivatives of every primitive: against central differences in float64, forward against reverse mode, to second order.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, isFloat } from "../../src/core/dtype.js";
import { Zero } from "../../src/core/primitive.js";
import { jvpFlat } from "../../src/transform/jvp.js";
import { noise } from "./arbitraries.js";
import { type Application, applications } from "./drawing.js";
import { directions, dot, expectDerivatives, expectEqualProducts, forward, onlyFloats, reverse, tangentsOf } from "./measure.js";
import { runs } from "./settings.js";
import { caseOf, names } from "./table.js";
import { primitives } from "../../src/primitives.js";

const tangentsAlong = ({ f, operands, active }: Application): readonly unknown[] =>
  jvpFlat("test", f, operands, tangentsOf(operands, directions(operands, 1), active))[1];

const has = (tag: string, dtype: DType = "float64") =>
  names.filter((name) => caseOf(name).derivative.tag === tag && caseOf(name).dtypes.includes(dtype));

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
      runs(10, 300),
    );
  });

  it.each(has("smooth", "float32"))("%s: in float32, tangents and cotangents have the types of values", (name) => {
    fc.assert(
      fc.property(applications(name, "float32"), ({ f, operands, active }) => {
        const g = onlyFloats(f);
        const outs = g(...operands);
        const dxs = operands.map((x, i) => noise(x.shape, i, x.dtype));
        const dys = forward(g, operands, dxs, active);
        expect(dys.map((dy) => dy.aval)).toEqual(outs.map((y) => y.aval));
        const cts = outs.map((y, k) => noise(y.shape, k, y.dtype));
        const pulled = reverse(g, operands, cts, active);
        expect(pulled.map((ct) => ct.aval)).toEqual(active.map((i) => operands[i].aval));
        const along = active.map((i) => dxs[i]);
        expectEqualProducts(dot(dys, cts), dot(along, pulled), ", float32", 1e-4);
      }),
      runs(5, 100),
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
