// Lines too long for threads' scratch: they are sorted in memory of the program, to the bits of the reference evaluator, on one
// thread and on two, and without room for that the error says so.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { type DType, dtypes, isFloat } from "../../src/core/dtype.js";
import { MemoryError } from "../../src/core/errors.js";
import { bindAll } from "../../src/core/trace.js";
import { lower } from "../../src/compile/lowering.js";
import { sortsInScratch } from "../../src/compile/sort.js";
import { interpret } from "../../src/interpret/evaluator.js";
import * as lax from "../../src/lax/index.js";
import { checkLoops } from "../../src/loop/check.js";
import { runLoops } from "../../src/loop/interpret.js";
import { type LoopProgram, type Sort, allSteps } from "../../src/loop/ir.js";
import { printLoops } from "../../src/loop/print.js";
import * as np from "../../src/numpy/index.js";
import { primitives } from "../../src/primitives.js";
import { type Machine, makeMachine, wasmCompiler, wasmTarget } from "../../src/runtime/compiler.js";
import { Heap } from "../../src/runtime/heap.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf } from "../property/arbitraries.js";
import { deep } from "../property/settings.js";
import { type Program, drawn } from "../wasm/kernels/compiled.js";

/** The target, but that lines of more than `longest` elements count as long. */
const sortingFrom = (longest: number): typeof wasmTarget => {
  const rules = new Map(sortsInScratch(longest));
  return { ...wasmTarget, rule: (name) => rules.get(name) ?? wasmTarget.rule(name) };
};

let machines: readonly Machine[];

beforeAll(async () => {
  machines = [makeMachine(1, 0), makeMachine(2, 0)];
  const isWaking = ({ pool }: Machine): boolean => pool !== undefined && pool.active < pool.threads;
  while (machines.some(isWaking)) await new Promise((resolve) => setTimeout(resolve, 2));
});

const closedOf = (f: Program, xs: readonly NDArray[]) => makeJaxpr((...ys: NDArray[]) => [...f(...ys)])(...xs);

const sortsOf = ({ steps }: LoopProgram): readonly Sort[] => allSteps(steps).flatMap((step) => (step.kind === "sort" ? [step] : []));

const elements = (xs: readonly ConcreteArray[]): unknown => xs.map((x) => x.data);

/** Both machines and the loop interpreter against the reference, where lines of more than `longest` elements count as long. */
function expectSorted(f: Program, xs: readonly ConcreteArray[], longest: number): LoopProgram {
  const closed = closedOf(f, xs);
  const target = sortingFrom(longest);
  const expected = interpret(closed).run(xs);
  const { program, inputs, constants, outputs } = lower(closed, target);
  checkLoops(program);
  expect(allSteps(program.steps).map((step) => step.kind)).not.toContain("host");
  const given = new Map([...inputs.map((b, i) => [b, xs[i].data] as const), ...constants.map((c) => [c.buffer, c.value.data] as const)]);
  const memory = runLoops(program, given, primitives);
  expect(outputs.map((b) => memory[b])).toEqual(elements(expected));
  for (const machine of machines) {
    const executable = wasmCompiler(machine, target)(closed);
    for (let call = 0; call < 2; call++) expect(elements(executable.run(xs))).toEqual(elements(expected));
  }
  return program;
}

const sorted =
  (dimension: number, numKeys: number): Program =>
  (...xs) =>
    bindAll(primitives.sort, xs, { dimension, isStable: true, numKeys });

const special = (dtype: DType): number[] => (isFloat(dtype) ? [NaN, Infinity, -Infinity, -0, 0, 1e-40] : []);

