// Prints where a step's time goes: in which parts of the compiled module, in which primitives on the host, and in the
// wrapper around both. A program to read, never a test: tsx test/bench/inside.ts ID[,ID] [--calls N]
// It stands between the library and the engine: WebAssembly's constructors and the primitives' reference functions are
// wrapped, and the wrapping costs a little itself (about 0.1 µs a part).

import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { primitives } from "../../src/primitives.js";
import type { Workload } from "./workload.js";

interface Spent {
  calls: number;
  milliseconds: number;
}

const parts = new Map<string, Spent>();
const hosts = new Map<string, Spent>();
const modules: { readonly bytes: number; readonly parts: number; readonly works: number }[] = [];
let compiling = 0;

function spend<T>(into: Map<string, Spent>, name: string, run: () => T): T {
  const start = performance.now();
  const result = run();
  const spent = into.get(name) ?? { calls: 0, milliseconds: 0 };
  spent.calls++;
  spent.milliseconds += performance.now() - start;
  into.set(name, spent);
  return result;
}

/** Every primitive's reference function, timed under the primitive's name and the shapes of its operands. */
function watchPrimitives(): void {
  for (const primitive of Object.values(primitives)) {
    const { name, reference } = primitive;
    type Reference = typeof reference;
    const watched = ((...args: Parameters<Reference>) => {
      const shapes = args[0].map(({ dtype, shape }) => `${dtype}[${shape.join(",")}]`).join(" ");
      return spend(hosts, `${name} ${shapes}`, () => reference.apply(primitive, args));
    }) as Reference;
    Object.defineProperty(primitive, "reference", { value: watched });
  }
}

/** Every module that is compiled, and every part of it that is called. */
function watchEngine(): void {
  const { Module, Instance } = WebAssembly;
  const sizes = new WeakMap<WebAssembly.Module, number>();
  class WatchedModule extends Module {
    constructor(bytes: ConstructorParameters<typeof Module>[0]) {
      const start = performance.now();
      super(bytes);
      compiling += performance.now() - start;
      sizes.set(this, bytes.byteLength);
    }
  }
  const watched = function (module: WebAssembly.Module, imports: WebAssembly.Imports): { readonly exports: WebAssembly.Exports } {
    const instance = new Instance(module, imports);
    const names = Object.keys(instance.exports);
    const number = modules.length;
    const count = (prefix: string): number => names.filter((name) => name.startsWith(prefix)).length;
    modules.push({ bytes: sizes.get(module) ?? 0, parts: count("part"), works: count("work") });
    const wrapped = Object.entries(instance.exports).map(([name, value]) => {
      if (typeof value !== "function" || !name.startsWith("part")) return [name, value];
      const call = value as (...args: number[]) => unknown;
      return [name, (...args: number[]) => spend(parts, `module ${number} ${name}`, () => call(...args))];
    });
    return { exports: Object.fromEntries(wrapped) as WebAssembly.Exports };
  };
  Object.assign(WebAssembly, { Module: WatchedModule, Instance: watched });
}

const figure = (ms: number): string => (ms < 1 ? `${(1000 * ms).toFixed(1)} µs` : `${ms.toFixed(2)} ms`).padStart(10);

function print(into: Map<string, Spent>, calls: number): void {
  for (const [name, spent] of [...into].toSorted(([, a], [, b]) => b.milliseconds - a.milliseconds).slice(0, 25))
    console.log(`  ${figure(spent.milliseconds / calls)}  ${String(spent.calls / calls).padStart(5)}x  ${name}`);
}

const total = (into: Map<string, Spent>): number => [...into.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);

function look(name: string, step: () => unknown, calls: number): void {
  const [known, before] = [modules.length, compiling];
  const start = performance.now();
  step();
  const first = performance.now() - start;
  const made = modules.slice(known);
  const each = made.map(({ bytes, parts: count, works }) => `${bytes} bytes in ${count} parts, ${works} steps shared among threads`);
  console.log(`\n${name}: first call ${first.toFixed(1)} ms, of which ${(compiling - before).toFixed(1)} ms in the engine's compiler`);
  for (const text of each) console.log(`  module of ${text}`);
  for (let i = 0; i < calls; i++) step();
  parts.clear();
  hosts.clear();
  const warm = performance.now();
  for (let i = 0; i < calls; i++) step();
  const each1 = (performance.now() - warm) / calls;
  const [inModule, onHost] = [total(parts) / calls, total(hosts) / calls];
  console.log(
    `  ${figure(each1)}  a call: module ${figure(inModule).trim()}, host ${figure(onHost).trim()}, wrapper ${figure(each1 - inModule - onHost).trim()}`,
  );
  print(parts, calls);
  print(hosts, calls);
}

const [ids = "tiny", flag, count] = process.argv.slice(2);
const calls = flag === "--calls" ? Number(count) : 10;
watchPrimitives();
watchEngine();
for (const id of ids.split(",")) {
  const { workload } = (await import(`./workloads/${id}${extname(fileURLToPath(import.meta.url))}`)) as { readonly workload: Workload };
  for (const { name, step } of workload.programs?.() ?? []) look(name, step, calls);
}
