// Runs kernels in tests: a module over a memory of its own, with space handed out from its start.

import { type MemoryLimits, ModuleBuilder } from "../../../src/wasm/module.js";

export type Floats = Float32Array | Float64Array;

/** A built module with its memory. */
export interface Bench {
  readonly memory: WebAssembly.Memory;
  /** Address of fresh bytes, 64-byte aligned. */
  readonly space: (bytes: number) => number;
  /** Address of a copy of the values. */
  readonly put: (values: Floats) => number;
  readonly call: (name: string, ...args: readonly number[]) => void;
}

const PAGE = 65536;

/** Builds the functions that `emit` adds, in a memory of `bytes` (or more). */
export function bench(bytes: number, emit: (module: ModuleBuilder) => void): Bench {
  const pages = Math.ceil(bytes / PAGE) + 1;
  const limits: MemoryLimits = { initial: pages, maximum: pages, shared: false };
  const builder = new ModuleBuilder(limits);
  emit(builder);
  const memory = new WebAssembly.Memory(limits);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), { env: { memory } });
  let top = 64;
  const space = (size: number): number => {
    const at = top;
    top = (top + size + 64 + 63) & ~63;
    if (top > pages * PAGE) throw new Error(`the test's memory of ${bytes} bytes is too small`);
    return at;
  };
  return {
    memory,
    space,
    put: (values) => {
      const at = space(values.byteLength);
      new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
      return at;
    },
    call: (name, ...args) => {
      const found = exports[name];
      if (typeof found !== "function") throw new Error(`no function ${name}`);
      found(...args);
    },
  };
}
