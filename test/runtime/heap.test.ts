// The heap: places that are taken, given back and used again, results that stay, move out under pressure and come back,
// donated blocks, constants, and a heap that is full.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test, vi } from "vitest";
import "../../src/install.js";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { DonatedError, MemoryError } from "../../src/core/errors.js";
import { installCompiler } from "../../src/core/executable.js";
import { wasmCompiler } from "../../src/runtime/compiler.js";
import { compileProgram } from "../../src/runtime/evaluator.js";
import { Block } from "../../src/runtime/block.js";
import { Heap } from "../../src/runtime/heap.js";
import { type Machine, makeMachine } from "../../src/runtime/machine.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { jit } from "../../src/transform/jit.js";
import { arrayOf } from "../property/arbitraries.js";
import { sameBits } from "../wasm/nests.js";

const SIZE = 5000;
const BYTES = 4 * SIZE;

/** A machine of one thread whose heap keeps only so many bytes of results. */
const machineOf = (residentLimit: number): Machine => ({ ...makeMachine(1), heap: new Heap(false, residentLimit, 16) });

const large = (value: number): ConcreteArray =>
  arrayOf(
    "float32",
    Array.from({ length: SIZE }, (_, i) => value + (i % 7)),
  );
const blockOf = (x: NDArray): Block => {
  if (x instanceof ConcreteArray && x.storage instanceof Block) return x.storage;
  throw new TypeError("an array that has no place in the heap");
};
const expectLarge = (x: NDArray, value: number): void => expect(sameBits([x.toTypedArray()], [large(value).data])).toBe(true);

afterAll(() => installCompiler(compileProgram));

/** A jitted function on a machine of its own. */
function on<F>(machine: Machine, f: F): F {
  installCompiler(wasmCompiler(machine));
  return f;
}

describe("places", () => {
  test("lie apart, are aligned, and are used again", () => {
    const heap = new Heap(false, 1 << 20, 1);
    const blocks = [3, 100, 1000, 0, 17].map((n) => heap.allocate("float32", n));
    for (const [i, a] of blocks.entries()) {
      expect(a.address % 64).toBe(0);
      for (const b of blocks.slice(i + 1))
        expect(Math.abs(b.address - a.address)).toBeGreaterThanOrEqual(4 * Math.min(a.length, b.length) + 16);
    }
    expect(heap.residentBytes).toBe(4 * 1120);
    const { address } = blocks[2];
    blocks[2].release();
    blocks[2].release();
    expect(heap.residentBytes).toBe(4 * 120);
    expect(heap.allocate("float64", 500).address).toBe(address);
  });

  test("grow the memory, and keep what they hold", () => {
    const heap = new Heap(false, 1 << 30, 1);
    const first = heap.allocate("float32", 1000);
    heap.write(
      first.address,
      Float32Array.from({ length: 1000 }, (_, i) => i),
    );
    const before = heap.memory.buffer.byteLength;
    const second = heap.allocate("float64", 1 << 17);
    heap.write(second.address, new Float64Array(1 << 17).fill(0.5));
    expect(heap.memory.buffer.byteLength).toBeGreaterThanOrEqual(before + (1 << 20));
    expect(first.elements()[999]).toBe(999);
    expect(second.elements()[(1 << 17) - 1]).toBe(0.5);
  });

  test("for bytes of constants are shared and aligned", () => {
    const heap = new Heap(false, 1 << 20, 1);
    const [a, b, again] = [Uint8Array.of(1, 2, 3, 4), new Uint8Array(16).fill(9), Uint8Array.of(1, 2, 3, 4)].map((bytes) =>
      heap.add(bytes),
    );
    expect([again, b % 16, a % 4]).toEqual([a, 0, 0]);
    expect(Array.from(heap.bytes.slice(b, b + 16))).toEqual(new Array(16).fill(9));
    const wide = heap.add(new Uint8Array(10_000).map((_, i) => i % 251));
    expect(heap.bytes[wide + 9999]).toBe(9999 % 251);
  });

  test("when there is no room: an error, and a heap that works on", () => {
    const heap = new Heap(false, 1 << 20, 16);
    const kept = heap.allocate("int32", 3);
    heap.write(kept.address, Int32Array.of(1, 2, 3));
    heap.transient(1000);
    expect(() => heap.transient(5 * 2 ** 30)).toThrow(MemoryError);
    expect(() => heap.allocate("float64", 2 ** 30)).toThrow(MemoryError);
    expect(Array.from(kept.elements())).toEqual([1, 2, 3]);
    // The transient area and a block that would fit into its old place do not share one.
    const base = heap.transient(1000);
    const block = heap.allocate("float32", 250);
    expect(Math.abs(base - block.address)).toBeGreaterThanOrEqual(1016);
  });
});

