// Passes over loops: what leaves them, what is dropped from them, and where their buffers lie.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import "../../src/install.js";
import { withoutDeadStores } from "../../src/compile/deadStores.js";
import { outOfLoops } from "../../src/compile/outOfLoops.js";
import { allocatedBytes, planMemory } from "../../src/compile/plan.js";
import type { Lowered } from "../../src/compile/lowering.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import type { TypedArray } from "../../src/core/dtype.js";
import { grad, lax, numpy as np } from "../../src/index.js";
import { checkLoops } from "../../src/loop/check.js";
import { type Loop, type LoopProgram, type Step, allSteps, writesOf } from "../../src/loop/ir.js";
import { runLoops } from "../../src/loop/interpret.js";
import { printLoops } from "../../src/loop/print.js";
import { primitives } from "../../src/primitives.js";
import { arrayClass } from "../../src/runtime/block.js";
import { noise } from "../property/arbitraries.js";
import { runs } from "../property/settings.js";
import { lowered, outputsOf } from "../loop/loops.js";
import { closedOf, expectAlike, loopsOf } from "../runtime/threads.js";

const loopOf = ({ steps }: LoopProgram): Loop => {
  const found = steps.find((step) => step.kind === "loop");
  return found?.kind === "loop" ? found : expect.fail("no loop");
};

describe("what does not turn leaves the loop", () => {
  const h = noise([3, 4], 1);
  const w = noise([4, 4], 2);
  const moved = (f: (...xs: NDArray[]) => readonly NDArray[]): { before: readonly Step[]; after: LoopProgram } => {
    const low = lowered(f, [h, w]);
    const after = checkLoops(outOfLoops(checkLoops(low.program)));
    const [found] = outputsOf(low, after, [h, w]);
    const [expected] = outputsOf(low, low.program, [h, w]);
    expect(found).toEqual(expected);
    return { before: low.program.steps, after };
  };
  const repeat = (f: (c: NDArray, w: NDArray) => NDArray) => (x: NDArray, y: NDArray) => [
    lax.foriLoop(0, 3, (_: NDArray, c: NDArray) => f(c, y), x),
  ];

  it("copies of matrices that products would make straight, once for two", () => {
    const { before, after } = moved(repeat((c, y) => c.matmul(y.T).add(c.mul(2).matmul(y.T))));
    const dots = loopOf(after).body.filter((step) => step.kind === "dot");
    expect(dots.map(({ b }) => b.column)).toEqual([1, 1]);
    expect(new Set(dots.map(({ b }) => b.buffer)).size).toBe(1);
    expect(after.steps.length).toBe(before.length + 1);
  });

  it("out of two loops", () => {
    const { before, after } = moved(repeat((c, y) => lax.foriLoop(0, 2, (_: NDArray, d: NDArray) => d.matmul(y.T), c)));
    expect(after.steps.length).toBe(before.length + 1);
    expect(allSteps(loopOf(after).body).filter(({ kind }) => kind === "dot")).toHaveLength(1);
  });

  it("but not what turns", () => {
    const { before, after } = moved(repeat((c) => c.add(c.matmul(c.T).matmul(c))));
    expect(after.steps).toEqual(before);
  });

  it("copies that a sort or a gather asks for", () => {
    const { before, after } = moved(repeat((c, y) => c.add(np.sort(y.T, 0).sum())));
    expect(after.steps.length).toBeGreaterThan(before.length);
    expect(allSteps(after.steps)).toHaveLength(allSteps(before).length);
  });
});

test("carries, results and slices that nobody reads go, with what they need", () => {
  const f = (c: NDArray, rows: NDArray): readonly NDArray[] => {
    const [[a], ys] = lax.scan(
      ([a, b, d]: readonly [NDArray, NDArray, NDArray], row: NDArray) =>
        [
          [a.add(1), np.sin(b).add(d), d.mul(row)],
          [b, row],
        ] as const,
      [c, c, c] as const,
      rows,
    );
    return [a, ys[1]];
  };
  const { program } = lowered(f, [noise([3], 1), noise([4, 3], 2)]);
  const { carries, stacks, slices, body } = loopOf(withoutDeadStores(program));
  expect([carries.length, stacks.length, slices.length]).toEqual([1, 1, 1]);
  expect(
    body
      .flatMap((step) => (step.kind === "nest" ? step.nodes : []))
      .filter((node) => node.kind === "apply")
      .map(({ op }) => op),
  ).toEqual(["add"]);
});

