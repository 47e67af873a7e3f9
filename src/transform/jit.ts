// jit: traces a function once for each combination of argument structure, types and static values, and runs the compiled
// program from then on.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { avalKey } from "../core/aval.js";
import { checked } from "../core/check.js";
import { ClosedJaxpr } from "../core/closed.js";
import { OptionError } from "../core/errors.js";
import type { Jaxpr } from "../core/jaxpr.js";
import { Tracer, bindAll, currentTrace, evalTrace } from "../core/trace.js";
import { type TreeStructure, treeUnflatten } from "../tree/index.js";
import { type TraceRecord, explain } from "./cacheMiss.js";
import { jitP } from "./calls.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Argnums, type Inputs, type Output, checkFunction, isOptions, normalizeArgnums } from "./functions.js";
import { flattenArrays } from "./leaves.js";
import { stageFunction } from "./makeJaxpr.js";

export interface JitOptions {
  /** Arguments that are part of the program: compared by value (numbers, strings) or identity, traced again for each. */
  readonly staticArgnums?: Argnums;
  /** Arguments whose arrays the call may reuse: they must not be used afterwards, and throw if they are. */
  readonly donateArgnums?: Argnums;
}

/** The function that `jit` makes of `F`. */
export interface Jitted<F extends AnyFunction> {
  (...args: Inputs<F>): Output<F>;
  /** How many programs it keeps. */
  readonly cacheSize: number;
  /** Why each of its latest traces happened, oldest first. */
  readonly traces: readonly TraceRecord[];
  /** The program for these arguments, for reading. */
  lower(...args: Inputs<F>): Lowered;
}

/** The stages of a compiled function, for reading. */
export interface Lowered {
  readonly jaxpr: ClosedJaxpr;
  toString(): string;
}

/** A call taken apart: what the program takes, what it was traced for. */
interface Call {
  readonly leaves: readonly NDArray[];
  readonly structure: TreeStructure;
  readonly statics: ReadonlyMap<number, unknown>;
  readonly key: string;
}

interface Entry {
  readonly program: ClosedJaxpr;
  /** Values of outer transforms that the function closes over; they come before the arguments. */
  readonly captured: readonly NDArray[];
  readonly outStructure: TreeStructure;
}

/** Programs kept for one function; the one used longest ago goes first. */
const CAPACITY = 512;
const identities = new WeakMap<object, number>();
let identityCount = 0;

const symbols = new Map<symbol, number>();

function symbolNumber(x: symbol): number {
  const number = symbols.get(x) ?? symbols.size;
  symbols.set(x, number);
  return number;
}

/** The same text for two values exactly when `Object.is` holds for them. */
function staticKey(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "symbol") return `@${symbolNumber(value)}`;
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    return Object.is(value, -0) ? "-0" : `${typeof value}:${String(value)}`;
  }
  let id = identities.get(value);
  if (id === undefined) identities.set(value, (id = identityCount++));
  return `#${id}`;
}

class JitCache {
  readonly entries = new Map<string, Entry>();
  readonly traces: TraceRecord[] = [];

  constructor(
    readonly f: AnyFunction,
    readonly options: JitOptions,
  ) {}

  takeApart(args: readonly unknown[]): Call {
    const positions = this.options.staticArgnums === undefined ? [] : normalizeArgnums("jit", "staticArgnums", this.options.staticArgnums, args.length);
    const statics = new Map(positions.map((position) => [position, args[position]]));
    // Null has no leaves, and keeps the positions of the other arguments for messages.
    const dynamic = statics.size === 0 ? args : args.map((arg, i) => (statics.has(i) ? null : arg));
    const { leaves, structure } = flattenArrays(dynamic, "jit", "arguments");
    const staticPart = [...statics].map(([position, value]) => `${position}=${staticKey(value)}`).join();
    return { leaves, structure, statics, key: `${structure.key}|${leaves.map((x) => avalKey(x.aval)).join()}|${staticPart}` };
  }

  entry(call: Call): Entry {
    const found = this.entries.get(call.key);
    if (found !== undefined) return found;
    this.traces.push(explain(this.traces, call.leaves, call.structure, call.statics));
    if (this.traces.length > CAPACITY) this.traces.shift();
    const entry = trace(this.f, call);
    // A program that closes over an outer transform's values serves this call only.
    if (entry.captured.length > 0) return entry;
    this.entries.set(call.key, entry);
    if (this.entries.size > CAPACITY) this.entries.delete(this.entries.keys().next().value as string);
    return entry;
  }
}

