// Laws of optimizers on random trees of random shapes, dtypes and values; each example takes one optimizer of the table.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NDArray, jit, optim } from "../../src/index.js";
import { type Arb, filled, real, shapesOrEmpty } from "../property/arbitraries.js";
import { deepRuns } from "./lawRuns.js";
import { allFinite, bitsOf, descend, expectArrays, expectNear, noiseLike, shapesOf, update } from "./lawTools.js";
import { type Row, table } from "./table.js";

const rows = Object.entries<Row>(table).filter(([, row]) => row.matrices !== true);
const row: Arb<readonly [string, Row]> = fc.constantFrom(...rows);
const leaf: Arb<NDArray> = fc
  .tuple(fc.constantFrom("float32" as const, "float64" as const), shapesOrEmpty())
  .chain(([dtype, shape]) => filled(dtype, shape, real(-2, 2)));

/** Nested lists and records, some of them empty, and null here and there. */
const tree: Arb<unknown> = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 2, withCrossShrink: true }, { weight: 3, arbitrary: leaf }, { weight: 2, arbitrary: tie("node") }),
  node: fc.oneof(
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("w", "b", "scale"), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    fc.constant(null),
  ),
})).node;

describe("on random trees", () => {
  it("shapes, dtypes and structures stay, of updates and of states; nothing that came in is changed", () => {
    fc.assert(
      fc.property(row, tree, fc.integer({ min: 1, max: 1000 }), ([, { make }], params, seed) => {
        const optimizer = make();
        const state = optimizer.init(params);
        const grads = noiseLike(params, seed);
        const before = [params, grads, state].map(bitsOf);
        const [updates, next] = update(optimizer, grads, state, params);
        expect(shapesOf(updates)).toEqual(shapesOf(params));
        expect(shapesOf(next)).toEqual(shapesOf(state));
        expectArrays(next);
        expect(allFinite(updates)).toBe(true);
        expect([params, grads, state].map(bitsOf)).toEqual(before);
        expect(shapesOf(optim.applyUpdates(params, updates))).toEqual(shapesOf(params));
      }),
      deepRuns(150, 3000),
    );
  });

  it("compiled and eager agree", () => {
    fc.assert(
      fc.property(row, tree, ([, { make, tolerance = 1e-5 }], params) => {
        const optimizer = make();
        const step = (p: unknown, s: unknown): readonly [unknown, unknown] => descend(optimizer, p, s);
        const state = optimizer.init(params);
        expectNear(jit(step)(params, state), step(params, state), tolerance);
      }),
      deepRuns(25, 500),
    );
  });
});
