// What the JavaScript engine can be told and asked. Each liberty taken with it can be switched off by an environment
// variable: COTANGENT_THREADS=1 (no workers), COTANGENT_ENGINE_FLAGS=0 (no V8 flags).

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

/**
 * Runs a compilation with V8's optimizing compiler at once. Its baseline code is 1.5 to 4 times slower, and a long first
 * call would never leave it.
 */
export function optimized<T>(compile: () => T): T {
  const v8 = environment("COTANGENT_ENGINE_FLAGS") === "0" ? undefined : builtin<{ setFlagsFromString(flags: string): void }>("node:v8");
  if (v8 === undefined) return compile();
  v8.setFlagsFromString("--no-liftoff");
  v8.setFlagsFromString("--no-wasm-lazy-compilation");
  try {
    return compile();
  } finally {
    v8.setFlagsFromString("--liftoff");
    v8.setFlagsFromString("--wasm-lazy-compilation");
  }
}
