// Long full reductions in chunks: the same results as the reference evaluator within rounding, and the same bits for every
// number of threads.

import { describe, expect, it } from "vitest";
import type { ConcreteArray } from "../../src/core/array.js";
import { jit, makeJaxpr, numpy as np, random, valueAndGrad, type NDArray } from "../../src/index.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";

const [one, two] = [1, 2].map((threads) => wasmCompiler(makeMachine(threads, 1)));
const key = random.key(4);

const functions: Record<string, (x: NDArray) => NDArray | NDArray[]> = {
  sum: (x) => x.sum(),
  "several at once": (x) => [x.sum(), x.max(), x.min(), x.square().mean()],
  "with results of every element": (x) => [x.mul(2).sum(), x.mul(2)],
  "any and all": (x) => [x.greater(3).any(), x.greater(-9).all()],
  "value and gradient": (x) => valueAndGrad((y: NDArray) => np.tanh(y.mul(2)).sum())(x),
};

describe.each(Object.entries(functions))("%s", (_, f) => {
  // Just too short, one chunk more, no remainder, a remainder; and two axes that are not one.
  it.each([[[32767]], [[40961]], [[65536]], [[100003]], [[300, 200]]])("over %j", async (shape) => {
    const x = random.normal(key, shape);
    const rows = shape.length === 2 ? np.broadcastTo(x.at(0).get(), shape).add(x.T.T) : x;
    const program = makeJaxpr(f)(rows);
    const args = [rows as ConcreteArray];
    const [expected, single] = [interpret(program).run(args), one(program).run(args)];
    const shared = two(program);
    shared.run(args);
    // The worker takes part once it is ready.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const both = shared.run(args);
    single.forEach((y, i) => {
      expect(both[i].toTypedArray()).toEqual(y.toTypedArray());
      const [a, b] = [y, expected[i]].map((z) => [...z.toTypedArray()]);
      const worst = a.reduce((largest, v, k) => Math.max(largest, Math.abs(v - b[k]) / Math.max(1, Math.abs(b[k]))), 0);
      expect(worst).toBeLessThan(2e-6);
    });
  });
});

it("is used by jit", () => {
  const x = np.ones([70_000]);
  expect(jit((y: NDArray) => y.sum())(x).item()).toBe(70_000);
});
