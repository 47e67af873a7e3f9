// The memory plan: buffers that are alive at one time never overlap, and places are used again.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuse } from "../../src/compile/fuse.js";
import { allocatedBytes, planMemory } from "../../src/compile/plan.js";
import { bytesOf, dtypes } from "../../src/core/dtype.js";
import { type LoopProgram, readsOf, writesOf } from "../../src/loop/ir.js";
import { programs } from "../property/program.js";
import { runs } from "../property/settings.js";
import { float, load, lowered, nest, program } from "../loop/loops.js";

interface Life {
  readonly buffer: number;
  first: number;
  last: number;
}

/** From the first to the last step that touches each temporary. */
function livesOf({ buffers, steps }: LoopProgram): Life[] {
  const lives = new Map<number, Life>();
  steps.forEach((step, i) => {
    for (const buffer of [...readsOf(step), ...writesOf(step)]) {
      if (buffers[buffer].role !== "temporary") continue;
      const life = lives.get(buffer);
      if (life === undefined) lives.set(buffer, { buffer, first: i, last: i });
      else life.last = i;
    }
  });
  return [...lives.values()];
}

function expectPlan(of: LoopProgram): number {
  const { offsets, bytes } = planMemory(of);
  const places = livesOf(of).map((life) => {
    const { dtype, size } = of.buffers[life.buffer];
    const start = offsets.get(life.buffer);
    if (start === undefined) return expect.fail(`no place for %${life.buffer}`);
    return { ...life, start, end: start + allocatedBytes(size * bytesOf(dtype)) };
  });
  for (const [i, a] of places.entries()) {
    expect(a.start % 64).toBe(0);
    expect(a.end).toBeLessThanOrEqual(bytes);
    for (const b of places.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      if (together && a.start < b.end && b.start < a.end) expect.fail(`%${a.buffer} and %${b.buffer} overlap`);
    }
  }
  return places.reduce((sum, { start, end }) => sum + end - start, 0) - bytes;
}

/** Programs of copies between buffers of random sizes, any earlier one read again at any time. */
const copies = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.nat(), fc.nat()), { minLength: 1, maxLength: 40 })
  .map((list): LoopProgram => {
    const steps = list.map(([size, a, b], i) =>
      nest([size], [load(a % (i + 1), [0]), load(b % (i + 1), [0]), { kind: "apply", op: "add", args: [0, 1], dtype: "float32" }], {
        node: 2,
        access: { buffer: i + 1, offset: 0, strides: [1] },
      }),
    );
    return program([float(1, "argument"), ...list.map(([size]) => float(size, "temporary"))], ...steps);
  });

describe("the memory plan", () => {
  it("of random steps", () => {
    let saved = 0;
    fc.assert(
      fc.property(copies, (of) => {
        saved += expectPlan(of);
      }),
      runs(500, 20_000),
    );
    expect(saved).toBeGreaterThan(100_000);
  });

  it("of random programs", () => {
    fc.assert(
      fc.property(programs(dtypes), (drawn) => {
        const { program: low } = lowered(drawn.run, drawn.inputs);
        expectPlan(low);
        expectPlan(fuse(low));
      }),
      runs(100, 3000),
    );
  });
});
