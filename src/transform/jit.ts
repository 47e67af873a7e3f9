// jit: traces a function once for each combination of argument structure, types and static values, and runs the compiled
// program from then on.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { type Aval, avalKey, sameType } from "../core/aval.js";
import { checked } from "../core/check.js";
import { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import { OptionError } from "../core/errors.js";
import { executableOf } from "../core/executable.js";
import type { Jaxpr } from "../core/jaxpr.js";
import { checkOptions } from "../core/options.js";
import { captureFarSource } from "../core/source.js";
import { Tracer, bindAll, currentTrace, evalTrace } from "../core/trace.js";
import { type TreeStructure, treeUnflatten } from "../tree/index.js";
import { type TraceRecord, explain } from "./cacheMiss.js";
import { jitP } from "./calls.js";
import { checkDonation, donate, donatedLeaves } from "./donation.js";
import { noteFirstCall } from "./freshClosures.js";
import {
  type AnyFunction,
  type Argnums,
  type Inputs,
  type Output,
  checkFunction,
  describe,
  isOptions,
  normalizeArgnums,
} from "./functions.js";
import { flattenArrays } from "./leaves.js";
import { Lowered } from "./lowered.js";
import { stageFunction } from "./makeJaxpr.js";
import { type WholeNumbers, checkWholeNumbers, wholeNumbersOf } from "./numbers.js";

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
  /** The stages of the program for these arguments, for reading; traces it as a call does, and runs nothing. */
  lower(...args: Inputs<F>): Lowered;
}

/** A call taken apart: what the program takes, what it was traced for. */
interface Call {
  readonly leaves: readonly NDArray[];
  readonly structure: TreeStructure;
  readonly statics: ReadonlyMap<number, unknown>;
  /** A text that two calls share exactly when their static arguments are the same. */
  readonly staticPart: string;
}

interface Entry {
  readonly program: ClosedJaxpr;
  /** Values of outer transforms that the function closes over; they come before the arguments. */
  readonly captured: readonly NDArray[];
  readonly outStructure: TreeStructure;
  /** Which leaves are donated, if any. */
  readonly isDonated: readonly boolean[] | undefined;
  /** What JavaScript numbers among the leaves must be. */
  readonly numbers: WholeNumbers | undefined;
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

const noStatics: ReadonlyMap<number, unknown> = new Map();

class JitCache {
  readonly entries = new Map<string, Entry>();
  readonly traces: TraceRecord[] = [];

  /** Calls of all functions jitted at the line of this one; counted from its first call on. */
  site: { calls: number } | undefined;
  readonly source = captureFarSource();

  constructor(
    readonly f: AnyFunction,
    readonly options: JitOptions,
  ) {}

  #latest: Latest | undefined;

