// The stages that `f.lower(…)` shows.

import { describe, expect, it } from "vitest";
import { installCompiler } from "../../src/core/executable.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { compileProgram } from "../../src/runtime/evaluator.js";
import { debugPrint, jit, lax, numpy as np, random, setDebug, shapeDtype, type NDArray } from "../../src/index.js";

const f = (x: NDArray, w: NDArray): NDArray =>
  np
    .matmul(np.tanh(x.mul(2)), w)
    .neg()
    .neg()
    .sum();
const args = [np.ones([3, 4]), np.ones([4, 2])] as const;

describe("lower", () => {
  it("shows the program as traced, as optimised, as loops, and as a module", () => {
    const lowered = jit(f).lower(...args);
    const names = (program: typeof lowered.jaxpr | undefined): string[] | undefined =>
      program?.jaxpr.equations.map((equation) => equation.primitive.name);
    expect(names(lowered.jaxpr)).toEqual(["mul", "tanh", "dot_general", "neg", "neg", "reduce_sum"]);
    expect(names(lowered.optimised)).toEqual(["mul", "tanh", "dot_general", "reduce_sum"]);
    const loops = (text: string | undefined): number | undefined => text?.match(/^(for|dot) /gm)?.length;
    expect(loops(lowered.loops?.lowered)).toBe(4);
    expect(loops(lowered.loops?.fused)).toBe(3);
    expect(lowered.loops?.planned).toMatch(/^%4 temporary, 24 bytes at \+\d+$/m);
    expect(lowered.loops?.planned).toMatch(/^%0 argument, 48 bytes where word 0 of the frame says, copied to \+\d+$/m);
    expect(lowered.module).toMatch(/^;; \d+ bytes; a call runs part0\n\(module\n/);
    expect(lowered.module).toMatch(/;; dot f32 i < 3, j < 2, k < 4; \d+ bytes/);
    expect(lowered.module).toContain(`(export "part0")`);
  });

  it("shows all of it under headings", () => {
    const text = String(jit(f).lower(...args));
    const headings = text.split("\n").filter((line) => line.startsWith("# "));
    expect(headings).toEqual(["# jaxpr", "# optimised jaxpr", "# loops, lowered", "# loops, fused", "# loops, planned", "# module"]);
    expect(text.startsWith("# jaxpr\n{ lambda ; a:f32[3,4] b:f32[4,2]. let\n")).toBe(true);
  });

  it("needs no elements, and runs nothing", () => {
    const lines: string[] = [];
    const before = setDebug({ print: (line) => void lines.push(line) });
    try {
      const g = jit((x: NDArray) => {
        debugPrint("{}", x);
        return x.mul(2);
      });
      expect(g.lower(shapeDtype([2])).module).toContain("host debug_callback");
      expect(lines).toEqual([]);
      g(np.ones([2]));
      expect([lines.length, g.cacheSize]).toEqual([1, 1]);
    } finally {
      setDebug(before);
    }
  });

  it("reads every module that the kernels emit", () => {
    const programs = [
      jit((x: NDArray) => np.sort(np.cumsum(np.exp(x)))).lower(np.ones([9])),
      jit((x: NDArray) => lax.convGeneralDilated(x, x, { windowStrides: [1, 1], padding: "SAME" })).lower(np.ones([1, 1, 5, 5])),
      jit(() => random.normal(random.key(0), [7])).lower(),
      jit((x: NDArray) => np.argmax(np.sin(x.astype("float64")))).lower(np.ones([33])),
      jit((x: NDArray) => np.take(x, np.array([0, 2], { dtype: "int32" }))).lower(np.ones([3])),
    ];
    for (const lowered of programs) expect(lowered.module).toContain("local.get");
  });

  it("shows the reference evaluator's program alone", () => {
    installCompiler(interpret);
    try {
      const lowered = jit(f).lower(...args);
      expect([lowered.optimised, lowered.loops, lowered.module]).toEqual([undefined, undefined, undefined]);
      expect(String(lowered)).toBe(`# jaxpr\n${String(lowered.jaxpr)}`);
    } finally {
      installCompiler(compileProgram);
    }
  });
});
