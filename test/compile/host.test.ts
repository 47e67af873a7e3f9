// What is left to the host of every primitive that there is: callbacks, and what has one inside. All else is lowered, in every
// dtype, with whatever parameters the table draws, under every transform and inside of every body that the matrix has.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import type { DType } from "../../src/core/dtype.js";
import { hasEffect } from "../../src/core/effects.js";
import type { Equation } from "../../src/core/jaxpr.js";
import type { NDArray } from "../../src/core/array.js";
import { captureSource, withSource } from "../../src/core/source.js";
import { lower } from "../../src/compile/lowering.js";
import { checkLoops } from "../../src/loop/check.js";
import { allSteps } from "../../src/loop/ir.js";
import { optimise } from "../../src/optimise/optimise.js";
import { wasmTarget } from "../../src/runtime/compiler.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import type { Flat } from "../property/case.js";
import { makes } from "../property/matrix/compiled.js";
import { rows } from "../property/matrix/rows.js";
import { isLeading, trialsOf } from "../property/matrix/trials.js";
import { deep } from "../property/settings.js";
import { applied } from "../property/table.js";

/** Primitives whose equations run on the host for what they do there. */
const ON_THE_HOST = ["debug_callback"];

const here = captureSource();

/** The equations of a program that are steps of the host, before it is optimised and after. */
function leftOf(f: Flat, operands: readonly NDArray[]): readonly Equation[] {
  const closed = withSource(here, () => makeJaxpr((...xs: NDArray[]): NDArray[] => [...f(...xs)])(...operands));
  const left = (program: ClosedJaxpr): readonly Equation[] =>
    allSteps(checkLoops(lower(program, wasmTarget).program).steps).flatMap((step) => (step.kind === "host" ? [step.equation] : []));
  return [...left(closed), ...left(optimise(closed))];
}

const nameOf = ({ primitive }: Equation): string => primitive.name;

/** Those whose body has an effect are its business; what is left is told with the case that it came from. */
const withoutEffect = (label: string, dtype: DType, left: readonly Equation[]): string[] =>
  left.filter((equation) => !hasEffect(equation)).map((equation) => `${nameOf(equation)} of ${label}, ${dtype}`);

describe("on the host", () => {
  it("are callbacks alone, of all cases of the table", () => {
    const found = new Set<string>();
    const strange = new Set<string>();
    for (const { label, name, of } of rows)
      for (const dtype of of.dtypes) {
        const drawn = of.spec(dtype).chain(({ params, operands }) => operands.map((xs) => [params, xs] as const));
        for (const [params, xs] of fc.sample(drawn, { numRuns: deep ? 200 : 8, seed: 20_240_601 })) {
          const left = leftOf(applied(name, params), xs);
          for (const equation of left) found.add(nameOf(equation));
          for (const one of withoutEffect(label, dtype, left)) strange.add(one);
        }
      }
    expect([...strange]).toEqual([]);
    expect([...found]).toEqual(ON_THE_HOST);
  });

  const columns = deep ? Object.keys(makes) : ["vmap", "grad of vmap", "jvp of vjp", "vjp through scan", "vjp through while"];

  it.each(columns)("is nothing but what has an effect: %s", (column) => {
    const programs = rows.flatMap((row) =>
      row.of.dtypes
        .filter((dtype) => deep || isLeading(dtype))
        .flatMap((dtype) => {
          const trials = trialsOf(row, dtype).slice(0, deep ? 8 : 1);
          return trials.flatMap((trial) => {
            const made = makes[column](trial);
            return made === undefined ? [] : [{ label: row.label, dtype, ...made }];
          });
        }),
    );
    expect(programs.length).toBeGreaterThan(100);
    const left = programs.flatMap(({ label, dtype, found, operands }) => withoutEffect(label, dtype, leftOf(found, operands)));
    expect(left).toEqual([]);
  });
});
