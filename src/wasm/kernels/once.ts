// Functions that several kernels of a module can share are emitted once for each module.

import type { ModuleBuilder } from "../module.js";

const emitted = new WeakMap<ModuleBuilder, Map<string, number>>();

/** The function index that `emit` gave for this key in this module; the key must say all that the function depends on. */
export function once(module: ModuleBuilder, key: string, emit: () => number): number {
  const known = emitted.get(module) ?? new Map<string, number>();
  emitted.set(module, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  const index = emit();
  known.set(key, index);
  return index;
}
