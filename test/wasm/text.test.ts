// Modules read back as text.

import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../src/wasm/module.js";
import { accesses, atomics, laneAccesses, lanes, opcodes } from "../../src/wasm/opcodes.js";
import type { Access, Atomic, LaneAccess, LaneOp, Op } from "../../src/wasm/opcodes.js";
import { moduleText } from "../../src/wasm/text.js";

const builder = (): ModuleBuilder => new ModuleBuilder({ initial: 1, maximum: 2, shared: false });
const keys = <K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] => Object.keys(table) as K[];

describe("moduleText", () => {
  it("shows imports, signatures, locals, exports, blocks and labels", () => {
    const module = builder();
    const tick = module.importFunction("tick", ["i32"], []);
    module.function("run", ["i32", "i32"], ["f32"], (code) => {
      const [i, v] = [code.local("i32"), code.local("v128")];
      code.i32(-5).set(i);
      code.while(
        () => code.get(i).get(1).op("i32.lt_s"),
        () => code.get(i).call(tick),
      );
      code.get(0).memory("v128.load", 16).set(v);
      code.get(i).if(
        () => code.f32(1.5),
        () => code.f32(-0),
        "f32",
      );
    });
    expect(moduleText(module.build(), (index) => (index === 1 ? "a loop" : undefined))).toBe(
      `(module
  (import "env" "memory" (memory 1 2))
  (import "env" "tick" (func $f0 (param i32)))
  (func $f1 (export "run") (param i32 i32) (result f32) (local i32 v128)
    ;; a loop; 49 bytes
    i32.const -5
    local.set 2
    block
      loop
        local.get 2
        local.get 1
        i32.lt_s
        i32.eqz
        br_if 1
        local.get 2
        call $f0
        br 0
      end
    end
    local.get 0
    v128.load offset=16
    local.set 3
    local.get 2
    if (result f32)
      f32.const 1.5
    else
      f32.const -0
    end))`,
    );
  });

  it("knows every instruction that the encoder has, by its own name", () => {
    const module = builder();
    module.function("all", [], [], (code) => {
      code.op(...keys<Op>(opcodes));
      for (const name of keys<Access>(accesses)) code.memory(name, 300);
      for (const name of keys<LaneAccess>(laneAccesses)) code.memoryLane(name, 1, 8);
      for (const name of keys<LaneOp>(lanes)) code.lane(name, 1);
      for (const name of keys<Atomic>(atomics)) code.atomic(name, 4);
      code.v128(new Uint8Array(16).map((_, i) => i)).shuffle(Array.from({ length: 16 }, (_, i) => 31 - i));
      code
        .f64(NaN)
        .f64(-Infinity)
        .tee(0)
        .copyBytes()
        .i32(-(2 ** 31))
        .i32(2 ** 31 - 1)
        .block(() => code.branch(0));
    });
    const lines = moduleText(module.build())
      .split("\n")
      .map((line) => line.trim());
    for (const name of keys<Op>(opcodes)) expect(lines).toContain(name);
    for (const name of keys<Access>(accesses)) expect(lines).toContain(`${name} offset=300`);
    for (const name of keys<LaneAccess>(laneAccesses)) expect(lines).toContain(`${name} offset=8 1`);
    for (const name of keys<LaneOp>(lanes)) expect(lines).toContain(`${name} 1`);
    for (const name of keys<Atomic>(atomics)) expect(lines).toContain(`${name} offset=4`);
    expect(lines).toContain("v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c");
    expect(lines).toContain("i8x16.shuffle 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16");
    for (const line of ["f64.const nan", "f64.const -inf", "memory.copy", "i32.const -2147483648", "i32.const 2147483647"]) {
      expect(lines).toContain(line);
    }
  });

  it("refuses bytes that are no instruction of the encoder's", () => {
    const module = builder();
    module.function("f", [], [], (code) => code.op("drop"));
    const bytes = module.build();
    bytes[bytes.lastIndexOf(0x1a)] = 0x42;
    expect(() => moduleText(bytes)).toThrow("no instruction has the code 0x42");
  });
});
