// Memory beyond 2 GiB, where addresses no longer fit into a signed 32-bit integer: every kind of step gives there what it
// gives at low addresses. (The pages below are reserved, but never touched.)

import { afterAll, describe, expect, test } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { Block } from "../../src/runtime/block.js";
import { Heap } from "../../src/runtime/heap.js";
import { wasmCompiler } from "../../src/runtime/compiler.js";
import { type Machine, makeMachine } from "../../src/runtime/machine.js";
import { WorkerPool } from "../../src/runtime/pool.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { grad } from "../../src/transform/grad.js";
import { convGeneralDilated } from "../../src/ops/convolution.js";
import { cumlogsumexp, cumsum } from "../../src/ops/cumulative.js";
import { dot } from "../../src/ops/dot.js";
import { gather, scatterAdd } from "../../src/ops/gather.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reshape } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sort } from "../../src/ops/sort.js";
import { sin } from "../../src/ops/trigonometric.js";
import { reduceWindow } from "../../src/ops/window.js";
import { arrayOf, noise } from "../property/arbitraries.js";
import { sameBits } from "../wasm/nests.js";

const x = noise([48, 48], 1, "float32") as ConcreteArray;
const positions = arrayOf("int32", [3, 1, 4, 1, 5, 47], [6, 1]);

const functions: Readonly<Record<string, (y: NDArray) => NDArray>> = {
  "pointwise, with a constant array": (y) => add(sin(mul(y, x)), x),
  reductions: (y) => add(reduceSum(y, [0]), reduceSum(sin(y), [1])),
  products: (y) => dot(dot(y, y), sin(y)),
  "convolution and its gradients": (y) => {
    const f = (z: NDArray): NDArray => {
      const image = reshape(z, [1, 1, 48, 48]);
      const kernel = reshape(
        gather(z, positions.reshape([6, 1]), { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }, [1, 48], { mode: "clip" }),
        [8, 1, 6, 6],
      );
      return reduceSum(sin(convGeneralDilated(image, kernel, { windowStrides: [1, 1], padding: "SAME" })));
    };
    return grad(f)(y);
  },
  "running folds": (y) => add(cumsum(y, 0), cumlogsumexp(y, 1)),
  sorting: (y) => sort(y, { dimension: 1 }),
  "windows and their gradients": (y) =>
    grad((z: NDArray) => reduceSum(sin(reduceWindow(z, "max", { windowDimensions: [5, 5], padding: "SAME" }))))(y),
  "gather and scatter": (y) =>
    scatterAdd(
      y,
      positions,
      gather(y, positions, { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }, [1, 48], { mode: "clip" }),
      { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] },
      { mode: "fill" },
    ),
};

/** A machine whose lower half of the address space is a place that nobody touches. */
function highMachine(threads: number): Machine {
  const heap = new Heap(threads > 1, 2 ** 33);
  heap.allocate("uint8", 2 ** 31);
  return { ...makeMachine(1, 0), heap, pool: threads > 1 ? new WorkerPool(heap, threads) : undefined };
}

const machines: Machine[] = [];
afterAll(() => machines.splice(0));

describe.each([1, 2])("%i threads", (threads) => {
  const machine = highMachine(threads);
  machines.push(machine);

  test.each(Object.keys(functions))("%s", async (name) => {
    const deadline = performance.now() + 20_000;
    while ((machine.pool?.active ?? threads) < threads && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 2));
    expect(machine.pool?.active ?? threads).toBe(threads);
    const closed = makeJaxpr(functions[name])(x);
    const [expected] = wasmCompiler(makeMachine(1))(closed).run([noise([48, 48], 1, "float32") as ConcreteArray]);
    const executable = wasmCompiler(machine)(closed);
    const [first] = executable.run([x]);
    const [found] = executable.run([x]);
    for (const result of [first, found]) expect(sameBits([result.data], [expected.data])).toBe(true);
    expect(x.storage instanceof Block && x.storage.address >= 2 ** 31).toBe(true);
  });
});