describe("a carry is updated where it lies", () => {
  const x = noise([5], 1);
  const rows = noise([4, 5], 2);
  type Turn = (c: NDArray, i: NDArray, row: NDArray) => readonly [NDArray, NDArray];
  const once: Readonly<Record<string, Turn>> = {
    "an element set": (c, i) => [c.at(i).set(7), i],
    "an element that depends on others": (c, i) => [c.at(i.add(1)).set(c.at(i).get().mul(2)), i],
    "one update after another": (c, i, row) => [c.at(i).add(row.at(0).get()).at(0).multiply(3).at(i.add(1)).set(row.sum()), i],
    "the new value read": (c, i) => {
      const next = c.at(i).add(1);
      return [next, next.sum()];
    },
    "the old value handed out": (c, i) => [c.at(i).set(7), c],
    "the old value read before": (c, i) => [c.at(i).set(c.sum()), i],
    "a window": (c, i, row) => [lax.dynamicUpdateSlice(c, row.at(0).get().reshape([1]), [i]), i],
  };
  const twice: Readonly<Record<string, Turn>> = {
    "the old value read after": (c, i) => [c.at(i).set(7), c.at(i).get()],
    "an update of itself": (c, i) => [c.at(np.argsort(c)).set(c), i],
    "all of it changed": (c, i) => [c.at(i).set(7).mul(2), i],
  };
  const carryOf = (turn: Turn): { readonly inPlace: boolean; readonly program: LoopProgram } => {
    const f = (c: NDArray, r: NDArray): readonly NDArray[] =>
      lax.scan((h: NDArray, [i, row]: readonly [NDArray, NDArray]) => [...turn(h, i, row)] as [NDArray, NDArray], c, [
        np.arange(4),
        r,
      ] as const);
    expectAlike(f, [x, rows], "updates");
    const { program } = loopsOf(closedOf(f, [x, rows]));
    const [carry] = loopOf(program).carries;
    return { inPlace: carry.entry === carry.exit, program };
  };

  it.each(Object.keys(once))("%s", (name) => expect(carryOf(once[name]).inPlace).toBe(true));

  it.each(Object.keys(twice))("but not %s", (name) => expect(carryOf(twice[name]).inPlace).toBe(false));

  it("without a walk over all of it", () => {
    const { program } = carryOf(once["an element set"]);
    const { body } = loopOf(program);
    expect(body.filter((step) => step.kind === "nest" && step.sizes.includes(5))).toEqual([]);
    expect(printLoops(program)).toMatch(/carry %\d+ = %\d+, updated in %\d+/);
  });

  it("in while loops, in loops in loops, and in none of the turns", () => {
    const count =
      (limit: number): ((c: NDArray) => readonly NDArray[]) =>
      (c) => [
        ...lax.whileLoop(
          ([i]: readonly [NDArray, NDArray]) => i.less(limit),
          ([i, h]: readonly [NDArray, NDArray]) => [i.add(1), h.at(i).add(h.at(i.sub(1)).get())] as const,
          [np.array(1, { dtype: "int32" }), c] as const,
        ),
      ];
    for (const limit of [0, 2, 5]) expectAlike(count(limit), [x], `while ${limit}`);
    const nested = (c: NDArray): readonly NDArray[] => [
      lax.foriLoop(0, 3, (j: NDArray, h: NDArray) => lax.foriLoop(0, 4, (i: NDArray, g: NDArray) => g.at(i).add(j), h), c),
    ];
    expectAlike(nested, [x], "nested");
    expectAlike((c) => [grad((y: NDArray) => nested(y)[0].square().sum())(c)], [x], "differentiated");
  });
});

/** Outputs of a program whose temporaries lie where the plan says, over whatever was there before. */
function inPlan(low: Lowered, program: LoopProgram, args: readonly NDArray[]): readonly TypedArray[] {
  const { offsets, bytes } = planMemory(program);
  const arena = new Uint8Array(bytes).fill(0xff).buffer;
  const given = new Map<number, TypedArray>();
  for (const [b, offset] of offsets) {
    const Type = arrayClass(program.buffers[b].dtype);
    given.set(b, new Type(arena, offset, program.buffers[b].size));
  }
  low.inputs.forEach((b, i) => given.set(b, (args[i] as ConcreteArray).data));
  for (const { buffer, value } of low.constants) given.set(buffer, value.data);
  const memory = runLoops(program, given, primitives);
  return low.outputs.map((b) => memory[b]);
}

describe("the memory plan", () => {
  const body = (c: NDArray, w: NDArray, row: NDArray): NDArray => np.sort(np.tanh(c.matmul(w)).matmul(w.T).add(row)).matmul(w);

  it("keeps what a loop shares with its surroundings through all turns", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.boolean(), fc.boolean(), (length, nested, conditional) => {
        const f = (c: NDArray, w: NDArray, rows: NDArray): readonly NDArray[] => {
          const kept = np.sort(w, 0);
          const step = (s: NDArray, row: NDArray): readonly [NDArray, NDArray] => {
            const once = (x: NDArray): NDArray => body(x, kept, row);
            const inner = nested ? lax.foriLoop(0, 2, (_: NDArray, x: NDArray) => once(x), s) : once(s);
            const next = conditional ? lax.cond(row.sum().greater(0), once, (x: NDArray) => x.matmul(w), inner) : inner;
            return [next, next.sum(0)];
          };
          const [last, ys] = lax.scan(step, c, rows);
          return [last.matmul(kept), ys];
        };
        const args = [noise([4, 4], 1), noise([4, 4], 2), noise([length, 4, 4], 3)];
        const { lowered: low, program } = loopsOf(closedOf(f as never, args));
        expect(inPlan(low, program, args)).toEqual(outputsOf(low, program, args));
      }),
      runs(20, 200),
    );
  });

  it("gives one place to what different moments of a turn use", () => {
    const f = (c: NDArray, w: NDArray): readonly NDArray[] => [
      lax.foriLoop(0, 9, (_: NDArray, x: NDArray) => np.sort(np.sort(np.sort(np.sort(x.matmul(w)).matmul(w)).matmul(w)).matmul(w)), c),
    ];
    const { program } = loopsOf(closedOf(f, [noise([40, 40], 1), noise([40, 40], 2)]));
    const temporaries = allSteps(program.steps)
      .flatMap(writesOf)
      .filter((b) => program.buffers[b].role === "temporary");
    const all = [...new Set(temporaries)].reduce((sum, b) => sum + allocatedBytes(program.buffers[b].size * 8), 0);
    expect(planMemory(program).bytes).toBeLessThan(0.75 * all);
  });
});
