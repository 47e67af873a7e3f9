// Liberties taken with the engine: each can be switched off by its environment variable, flags are put back, and relaxed SIMD is
// believed only after a trial. Where WebAssembly is refused, everything runs on the reference evaluator, with one warning.

import v8 from "node:v8";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { hasRelaxedSimd, optimized, threadCount } from "../../src/runtime/engine.js";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe("COTANGENT_THREADS", () => {
  test("says how many threads there are", () => {
    vi.stubEnv("COTANGENT_THREADS", "3");
    expect(threadCount()).toBe(3);
    vi.stubEnv("COTANGENT_THREADS", "1");
    expect(threadCount()).toBe(1);
  });

  test.each(["", "0", "-2", "1.5", "many"])("%j is none: as many as there are cores, 8 at most", (wanted) => {
    vi.stubEnv("COTANGENT_THREADS", undefined);
    const usual = threadCount();
    expect(usual).toBeGreaterThanOrEqual(1);
    expect(usual).toBeLessThanOrEqual(8);
    vi.stubEnv("COTANGENT_THREADS", wanted);
    expect(threadCount()).toBe(usual);
  });
});

describe("COTANGENT_ENGINE_FLAGS", () => {
  test("flags are set around a compilation alone, and put back when it throws", () => {
    const flags: string[] = [];
    vi.spyOn(v8, "setFlagsFromString").mockImplementation((flag) => void flags.push(flag));
    const failing = (): never => {
      flags.push("compile");
      throw new Error("refused");
    };
    expect(() => optimized(failing)).toThrow("refused");
    expect(flags).toEqual(["--no-liftoff", "--no-wasm-lazy-compilation", "compile", "--liftoff", "--wasm-lazy-compilation"]);
  });

  test("with 0, no flag is set", () => {
    vi.stubEnv("COTANGENT_ENGINE_FLAGS", "0");
    const set = vi.spyOn(v8, "setFlagsFromString");
    expect(optimized(() => 7)).toBe(7);
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    expect(hasRelaxedSimd()).toBe(false);
    expect(set).not.toHaveBeenCalled();
  });
});

describe("relaxed SIMD", () => {
  test("is not used with COTANGENT_RELAXED_SIMD=0", () => {
    vi.stubEnv("COTANGENT_RELAXED_SIMD", "0");
    const trial = vi.spyOn(WebAssembly, "validate");
    expect(hasRelaxedSimd()).toBe(false);
    expect(trial).not.toHaveBeenCalled();
  });

  test("is not used where the trial gives neither of the permitted results", () => {
    // The flag is tried before it is given up; not every engine knows it.
    vi.spyOn(v8, "setFlagsFromString").mockImplementation(() => undefined);
    vi.spyOn(WebAssembly, "validate").mockReturnValue(true);
    vi.spyOn(WebAssembly, "Module").mockImplementation(function () {
      return {};
    });
    const lanes = (memory: WebAssembly.Memory): Float32Array => new Float32Array(memory.buffer, 48, 4);
    const givingBack = (value: number): boolean => {
      vi.spyOn(WebAssembly, "Instance").mockImplementation(function (_: unknown, { env }: { env: { memory: WebAssembly.Memory } }) {
        return { exports: { madd: () => void lanes(env.memory).fill(value) } };
      } as never);
      return hasRelaxedSimd();
    };
    expect(givingBack(2 ** -11 + 2 ** -24)).toBe(true);
    expect(givingBack(2 ** -11)).toBe(true);
    expect(givingBack(2 ** -11 + 2 ** -23)).toBe(false);
    expect(givingBack(NaN)).toBe(false);
  });
});

describe("without WebAssembly", () => {
  /** Values, a gradient and a long eager product of a library that is loaded anew, and whether it has loops to show. */
  async function computed(): Promise<{ readonly values: readonly unknown[]; readonly compiles: boolean }> {
    const { grad, jit, numpy: np } = await import("../../src/index.js");
    const loss = (x: NDArray) => x.mul(x).sum();
    const x = np.array([1, 2, 3]);
    const values = [
      jit(loss)(x).item(),
      jit(grad(loss))(x).toArray(),
      np
        .ones([80, 80])
        .matmul(np.ones([80, 80]))
        .sum()
        .item(),
    ];
    return { values, compiles: jit(loss).lower(x).loops !== undefined };
  }
  const expected = [14, [2, 4, 6], 512_000];

  test("COTANGENT_WASM=0 runs all on the reference evaluator, in silence", async () => {
    vi.resetModules();
    vi.stubEnv("COTANGENT_WASM", "0");
    const warn = vi.spyOn(console, "warn");
    expect(await computed()).toEqual({ values: expected, compiles: false });
    expect(warn).not.toHaveBeenCalled();
  });

  test("an engine that refuses: the same, with one warning", async () => {
    vi.resetModules();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.spyOn(WebAssembly, "Memory").mockImplementation(function () {
      throw new Error("disallowed here");
    });
    expect(await computed()).toEqual({ values: expected, compiles: false });
    expect(warn.mock.calls.map(String)).toEqual([
      "cotangent: WebAssembly is refused here (Error: disallowed here); compiled functions run on the slower reference evaluator.",
    ]);
  });
});
