// Garbage collection on demand, in Node: lets the heap learn in the middle of a synchronous loop which results nobody holds
// any more. Finalizers do not run there, and a WeakRef keeps its target until the job ends; a microtask queue that is run
// to its end within the job ends that guarantee, and V8's own collector, exposed at run time, does the rest. Other WeakRefs
// that the same job has made or read may be cleared by it as well. COTANGENT_ENGINE_FLAGS=0 leaves the engine alone.

import { builtin, environment } from "./engine.js";

interface Vm {
  createContext(object: object, options: { microtaskMode: "afterEvaluate" }): object;
  readonly Script: new (code: string) => { runInContext(context: object): unknown };
  runInNewContext(code: string): unknown;
}

interface V8 {
  setFlagsFromString(flag: string): void;
}

/** A collection of all garbage, or `undefined` where it cannot be had. */
export function makeCollector(): (() => void) | undefined {
  const [vm, v8] = [builtin<Vm>("node:vm"), builtin<V8>("node:v8")];
  if (vm === undefined || v8 === undefined || environment("COTANGENT_ENGINE_FLAGS") === "0") return undefined;
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("globalThis.gc") as (() => void) | undefined;
  v8.setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") return undefined;
  const context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  const nothing = new vm.Script("0");
  return () => {
    nothing.runInContext(context);
    collect();
  };
}
