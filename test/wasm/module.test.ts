// The module encoder: what it writes, an engine takes, and runs as the instructions say.

import { describe, expect, test } from "vitest";
import { type Code, ModuleBuilder, type ValueType } from "../../src/wasm/module.js";

type Exported = Readonly<Record<string, (...args: number[]) => number>>;

interface Loaded {
  readonly functions: Exported;
  readonly memory: WebAssembly.Memory;
}

function load(build: (module: ModuleBuilder) => void, imports: Readonly<Record<string, () => number>> = {}, shared = false): Loaded {
  const builder = new ModuleBuilder({ initial: 1, maximum: 4, shared });
  build(builder);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), { env: { memory, ...imports } });
  return { functions: exports as Exported, memory };
}

const call = (params: readonly ValueType[], results: readonly ValueType[], body: (code: Code) => void, ...args: number[]): number =>
  load((module) => module.function("f", params, results, body)).functions["f"](...args);

describe("numbers", () => {
  test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31), 0x12345678])("%i as an i32", (n) => {
    expect(call([], ["i32"], (code) => code.i32(n))).toBe(n);
  });

  test("addresses above 2³¹ keep their bits", () => {
    expect(call([], ["i32"], (code) => code.i32(3 * 2 ** 30)) >>> 0).toBe(3 * 2 ** 30);
  });

  test.each([0.1, -0, Infinity, 2 ** -1074])("%d as an f64", (x) => {
    expect(call([], ["f64"], (code) => code.f64(x))).toBe(x);
    expect(call([], ["f32"], (code) => code.f32(x))).toBe(Math.fround(x));
  });
});

describe("control", () => {
  test("a loop that tests before its first turn", () => {
    const triangle = (code: Code): void => {
      const sum = code.local("i32");
      code.while(
        () => code.get(0),
        () => code.get(sum).get(0).op("i32.add").set(sum).get(0).i32(1).op("i32.sub").set(0),
      );
      code.get(sum);
    };
    expect([0, 1, 10].map((n) => call(["i32"], ["i32"], triangle, n))).toEqual([0, 1, 55]);
  });

  test("a loop that tests after each turn", () => {
    const halvings = (code: Code): void => {
      const count = code.local("i32");
      code.doWhile(
        () => code.get(count).i32(1).op("i32.add").set(count),
        () => code.get(0).i32(1).op("i32.shr_u").tee(0),
      );
      code.get(count);
    };
    expect([0, 1, 8, 255].map((n) => call(["i32"], ["i32"], halvings, n))).toEqual([1, 1, 4, 8]);
  });

  test("choices, with and without a result, and branches out of blocks", () => {
    const choose = (code: Code): void => {
      code.get(0);
      code.if(
        () => code.i32(10),
        () => code.i32(20),
        "i32",
      );
    };
    expect([0, 5].map((n) => call(["i32"], ["i32"], choose, n))).toEqual([20, 10]);
    const leave = (code: Code): void => {
      code.block(() => {
        code.get(0).op("i32.eqz").branchIf(0);
        code.i32(7).set(0);
      });
      code.get(0);
    };
    expect([0, 5].map((n) => call(["i32"], ["i32"], leave, n))).toEqual([0, 7]);
  });

  test("the start of a function comes first, wherever it is written", () => {
    const late = (code: Code): void => {
      const x = code.local("i32");
      code.get(x);
      code.atStart(() => code.i32(42).set(x));
    };
    expect(call([], ["i32"], late)).toBe(42);
  });
});

describe("modules", () => {
  test("functions call each other and what is imported, by index", () => {
    const { functions } = load(
      (module) => {
        const seven = module.importFunction("seven", [], ["i32"]);
        const double = module.function(undefined, ["i32"], ["i32"], (code) => code.get(0).i32(2).op("i32.mul"));
        module.function("f", [], ["i32"], (code) => code.call(seven).call(double));
      },
      { seven: () => 7 },
    );
    expect(Object.keys(functions)).toEqual(["f"]);
    expect(functions["f"]()).toBe(14);
  });

  test("many locals of mixed types stay apart", () => {
    const mixed = (code: Code): void => {
      const locals = Array.from({ length: 300 }, (_, i) => code.local(i % 2 === 0 ? "i32" : "f64"));
      locals.forEach((local, i) => (i % 2 === 0 ? code.i32(i).set(local) : code.f64(i + 0.5).set(local)));
      code.get(locals[298]).op("f64.convert_i32_s").get(locals[299]).op("f64.add");
    };
    expect(call([], ["f64"], mixed)).toBe(298 + 299.5);
  });

  test("memory, lanes and shuffles", () => {
    const { functions, memory } = load((module) => {
      module.function("f", ["i32"], [], (code) => {
        const x = code.local("v128");
        code.get(0).memory("v128.load", 16).set(x);
        code.get(0).get(x).get(x).shuffle([12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]).memory("v128.store", 32);
        code.get(0).get(x).memoryLane("v128.store32_lane", 2, 48);
        code
          .get(0)
          .v128(Uint8Array.from({ length: 16 }, (_, i) => i))
          .memory("v128.store", 64);
      });
    });
    const words = new Int32Array(memory.buffer);
    words.set([1, 2, 3, 4], 256 / 4 + 4);
    functions["f"](256);
    expect(Array.from(words.subarray(72, 76))).toEqual([4, 3, 2, 1]);
    expect(words[76]).toBe(3);
    expect(Array.from(new Uint8Array(memory.buffer, 320, 16))).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  test("atomics on shared memory", () => {
    const { functions, memory } = load(
      (module) => module.function("f", [], ["i32"], (code) => code.i32(8).i32(5).atomic("i32.atomic.rmw.add", 8)),
      {},
      true,
    );
    const words = new Int32Array(memory.buffer);
    words[4] = 37;
    expect(functions["f"]()).toBe(37);
    expect(words[4]).toBe(42);
  });

  test("a large function and many functions", () => {
    const { functions } = load((module) => {
      for (let n = 0; n < 200; n++) {
        module.function(`f${n}`, [], ["i32"], (code) => {
          code.i32(0);
          for (let i = 0; i < n; i++) code.i32(1).op("i32.add");
        });
      }
    });
    expect([0, 1, 130, 199].map((n) => functions[`f${n}`]())).toEqual([0, 1, 130, 199]);
  });
});
