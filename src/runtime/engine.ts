// What the JavaScript engine can be told and asked. Each liberty taken with it can be switched off by an environment
// variable: COTANGENT_THREADS=1 (no workers), COTANGENT_ENGINE_FLAGS=0 (no V8 flags), COTANGENT_RELAXED_SIMD=0 (no fused
// multiply-add).

import { ModuleBuilder } from "../wasm/module.js";

interface ProcessLike {
  getBuiltinModule?(name: string): unknown;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const { process, navigator } = globalThis as { process?: ProcessLike; navigator?: { readonly hardwareConcurrency?: number } };

/** An environment variable, where there is an environment. */
export const environment = (name: string): string | undefined => process?.env?.[name];

/** A module of Node's own, or `undefined` elsewhere. Nothing is imported at load time, so that pages can load this. */
export const builtin = <T>(name: string): T | undefined => process?.getBuiltinModule?.(name) as T | undefined;

/** Threads that a computation may use, the main one included. */
export function threadCount(): number {
  const wanted = Number(environment("COTANGENT_THREADS"));
  if (Number.isInteger(wanted) && wanted >= 1) return wanted;
  const cores = builtin<{ availableParallelism(): number }>("node:os")?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(cores, 8));
}

/** Sets a flag of V8 at run time, in Node. */
function v8Flags(): ((flag: string) => void) | undefined {
  const v8 = builtin<{ setFlagsFromString(flags: string): void }>("node:v8");
  return v8 === undefined ? undefined : (flag) => v8.setFlagsFromString(flag);
}

/**
 * Runs a compilation with V8's optimizing compiler at once. Its baseline code is 1.5 to 4 times slower, and a long first
 * call would never leave it.
 */
export function optimized<T>(compile: () => T): T {
  const set = environment("COTANGENT_ENGINE_FLAGS") === "0" ? undefined : v8Flags();
  if (set === undefined) return compile();
  set("--no-liftoff");
  set("--no-wasm-lazy-compilation");
  try {
    return compile();
  } finally {
    set("--liftoff");
    set("--wasm-lazy-compilation");
  }
}

/**
 * Whether relaxed SIMD's multiply-add is there and does what it says: a trial module is compiled, and its result compared
 * with both permitted ones. Node 20 has it behind a flag that can be set at run time.
 */
export function hasRelaxedSimd(): boolean {
  if (environment("COTANGENT_RELAXED_SIMD") === "0") return false;
  if (relaxedMultiplyAddWorks()) return true;
  if (environment("COTANGENT_ENGINE_FLAGS") === "0") return false;
  // Newer engines do not know the flag any more, so it is tried second.
  v8Flags()?.("--experimental-wasm-relaxed-simd");
  return relaxedMultiplyAddWorks();
}

function relaxedMultiplyAddWorks(): boolean {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  module.function("madd", [], [], (code) => {
    code.i32(48);
    for (const address of [0, 16, 32]) code.i32(address).memory("v128.load");
    code.op("f32x4.relaxed_madd").memory("v128.store");
  });
  const bytes = module.build();
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { madd } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as { madd: () => void };
  const lanes = new Float32Array(memory.buffer);
  const [a, b, c] = [1 + 2 ** -12, 1 + 2 ** -12, -1];
  lanes.fill(a, 0, 4).fill(b, 4, 8).fill(c, 8, 12);
  madd();
  // Exactly, a·b + c = 2⁻¹¹ + 2⁻²⁴; with the product rounded first, 2⁻¹¹.
  const permitted = [a * b + c, Math.fround(Math.fround(a * b) + c)].map(Math.fround);
  return lanes.subarray(12, 16).every((lane) => permitted.includes(lane));
}
