// An engine that refuses a module: a tagged error, and the library is usable afterwards.

import { afterEach, expect, it, vi } from "vitest";
import { CompilationError, jit, numpy as np, type NDArray } from "../../src/index.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

const refusals: readonly Error[] = [
  new RangeError("out of executable memory"),
  new WebAssembly.CompileError("WebAssembly.Module(): size 7654322 > maximum function size 7654321"),
];

it.each(refusals)("says what the engine said, and goes on when it accepts: %s", (refusal) => {
  const f = jit((x: NDArray) => x.mul(3).add(1));
  const refusing = { ...WebAssembly, Memory: WebAssembly.Memory, Instance: WebAssembly.Instance };
  jit((x: NDArray) => x.neg())(np.ones([2]));
  vi.stubGlobal("WebAssembly", {
    ...refusing,
    Module: function refuse() {
      throw refusal;
    },
  });
  expect(() => f(np.ones([2]))).toThrow(CompilationError);
  expect(() => f(np.ones([2]))).toThrow(/jit: expected an engine that compiles a module of \d+ bytes/);
  expect(() => f(np.ones([2]))).toThrow(`got ${refusal.name}: ${refusal.message}`);
  vi.unstubAllGlobals();
  expect(f(np.ones([2])).toArray()).toEqual([4, 4]);
});