describe("places of many sizes", () => {
  test("are joined when most are free, before the memory grows", () => {
    const heap = new Heap(false, 2 ** 30, 1);
    let held = heap.allocate("float32", 1);
    for (let length = 10_000; length < 60_000; length += 100) {
      const next = heap.allocate("float32", length);
      held.release();
      held = next;
    }
    // Two of the largest are alive at a time; one place for each size that ever was would be 70 MB.
    expect(heap.memory.buffer.byteLength).toBeLessThan(8 * 240_000);
  });

  test("never overlap while they are held", () => {
    const heap = new Heap(false, 2 ** 30, 1);
    const held: Block[] = [];
    let state = 7;
    const draw = (n: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    for (let step = 0; step < 3000; step++) {
      if (held.length > 40 || (held.length > 0 && draw(2) === 0)) held.splice(draw(held.length), 1)[0].release();
      else held.push(heap.allocate("float32", draw(draw(10) === 0 ? 200_000 : 5000)));
      if (step % 50 !== 0) continue;
      const places = held.map((block) => [block.address, block.address + 4 * block.length + 16] as const).sort(([a], [b]) => a - b);
      for (let i = 1; i < places.length; i++) expect(places[i][0]).toBeGreaterThanOrEqual(places[i - 1][1]);
      expect(places.at(-1)?.[1] ?? 0).toBeLessThanOrEqual(heap.memory.buffer.byteLength);
    }
  });
});

describe("results", () => {
  test("stay for the next call", () => {
    const double = on(
      machineOf(1 << 20),
      jit((x: NDArray) => mul(x, 2)),
    );
    const y = double(large(1));
    expect(blockOf(y).resident).toBe(true);
    const z = double(y);
    expect(z.toTypedArray()[3]).toBe(16);
    expect(blockOf(y).resident).toBe(true);
    expect(blockOf(y).pinned).toBe(false);
  });

  test("move out, the oldest first, when there are too many, and can still be read and passed on", () => {
    const machine = machineOf(4 * BYTES);
    const next = on(
      machine,
      jit((x: NDArray) => add(x, 1)),
    );
    const all: NDArray[] = [large(0)];
    for (let i = 0; i < 20; i++) {
      all.push(next(all[i]));
      expect(machine.heap.residentBytes).toBeLessThanOrEqual(4 * BYTES);
    }
    expect(blockOf(all[1]).resident).toBe(false);
    expect(blockOf(all[20]).resident).toBe(true);
    all.forEach((x, i) => expectLarge(x, i));
    expectLarge(next(all[3]), 4);
    expect(blockOf(all[3]).resident).toBe(true);
    all.forEach((x, i) => expectLarge(x, i));
  });

  test("and arguments that do not fit the limit together still compute", () => {
    const machine = machineOf(BYTES);
    const sum = on(
      machine,
      jit((x: NDArray, y: NDArray, z: NDArray) => [add(add(x, y), z), add(x, z)]),
    );
    const [a, b] = sum(large(1), large(2), large(3));
    expect(a.toTypedArray()[1]).toBe(9);
    expect(b.toTypedArray()[1]).toBe(6);
    const [c] = sum(a, a, b);
    expect(c.toTypedArray()[1]).toBe(24);
  });

  test("that are donated are freed at once, and refuse to be used", () => {
    const machine = machineOf(1 << 20);
    const next = on(
      machine,
      jit((x: NDArray) => add(x, 1), { donateArgnums: [0] }),
    );
    let x: NDArray = next(large(0));
    const { residentBytes } = machine.heap;
    const addresses = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const y = next(x);
      expect(() => x.toArray()).toThrow(DonatedError);
      expect(() => next(x)).toThrow(DonatedError);
      x = y;
      addresses.add(blockOf(x).address);
    }
    expect(machine.heap.residentBytes).toBeLessThanOrEqual(residentBytes + BYTES);
    expect(addresses.size).toBeLessThanOrEqual(3);
    expectLarge(x, 51);
  });

  test("that nobody holds are freed without a copy in a synchronous loop, those that somebody holds are not", () => {
    const machine = machineOf(64 * BYTES);
    const next = on(
      machine,
      jit((x: NDArray) => add(x, 1)),
    );
    const movedOut = vi.spyOn(Block.prototype, "moveOut");
    // Long enough that moving all of them would cost more than a collection of the test's own heap does.
    const held: NDArray[] = [large(0)];
    let x: NDArray = held[0];
    for (let i = 1; i <= 1000; i++) {
      x = next(x);
      if (i % 100 === 0) held.push(x);
      expect(machine.heap.residentBytes).toBeLessThanOrEqual(64 * BYTES);
    }
    const { length } = movedOut.mock.calls;
    movedOut.mockRestore();
    expect(length).toBeLessThan(1000 - 64);
    held.forEach((y, i) => expectLarge(y, 100 * i));
  });

  test("that nobody holds are freed when they are collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const machine = machineOf(1 << 26);
    const next = on(
      machine,
      jit((x: NDArray) => add(x, 1)),
    );
    const kept = next(large(0));
    for (let i = 0; i < 30; i++) next(kept);
    const before = machine.heap.residentBytes;
    expect(before).toBeGreaterThan(20 * BYTES);
    for (let i = 0; i < 20 && machine.heap.residentBytes > 4 * BYTES; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(machine.heap.residentBytes).toBeLessThanOrEqual(4 * BYTES);
    expectLarge(kept, 1);
  });
});

describe("constants", () => {
  test("of several programs do not disturb each other, nor the transient area", () => {
    const machine = machineOf(1 << 20);
    const programs = [1, 2, 3].map((n) =>
      on(
        machine,
        jit((x: NDArray) => add(mul(x, large(n)), large(-n))),
      ),
    );
    for (let round = 0; round < 2; round++) {
      programs.forEach((f, i) => {
        const found = f(large(1)).toTypedArray();
        expect(found[3]).toBe((1 + 3) * (i + 1 + 3) + 3 - (i + 1));
      });
    }
  });
});

test("a block keeps its type", () => {
  const heap = new Heap(false, 1 << 20, 16);
  const block = heap.allocate("uint8", 5);
  heap.write(block.address, Uint8Array.of(1, 2, 3, 4, 255));
  const array = new ConcreteArray(aval([5], "uint8"), block);
  block.moveOut();
  expect(array.toArray()).toEqual([1, 2, 3, 4, 255]);
  expect(block.resident).toBe(false);
});