  takeApart(args: readonly unknown[]): Call {
    const { staticArgnums } = this.options;
    if (staticArgnums === undefined) {
      const { leaves, structure } = flattenArrays(args, "jit", "arguments", this.#latest?.structure);
      return { leaves, structure, statics: noStatics, staticPart: "" };
    }
    const positions = normalizeArgnums("jit", "staticArgnums", staticArgnums, args.length);
    const statics = new Map(positions.map((position) => [position, args[position]]));
    // Null has no leaves, and keeps the positions of the other arguments for messages.
    const dynamic = statics.size === 0 ? args : args.map((arg, i) => (statics.has(i) ? null : arg));
    const { leaves, structure } = flattenArrays(dynamic, "jit", "arguments", this.#latest?.structure);
    const staticPart = [...statics].map(([position, value]) => `${position}=${staticKey(value)}`).join();
    return { leaves, structure, statics, staticPart };
  }

  /** The entry for a call; one of the same types as the call before is found without making a key. */
  entry(call: Call): Entry {
    const latest = this.#latest;
    if (
      latest !== undefined &&
      latest.structure === call.structure &&
      latest.staticPart === call.staticPart &&
      sameAvals(latest.avals, call.leaves)
    ) {
      return latest.entry;
    }
    const entry = this.#find(call);
    if (entry.captured.length === 0) {
      this.#latest = { entry, structure: call.structure, staticPart: call.staticPart, avals: call.leaves.map((x) => x.aval) };
    }
    return entry;
  }

  #explain(): void {
    if (!debugSettings.explainCacheMisses) return;
    const { line } = captureFarSource();
    const where = line === undefined ? "" : `\n  at: ${line}`;
    debugSettings.warn(`cotangent: ${describe("jit", this.f)} is traced again: ${this.traces[this.traces.length - 1].reason}${where}`);
  }

  #find(call: Call): Entry {
    const key = `${call.structure.key}|${call.leaves.map((x) => avalKey(x.aval)).join()}|${call.staticPart}`;
    const found = this.entries.get(key);
    if (found !== undefined) {
      // The order of entries is the order of use.
      this.entries.delete(key);
      this.entries.set(key, found);
      return found;
    }
    this.traces.push(explain(this.traces, call.leaves, call.structure, call.statics));
    if (this.traces.length > CAPACITY) this.traces.shift();
    if (this.traces.length > 1) this.#explain();
    const entry = trace(this.f, call, this.options.donateArgnums);
    // A program that closes over an outer transform's values serves this call only.
    if (entry.captured.length > 0) return entry;
    this.entries.set(key, entry);
    if (this.entries.size > CAPACITY) this.entries.delete(this.entries.keys().next().value as string);
    return entry;
  }
}

/** Whether all leaves hold their elements; comparing prototypes is quicker than `instanceof`. */
function allConcrete(leaves: readonly NDArray[]): boolean {
  for (const x of leaves) if (Object.getPrototypeOf(x) !== ConcreteArray.prototype && !(x instanceof ConcreteArray)) return false;
  return true;
}

/** What the call before had. */
interface Latest {
  readonly entry: Entry;
  readonly structure: TreeStructure;
  readonly staticPart: string;
  readonly avals: readonly Aval[];
}

function sameAvals(avals: readonly Aval[], leaves: readonly NDArray[]): boolean {
  for (let i = 0; i < leaves.length; i++) {
    const [a, b] = [avals[i], leaves[i].aval];
    if (a !== b && !(a.weak === b.weak && sameType(a, b))) return false;
  }
  return true;
}

function trace(f: AnyFunction, { leaves, structure, statics }: Call, donateArgnums: Argnums | undefined): Entry {
  const argumentsOf = (xs: readonly NDArray[]): readonly unknown[] => {
    const dynamic = treeUnflatten(structure, xs) as readonly unknown[];
    return statics.size === 0 ? dynamic : dynamic.map((arg, i) => (statics.has(i) ? statics.get(i) : arg));
  };
  const { program, outStructure } = stageFunction("jit", f, leaves, argumentsOf);
  const positions = donateArgnums === undefined ? [] : normalizeArgnums("jit", "donateArgnums", donateArgnums, structure.children.length);
  checkNotStatic(positions, statics);
  const isDonated = positions.length === 0 ? undefined : donatedLeaves(structure, positions);
  const closed = closeOver(program);
  return { ...closed, outStructure, isDonated, numbers: wholeNumbersOf(closed.program, closed.captured.length) };
}

function checkNotStatic(positions: readonly number[], statics: ReadonlyMap<number, unknown>): void {
  const both = positions.find((position) => statics.has(position));
  if (both === undefined) return;
  throw new OptionError({
    op: "jit",
    expected: "donated arguments that are arrays",
    received: `a static argument, at argument ${both}`,
    remedy: "leave that argument out of donateArgnums or of staticArgnums",
  });
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

const allowed = ["staticArgnums", "donateArgnums"];

/**
 * A compiled version of `f`: traced once for each combination of argument types, then run as one program. `f` must be
 * pure; what it closes over is read when it is traced. Called with options alone, it waits for the function.
 * Like `jax.jit`.
 *
 * @throws ConcretizationError when `f` reads a traced value; OptionError for positions that the call does not have; DTypeError
 * for a number that an integer dtype which it becomes in `f` does not hold.
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
    const call = cache.takeApart(args);
    (cache.site ??= noteFirstCall(cache.source)).calls++;
    const { program, captured, outStructure, isDonated, numbers } = cache.entry(call);
    const { leaves, structure } = call;
    if (numbers !== undefined) checkWholeNumbers(numbers, leaves, structure);
    const evaluates = currentTrace() === evalTrace;
    if (isDonated !== undefined && evaluates) checkDonation(leaves, isDonated, structure);
    const outs =
      evaluates && captured.length === 0 && allConcrete(leaves)
        ? executableOf(program).run(leaves as readonly ConcreteArray[])
        : bindAll(jitP, [...captured, ...leaves], { jaxpr: program, name });
    if (isDonated !== undefined && evaluates) donate(name, leaves, isDonated);
    return treeUnflatten(outStructure, outs);
  };
  const lower = (...args: readonly unknown[]): Lowered => {
    return new Lowered(cache.entry(cache.takeApart(args)).program);
  };
  return Object.defineProperties(jitted, {
    name: { value: name },
    cacheSize: { get: () => cache.entries.size },
    traces: { get: () => [...cache.traces] },
    lower: { value: lower },
  });
}
