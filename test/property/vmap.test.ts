// Batching of every primitive against a loop: any operands mapped along any axes, nested, over and under derivatives.

import * as fc from "fast-check";
import { describe, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import type { BatchDim } from "../../src/core/primitive.js";
import { vmap } from "../../src/transform/vmap.js";
import { type Arb, arrayOf } from "./arbitraries.js";
import type { Flat } from "./case.js";
import { type Application, applications } from "./drawing.js";
import { directions, elements, exampleOf, expectClose, reverse, stackAt } from "./measure.js";
import { runs } from "./settings.js";
import { caseOf, names } from "./table.js";

// Contractions may add in another order when a batch stands among their axes.
const TOLERANCE = { float64: 1e-12, float32: 1e-5 };
const batchable = names.filter((name) => name !== "iota");

/** For each operand the axis that carries the batch, or null; at least one does. */
const dimsFor = (operands: readonly NDArray[]): Arb<BatchDim[]> =>
  fc
    .tuple(fc.nat(operands.length - 1), ...operands.map((x) => fc.tuple(fc.boolean(), fc.nat(x.ndim))))
    .map(([always, ...choices]) => choices.map(([mapped, axis], i) => (mapped || i === always ? axis : null)));

/** The operands of all examples, stacked where `dims` says; the first example's elsewhere. */
const stacked = (examples: readonly (readonly NDArray[])[], dims: readonly BatchDim[]): NDArray[] =>
  dims.map((dim, i) =>
    dim === null
      ? examples[0][i]
      : stackAt(
          examples.map((xs) => xs[i]),
          dim,
        ),
  );

const loop = (f: Flat, operands: readonly NDArray[], dims: readonly BatchDim[], size: number): NDArray[] => {
  const outs = Array.from({ length: size }, (_, n) =>
    f(
      ...operands.map((x, i) => {
        const dim = dims[i];
        return dim === null ? x : exampleOf(x, dim, n);
      }),
    ),
  );
  return outs[0].map((_, k) =>
    stackAt(
      outs.map((ys) => ys[k]),
      0,
    ),
  );
};

const mapped = (f: Flat, dims: readonly BatchDim[]): Flat => {
  const listed = (...xs: NDArray[]): NDArray[] => [...f(...xs)];
  return vmap(listed, { inAxes: [...dims] });
};

interface Batched {
  readonly application: Application;
  readonly dims: readonly BatchDim[];
}

const batches = (name: (typeof names)[number]): Arb<Batched> =>
  fc
    .constantFrom(...caseOf(name).dtypes)
    .chain((dtype) => applications(name, dtype, fc.integer({ min: 1, max: 3 })))
    .filter((application) => application.operands.length > 0)
    .chain((application) => dimsFor(application.operands).map((dims) => ({ application, dims })));

const toleranceOf = (application: Application): number =>
  application.operands.some((x) => x.dtype === "float32") ? TOLERANCE.float32 : TOLERANCE.float64;

describe("vmap", () => {
  it.each(batchable)("%s: as a loop, along any axes of any operands", (name) => {
    fc.assert(
      fc.property(batches(name), ({ application, dims }) => {
        const { f, operands, others } = application;
        const examples = [operands, ...others];
        const xs = stacked(examples, dims);
        expectClose(mapped(f, dims)(...xs), loop(f, xs, dims, examples.length), toleranceOf(application), "vmap against a loop");
      }),
      runs(20, 500),
    );
  });

  it.each(batchable)("%s: nested", (name) => {
    fc.assert(
      fc.property(
        batches(name).chain((batch) => fc.tuple(fc.constant(batch), dimsFor(batch.application.operands))),
        ([{ application, dims: inner }, outer]) => {
          const { f, operands, others } = application;
          const examples = [operands, ...others];
          const rows = examples.map(() => stacked(examples, inner));
          const xs = stacked(rows, outer);
          const g = mapped(f, inner);
          const expected = loop((...ys) => loop(f, ys, inner, examples.length), xs, outer, examples.length);
          expectClose(mapped(g, outer)(...xs), expected, toleranceOf(application), "nested vmap against loops");
        },
      ),
      runs(6, 200),
    );
  });

  it.each(batchable.filter((name) => caseOf(name).derivative.tag === "smooth" && caseOf(name).dtypes.includes("float64")))(
    "%s: over and under reverse mode",
    (name) => {
      fc.assert(
        fc.property(
          applications(name, "float64", fc.integer({ min: 1, max: 3 })).chain((application) =>
            dimsFor(application.operands).map((dims) => ({ application, dims })),
          ),
          ({ application, dims }) => {
            const { f, operands, others, active } = application;
            if (active.length === 0) return;
            const examples = [operands, ...others];
            const xs = stacked(examples, dims);
            const cts = directions(f(...operands), 5);
            const pulled: Flat = (...ys) => reverse(f, ys, cts, active);
            const expected = loop(pulled, xs, dims, examples.length);
            expectClose(mapped(pulled, dims)(...xs), expected, TOLERANCE.float64, "vmap of reverse mode against a loop");
            const repeated = cts.map((ct) =>
              stackAt(
                examples.map(() => ct),
                0,
              ),
            );
            const whole = reverse(mapped(f, dims), xs, repeated, active);
            const summed = active.map((i, k) => {
              const dim = dims[i];
              return dim === null ? sumOf(expected[k]) : along(expected[k], dim);
            });
            expectClose(whole, summed, TOLERANCE.float64, "reverse mode of vmap against a loop");
          },
        ),
        runs(8, 200),
      );
    },
  );
});

/** The sum over the leading axis: the cotangent of an operand that all examples share. */
function sumOf(x: NDArray): NDArray {
  const parts = Array.from({ length: x.shape[0] }, (_, n) => exampleOf(x, 0, n));
  const total = parts.map(elements).reduce((a, b) => a.map((v, i) => v + b[i]));
  return arrayOf("float64", total, x.shape.slice(1));
}

/** The examples along the leading axis, along another one. */
const along = (x: NDArray, dim: number): NDArray =>
  stackAt(
    Array.from({ length: x.shape[0] }, (_, n) => exampleOf(x, 0, n)),
    dim,
  );