describe("long lines", () => {
  const shapes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 90 }), fc.constantFrom(1, 3));
  const dtype = fc.constantFrom(...dtypes);

  it("are sorted by one key or two, moving others along", () => {
    fc.assert(
      fc.property(shapes, fc.tuple(dtype, dtype, dtype), fc.integer({ min: 1, max: 2 }), fc.nat(), (shape, kinds, numKeys, seed) => {
        const xs = kinds.map((kind, i) => drawn(kind, shape, seed + i, special(kind)));
        const sorts = sortsOf(expectSorted(sorted(1, numKeys), xs, 5));
        expect(sorts.map(({ pairs }) => pairs === undefined)).toEqual([false]);
      }),
      { numRuns: deep ? 200 : 25 },
    );
  });

  it("give their largest elements, with positions", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 90 }),
        fc.constantFrom<DType>("float32", "float64", "int32", "uint8"),
        fc.nat(),
        (size, kind, seed) => {
          const k = seed % (size + 1);
          expectSorted((x) => bindAll(primitives.top_k, [x], { k }), [drawn(kind, [3, size], seed, special(kind))], 5);
        },
      ),
      { numRuns: deep ? 200 : 15 },
    );
  });

  it("are those above the limit alone", () => {
    const f: Program = (x, y) => [...sorted(1, 1)(x), ...sorted(1, 1)(y)];
    const program = expectSorted(f, [drawn("int32", [4, 50], 1), drawn("int32", [4, 51], 2)], 50);
    expect(sortsOf(program).map(({ pairs }) => pairs !== undefined)).toEqual([false, true]);
  });

  it("stand beside each other, and in the turns of a loop", () => {
    const f: Program = (x, y) => {
      const turn = (h: NDArray, r: NDArray) => {
        const z = lax.sort(h.add(r), { dimension: 0 });
        return [z.mul(0.5), lax.topK(z, 3)[1]] as const;
      };
      const [h, rows] = lax.scan(turn, x, y);
      return [h, rows, ...sorted(0, 2)(x, h), lax.sort(y, { dimension: 1 })];
    };
    expectSorted(f, [drawn("float32", [70], 1), drawn("float32", [5, 70], 2)], 20);
  });

  it("print where their pairs stand", () => {
    const program = expectSorted(sorted(0, 1), [drawn("int8", [30], 1)], 20);
    const [{ pairs }] = sortsOf(program);
    expect(program.buffers[pairs as number]).toEqual({ dtype: "int32", size: 120, role: "temporary" });
    expect(printLoops(program)).toContain(`sort 1 x 30 x 1 by %0, first 30, line by line in %${pairs}\n  %1 <- %0`);
  });

  it("must have room for their pairs", () => {
    const program = expectSorted(sorted(0, 1), [drawn("int8", [30], 1)], 20);
    const buffers = program.buffers.map((buffer) => (buffer.size === 120 ? { ...buffer, size: 119 } : buffer));
    expect(() => checkLoops({ ...program, buffers })).toThrow(/expected elements within 0 … 118 of %2, got 0 … 119/);
  });
});

describe("lines of more than 2^22 elements", () => {
  const size = 2 ** 22 + 5;
  const bytes = (): ConcreteArray => {
    const x = new Uint8Array(size);
    for (let i = 0, state = 1; i < size; i++) x[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
    return np.array(x) as ConcreteArray;
  };
  /** Compared one by one: a test's matcher would take seconds. */
  const sameElements = (found: ConcreteArray, expected: ArrayLike<number>): boolean =>
    found.size === expected.length && found.data.every((v, i) => Object.is(v, expected[i]));

  it("are not the host's, and come out as from the reference", () => {
    const x = bytes();
    const closed = closedOf(sorted(0, 1), [x]);
    const { program } = lower(closed, wasmTarget);
    expect(program.steps.map((step) => step.kind)).toEqual(["sort"]);
    const [expected] = interpret(closed).run([x]);
    for (const machine of machines) expect(sameElements(wasmCompiler(machine)(closed).run([x])[0], expected.data)).toBe(true);
  });

  it.runIf(deep)("in float32, with NaN and equals, and the largest of them", () => {
    const x = np.where(np.array(bytes()).equal(7), NaN, np.array(bytes()).astype("float32").mul(0.37)) as ConcreteArray;
    const f: Program = (y) => [...sorted(0, 1)(y, lax.iota("int32", [size], 0)), ...lax.topK(y, 1000)];
    const closed = closedOf(f, [x]);
    const expected = interpret(closed).run([x]);
    for (const machine of machines)
      wasmCompiler(machine)(closed)
        .run([x])
        .forEach((y, i) => expect(sameElements(y, expected[i].data)).toBe(true));
  });
});

describe("without room", () => {
  const machineOf = (heap: Heap): Machine => ({ ...makeMachine(1, 0), heap, pool: undefined });

  it("throws the heap's error, and works when there is room again", () => {
    const heap = new Heap(false, 2 ** 33);
    const [machine, x] = [machineOf(heap), drawn("int32", [300_000], 1)];
    const big = wasmCompiler(machine, sortingFrom(1000))(closedOf(sorted(0, 1), [x]));
    // All but a few megabytes, and never touched: room for the line, but not for 4.8 MB of pairs.
    const hoard = heap.allocate("uint8", 2 ** 32 - 4 * 2 ** 20);
    hoard.pinned = true;
    expect(() => big.run([x])).toThrow(MemoryError);
    expect(() => big.run([x])).toThrow(/^heap: expected room for 48\d{5} bytes more in a memory of 4294967296 bytes, got a full memory/);
    const small = arrayOf("int32", [3, 1, 2]);
    const closed = closedOf(sorted(0, 1), [small]);
    expect(wasmCompiler(machine)(closed).run([small])[0].toArray()).toEqual([1, 2, 3]);
    hoard.release();
    const sortedInput = Int32Array.from(x.data).sort();
    expect(elements(big.run([x]))).toEqual([sortedInput]);
  });

  it("throws it for a line that no memory holds with its pairs", () => {
    const compile = wasmCompiler(machineOf(new Heap(false, 2 ** 33)));
    const x = np.array(new Uint8Array(2 ** 28)) as ConcreteArray;
    expect(() => compile(closedOf(sorted(0, 1), [x])).run([x])).toThrow(/^heap: expected room for 42949\d{5} bytes more/);
    const small = arrayOf("uint8", [3, 1, 2]);
    expect(
      compile(closedOf(sorted(0, 1), [small]))
        .run([small])[0]
        .toArray(),
    ).toEqual([1, 2, 3]);
  });
});
