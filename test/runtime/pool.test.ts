// The worker pool: threads that share steps give the bits of one thread; a worker that fails ends in an error, after which
// one thread goes on.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { WorkerError } from "../../src/core/errors.js";
import { installCompiler } from "../../src/core/executable.js";
import { wasmCompiler } from "../../src/runtime/compiler.js";
import { compileProgram } from "../../src/runtime/evaluator.js";
import { type Machine, makeMachine } from "../../src/runtime/machine.js";
import type { WorkerPool } from "../../src/runtime/pool.js";
import { dot } from "../../src/ops/dot.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { noise } from "../property/arbitraries.js";

async function started(threads: number): Promise<Machine> {
  const machine = makeMachine(threads, 0);
  const deadline = performance.now() + 20_000;
  while ((machine.pool?.active ?? threads) < threads && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 2));
  expect(machine.pool?.active).toBe(threads);
  return machine;
}

const epochOf = ({ heap, pool }: Machine): number => new Int32Array(heap.memory.buffer, (pool as WorkerPool).control, 1)[0];

const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  pointwise: (x) => sin(x),
  rows: (x) => reduceSum(sin(x), [1]),
  columns: (x) => reduceSum(sin(x), [0]),
  all: (x) => reduceSum(sin(x)),
  product: (x) => dot(x, x),
};

const args = [noise([67, 67], 1, "float32") as ConcreteArray];
const programs = Object.entries(functions).map(([name, f]) => [name, makeJaxpr(f)(args[0])] as const);

describe.each([2, 3, 4])("%i threads", (threads) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await started(threads);
  });

  test.each(programs)("%s: the bits of one thread", (_, closed) => {
    const [expected] = wasmCompiler(makeMachine(1))(closed).run(args);
    const executable = wasmCompiler(machine)(closed);
    for (let i = 0; i < 20; i++) expect(Buffer.compare(bytesOf(executable.run(args)[0]), bytesOf(expected))).toBe(0);
  });

  test("really share, parked or not", async () => {
    const executable = wasmCompiler(machine)(programs[0][1]);
    const before = epochOf(machine);
    executable.run(args);
    await new Promise((resolve) => setTimeout(resolve, 20));
    executable.run(args);
    // One command to load the module, and one for each call.
    expect(epochOf(machine) - before).toBe(3);
  });
});

const bytesOf = (x: ConcreteArray): Uint8Array => new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);

test("a worker that fails ends in an error, and the next call runs on one thread", async () => {
  const machine = await started(2);
  const pool = machine.pool as WorkerPool;
  expect(() => pool.load(pool.newModule(), Uint8Array.of(1, 2, 3, 4), machine.heap.transient(64))).toThrow(WorkerError);
  expect(pool.active).toBe(1);
  const [expected] = wasmCompiler(makeMachine(1))(programs[0][1]).run(args);
  expect(wasmCompiler(machine)(programs[0][1]).run(args)[0].data).toEqual(expected.data);
});

describe("one thread", () => {
  afterAll(() => installCompiler(compileProgram));

  test("has no pool", () => {
    const machine = makeMachine(1);
    expect(machine.pool).toBeUndefined();
    installCompiler(wasmCompiler(machine));
    expect(jit((x: NDArray) => reduceSum(x))(args[0]).toArray()).toBeTypeOf("number");
  });
});
