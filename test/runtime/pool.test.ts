// The worker pool: threads that share steps give the bits of one thread; a worker that fails ends in an error, after which
// one thread goes on.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "../../src/install.js";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { WorkerError } from "../../src/core/errors.js";
import { installCompiler } from "../../src/core/executable.js";
import { constant, pointwise, primitive } from "../../src/core/primitive.js";
import { bind } from "../../src/core/trace.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { wasmCompiler } from "../../src/runtime/compiler.js";
import { hasRelaxedSimd } from "../../src/runtime/engine.js";
import { compileProgram } from "../../src/runtime/evaluator.js";
import { Heap } from "../../src/runtime/heap.js";
import { type Machine, makeMachine } from "../../src/runtime/machine.js";
import { WorkerPool } from "../../src/runtime/pool.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { dot } from "../../src/ops/dot.js";
import { reverse } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { type Code, ModuleBuilder } from "../../src/wasm/module.js";
import { noise } from "../property/arbitraries.js";

async function started(threads: number, patienceMs?: number): Promise<Machine> {
  const heap = new Heap(true);
  const machine = { heap, pool: new WorkerPool(heap, threads, 0.1, patienceMs), worthSharing: 0, fma: hasRelaxedSimd() };
  const deadline = performance.now() + 20_000;
  while (machine.pool.active < threads && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(machine.pool.active).toBe(threads);
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

test("steps that do not depend on each other are handed out together, those that do are not", async () => {
  const machine = await started(2);
  const commandsOf = (f: (...xs: NDArray[]) => readonly NDArray[]): number => {
    const leaves = [300, 400, 500].map((n) => noise([n], n, "float32") as ConcreteArray);
    const closed = makeJaxpr(f)(...leaves);
    const executable = wasmCompiler(machine)(closed);
    const expected = wasmCompiler(makeMachine(1))(closed).run(leaves);
    executable.run(leaves).forEach((y, i) => expect(Buffer.compare(bytesOf(y), bytesOf(expected[i]))).toBe(0));
    const before = epochOf(machine);
    executable.run(leaves);
    return epochOf(machine) - before;
  };
  expect(commandsOf((...xs) => xs.map((x) => sin(x)))).toBe(1);
  // The last elements of the one are the first that the other reads.
  expect(commandsOf((x) => [sin(mul(reverse(sin(x), [0]), x))])).toBe(2);
});

const bytesOf = (x: ConcreteArray): Uint8Array => new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);

test("a worker that fails ends in an error, and the next call runs on one thread", async () => {
  const machine = await started(2);
  const pool = machine.pool as WorkerPool;
  expect(() => pool.load({}, pool.newModule(), Uint8Array.of(1, 2, 3, 4), machine.heap.transient(64))).toThrow(WorkerError);
  expect(pool.active).toBe(1);
  const [expected] = wasmCompiler(makeMachine(1))(programs[0][1]).run(args);
  expect(wasmCompiler(machine)(programs[0][1]).run(args)[0].data).toEqual(expected.data);
});

/** A module in which the main thread hands a step to the others and waits; `work` is what they do. */
function handingOut({ heap, pool }: Machine, work: (code: Code) => void): (base: number) => void {
  const shared = pool as WorkerPool;
  const module = new ModuleBuilder({ initial: 1, maximum: Heap.maximumPages, shared: true });
  const stalled = module.importFunction("stalled", [], ["i32"]);
  const number = shared.newModule();
  module.function("work0", ["i32", "i32", "i32"], [], work);
  module.function("call", ["i32"], [], (code) => {
    shared.emitDispatch(code, number, 0, 0);
    shared.emitJoin(code, stalled);
  });
  const bytes = module.build();
  shared.load({}, number, bytes, heap.transient(bytes.length));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory, stalled: shared.stalled } });
  return exports.call as (base: number) => void;
}

describe("in the middle of a call", () => {
  const goesOn = (machine: Machine): void => {
    expect(machine.pool?.active).toBe(1);
    const [expected] = wasmCompiler(makeMachine(1))(programs[0][1]).run(args);
    expect(wasmCompiler(machine)(programs[0][1]).run(args)[0].data).toEqual(expected.data);
  };

  test("a worker that traps: an error, and one thread goes on", async () => {
    const machine = await started(3);
    handingOut(machine, (code) => code.op("unreachable"))(machine.heap.reserve(64));
    expect(() => machine.pool?.checkFailures()).toThrow(/a step failed in it.*one thread/s);
    goesOn(machine);
  });

  test("a worker that never answers: given up after a while, an error, and one thread goes on", async () => {
    const machine = await started(2, 50);
    const word = machine.heap.reserve(64);
    const call = handingOut(machine, (code) => code.loop(() => code.get(0).atomic("i32.atomic.load", 0).op("i32.eqz").branchIf(0)));
    call(word);
    Atomics.store(new Int32Array(machine.heap.memory.buffer), word / 4, 1);
    expect(() => machine.pool?.checkFailures()).toThrow(/no answer for 0.05 s/);
    goesOn(machine);
  });

  test("steps that are each waited for only a while are no silent worker, however long the call", async () => {
    const { heap, pool } = await started(2, 50);
    const words = new Int32Array(heap.memory.buffer, (pool as WorkerPool).control, 1);
    const stalled = (pool as WorkerPool).stalled;
    for (let step = 0; step < 3; step++) {
      expect(stalled()).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      // The next step's command.
      Atomics.add(words, 0, 1);
    }
    expect(stalled()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(stalled()).toBe(1);
    // From then on nobody is waited for.
    Atomics.add(words, 0, 1);
    expect(stalled()).toBe(1);
  });
});

test("a host step may run compiled programs: they have memory of their own", () => {
  const machine = makeMachine(1);
  const inner = wasmCompiler(machine)(makeJaxpr((x: NDArray) => reduceSum(sin(mul(x, 3)), [0]))(args[0]));
  const innerP = primitive("inner")<Record<never, never>>({
    type: ([x]) => [aval(x.shape.slice(1), x.dtype)],
    derivative: constant,
    batch: pointwise,
    reference: ([x]) => inner.run([new ConcreteArray(aval(x.shape, x.dtype), x.data)]),
  });
  const f = (x: NDArray): NDArray => {
    const y = sin(x);
    return add(reduceSum(mul(y, y), [0]), bind(innerP, [x], {}));
  };
  const closed = makeJaxpr(f)(args[0]);
  const [got] = wasmCompiler(machine)(closed).run(args);
  const [expected] = interpret(closed).run(args);
  got.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i], 3));
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
