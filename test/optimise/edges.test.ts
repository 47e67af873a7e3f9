// Laws at the values where they would break.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConcreteArray } from "../../src/core/array.js";
import { checkJaxpr } from "../../src/core/check.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { conversions } from "../../src/optimise/conversions.js";
import { layout } from "../../src/optimise/layout.js";
import { parts } from "../../src/optimise/parts.js";
import { reductions } from "../../src/optimise/reductions.js";
import { repetition } from "../../src/optimise/repetition.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { expectSame } from "../property/measure.js";
import { runs } from "../property/settings.js";
import { edgePrograms } from "./edges.js";
import { applied, exactly } from "./exactly.js";

describe("exact rules", () => {
  it("keep every bit of NaN, signed zeros, infinities, subnormals and the limits of integers", () => {
    fc.assert(
      fc.property(edgePrograms, ({ inputs, run }) => {
        const traced = makeJaxpr(run)(...inputs);
        const program = exactly(traced);
        checkJaxpr(program.jaxpr);
        const args = inputs as readonly ConcreteArray[];
        try {
          expectSame(interpret(program).run(args), interpret(traced).run(args), "edges");
        } catch (error) {
          throw new Error(`${String(traced)}\n${String(program)}\non ${inputs.map(String).join("; ")}`, { cause: error });
        }
      }),
      runs(2500, 50_000),
    );
  });

  it("of layout, repetition and parts are all met by those programs", () => {
    // These the operations never write: they drop what changes nothing themselves.
    const unwritten = ["conversion to the same dtype", "a transpose that moves nothing", "padding with nothing"];
    const families = [...conversions, ...layout, ...parts, ...reductions, ...repetition];
    const exact = families.filter((rule) => rule.rounding === undefined && !unwritten.includes(rule.name));
    expect(exact.filter((rule) => !applied.has(rule.name)).map((rule) => rule.name)).toEqual([]);
  });
});