function trace(f: AnyFunction, { leaves, structure, statics }: Call): Entry {
  const argumentsOf = (xs: readonly NDArray[]): readonly unknown[] => {
    const dynamic = treeUnflatten(structure, xs) as readonly unknown[];
    return statics.size === 0 ? dynamic : dynamic.map((arg, i) => (statics.has(i) ? statics.get(i) : arg));
  };
  const { program, outStructure } = stageFunction("jit", f, leaves, argumentsOf);
  return { ...closeOver(program), outStructure };
}

/** Constants that are tracers become leading inputs; a compiled program closes over concrete arrays alone. */
export function closeOver({ jaxpr, consts }: ClosedJaxpr): { readonly program: ClosedJaxpr; readonly captured: readonly NDArray[] } {
  const isTracer = consts.map((x) => x instanceof Tracer);
  const lifted: Jaxpr = {
    ...jaxpr,
    constvars: jaxpr.constvars.filter((_, i) => !isTracer[i]),
    invars: [...jaxpr.constvars.filter((_, i) => isTracer[i]), ...jaxpr.invars],
  };
  const concrete = consts.filter((_, i) => !isTracer[i]);
  return { program: checked(new ClosedJaxpr(lifted, concrete)), captured: consts.filter((_, i) => isTracer[i]) };
}

/** Gives the donated arguments' arrays away, after the call that took them. */
function donate(name: string, args: readonly unknown[], donateArgnums: Argnums): void {
  const positions = normalizeArgnums("jit", "donateArgnums", donateArgnums, args.length);
  const donated = positions.flatMap((position) => flattenArrays(args[position], "jit").leaves);
  for (const x of donated) if (x instanceof ConcreteArray) x.donate(name);
}

/** Donating an array that the call also has elsewhere would take it away twice. */
function checkDonation(args: readonly unknown[], options: JitOptions): void {
  const positions = normalizeArgnums("jit", "donateArgnums", options.donateArgnums ?? [], args.length);
  const isStatic = new Set(normalizeArgnums("jit", "staticArgnums", options.staticArgnums ?? [], args.length));
  const seen = new Set<NDArray>();
  const kept = new Set(args.flatMap((arg, i) => (positions.includes(i) || isStatic.has(i) ? [] : flattenArrays(arg, "jit").leaves)));
  for (const position of positions) {
    const clash = isStatic.has(position)
      ? "a static argument"
      : flattenArrays(args[position], "jit").leaves.some((x) => {
            const again = seen.has(x) || kept.has(x);
            seen.add(x);
            return again;
          })
        ? "an array that the call has twice"
        : undefined;
    if (clash === undefined) continue;
    throw new OptionError({
      op: "jit",
      expected: "donated arguments that appear once in the call",
      received: `${clash}, at argument ${position}`,
      remedy: "leave that argument out of donateArgnums, or pass a copy",
    });
  }
}

const allowed = ["staticArgnums", "donateArgnums"];

/**
 * A compiled version of `f`: traced once for each combination of argument types, then run as one program. `f` must be
 * pure; what it closes over is read when it is traced. Called with options alone, it waits for the function.
 * Like `jax.jit`.
 *
 * @throws ConcretizationError when `f` reads a traced value; OptionError for positions that the call does not have.
 * @example
 * const f = jit((x: NDArray) => np.tanh(x).sum());
 * f(np.ones([3]));
 * f.cacheSize; // 1
 */
export function jit<F extends AnyFunction | JitOptions>(
  f: F,
  options?: JitOptions,
): F extends AnyFunction ? Jitted<F> : <G extends AnyFunction>(g: G) => Jitted<G>;
export function jit(f: AnyFunction | JitOptions, options: JitOptions = {}): unknown {
  if (isOptions(f)) {
    checkOptions("jit", f, allowed);
    return (g: AnyFunction) => jit(g, f);
  }
  checkFunction("jit", f);
  checkOptions("jit", options, allowed);
  const cache = new JitCache(f, options);
  const name = f.name === "" ? "anonymous" : f.name;
  const jitted = (...args: readonly unknown[]): unknown => {
    const donates = options.donateArgnums !== undefined && currentTrace() === evalTrace;
    if (donates) checkDonation(args, options);
    const callParts = cache.takeApart(args);
    const { program, captured, outStructure } = cache.entry(callParts);
    const outs = bindAll(jitP, [...captured, ...callParts.leaves], { jaxpr: program, name });
    if (donates && options.donateArgnums !== undefined) donate(name, args, options.donateArgnums);
    return treeUnflatten(outStructure, outs);
  };
  const lower = (...args: readonly unknown[]): Lowered => {
    const { program } = cache.entry(cache.takeApart(args));
    return { jaxpr: program, toString: () => program.toString() };
  };
  return Object.defineProperties(jitted, {
    name: { value: name },
    cacheSize: { get: () => cache.entries.size },
    traces: { get: () => [...cache.traces] },
    lower: { value: lower },
  });
}
