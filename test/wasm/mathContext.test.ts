// The constant pool, and several functions in one loop: constants and temporaries are shared without harm.

import { describe, expect, test } from "vitest";
import { float32 } from "../../src/wasm/math/float32/index.js";
import { ConstantPool } from "../../src/wasm/math/pool.js";
import { applied } from "./mathHarness.js";

describe("ConstantPool", () => {
  test("stores each value once, aligned, within its size", () => {
    const pool = new ConstantPool(64);
    expect(pool.add(Uint8Array.of(1, 2, 3, 4))).toBe(64);
    expect(pool.add(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toBe(72);
    expect(pool.add(Uint8Array.of(1, 2, 3, 4))).toBe(64);
    expect(pool.add(new Uint8Array(32).fill(9))).toBe(80);
    expect(pool.size).toBe(48);
    expect([...pool.data()]).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, ...new Array<number>(32).fill(9)]);
  });
});

describe("functions in one loop", () => {
  test("may stand beside and inside one another", () => {
    // exp(x) + sin(exp(x)): the first sum waits on the stack while the second is computed, branch included.
    const { x, result, run } = applied((context, a) => {
      const inner = context.temporary();
      float32.exp(context, a);
      context.code.tee(inner);
      float32.sin(context, inner);
      context.code.op("f32x4.add");
      context.release(inner);
    }, false);
    const alone = applied(float32.exp, false);
    const outer = applied(float32.sin, false);
    const count = 64;
    for (let i = 0; i < count; i++) for (const view of [x, alone.x]) view.setFloat32(4 * i, i / 3 - 8, true);
    run(4 * count);
    alone.run(4 * count);
    for (let i = 0; i < count; i++) outer.x.setFloat32(4 * i, alone.result.getFloat32(4 * i, true), true);
    outer.run(4 * count);
    for (let i = 0; i < count; i++) {
      const sum = alone.result.getFloat32(4 * i, true) + outer.result.getFloat32(4 * i, true);
      expect(result.getFloat32(4 * i, true)).toBe(Math.fround(sum));
    }
  });

  test("leave their argument as it was", () => {
    for (const f of Object.values(float32)) {
      const { x, result, run } = applied((context, a) => {
        f(context, a);
        context.code.op("drop").get(a);
      }, false);
      [0.25, -3, 1e10, NaN].forEach((value, i) => x.setFloat32(4 * i, value, true));
      run(16);
      expect([0, 1, 2, 3].map((i) => result.getFloat32(4 * i, true))).toEqual([0.25, -3, 1e10, NaN]);
    }
  });
});
