// Eager operations as compiled programs of one equation each, kept by primitive, parameters and types. The primitives' own
// kernels do small work, because a compilation costs milliseconds: operations whose compiled results have the kernels' bits
// are compiled once they have been used enough to pay for it; those that may differ in rounding by their size alone, so that
// the same operation on the same types always gives the same bits.

import type { ConcreteArray } from "../core/array.js";
import { type Aval, sameType } from "../core/aval.js";
import { CompilationError } from "../core/errors.js";
import { debugSettings } from "../core/debug.js";
import type { Compiler, Eager, Executable } from "../core/executable.js";
import { Var } from "../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import { sizeOf } from "../core/shape.js";
import { Builder } from "../core/staging.js";
import { type ConvParams, convGeneralDilatedP } from "../ops/conv.js";
import type { DotDimensionNumbers } from "../ops/dot.js";

/** Elements below which a kernel is as quick as a call of a compiled program. */
const SMALL = 256;
/** Elements that an operation's kernel handles in the time of a compilation. */
const PAYS = 2_000_000;
/** Work of one application, in multiplications, from which on operations whose rounding may differ are compiled. */
const HEAVY = 200_000;
/** Programs kept for a primitive. */
const CAPACITY = 32;

/** Compiled results have the bits of the kernels: IEEE operations, comparisons, integers, copies. */
const exact: ReadonlySet<string> = new Set(
  [
    "add sub mul div rem neg abs sign max min sqrt square floor ceil trunc is_finite eq ne lt le gt ge select_n clamp convert_element_type",
    "and or xor not shift_left shift_right_logical shift_right_arithmetic",
    "transpose broadcast_in_dim concatenate pad slice rev",
  ].flatMap((names) => names.split(" ")),
);

const elements = (args: readonly ConcreteArray[]): number => args.reduce((sum, x) => Math.max(sum, x.size), 0);

type Work = (args: readonly ConcreteArray[], params: Params) => number;

/** Multiplications of a product: the elements of one side, each as often as the other side has free rows. */
function dotWork([x, y]: readonly ConcreteArray[], params: Params): number {
  const [[, contracting], [, batch]] = (params as { readonly dimensionNumbers: DotDimensionNumbers }).dimensionNumbers;
  const shared = [...contracting, ...batch].reduce((n, axis) => n * y.shape[axis], 1);
  return (x.size * y.size) / Math.max(1, shared);
}

/** Multiplications of a convolution: for each element of the result, the kernel's that meet in it. */
function convWork([x, y]: readonly ConcreteArray[], params: Params): number {
  const conv = params as ConvParams;
  const [out] = convGeneralDilatedP.type([x.aval, y.aval], conv);
  return sizeOf(out.shape) * (y.size / Math.max(1, y.shape[conv.dimensionNumbers.rhsSpec[0]]));
}

/** What an element costs, as a multiple of one multiplication. */
const costs: readonly (readonly [cost: number, of: readonly string[]])[] = [
  [1, ["reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "cumsum"]],
  [4, ["exp", "exp2", "expm1", "log", "log1p", "sin", "cos", "tan", "tanh", "logistic", "erf", "rsqrt", "pow"]],
  [8, ["sinh", "cosh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "atan2", "cbrt", "cumprod", "cummax", "cummin"]],
  [8, ["argmax", "argmin", "reduce_window_sum", "reduce_window_max", "reduce_window_min"]],
  [20, ["erfc", "threefry2x32"]],
  [40, ["erf_inv", "sort", "top_k"]],
  [300, ["random_gamma"]],
  [1000, ["random_gamma_grad"]],
];

/** The work of one application, in multiplications; primitives that are not here keep their kernels. */
const heavy: ReadonlyMap<string, Work> = new Map<string, Work>([
  ["dot_general", dotWork] as const,
  ["conv_general_dilated", convWork] as const,
  ...costs.flatMap(([cost, names]) =>
    names.map((name) => [name, (args: readonly ConcreteArray[]): number => cost * elements(args)] as const),
  ),
]);

/** The primitives that may be compiled. @internal */
export const compiledNames: ReadonlySet<string> = new Set([...exact, ...heavy.keys()]);

interface Entry {
  readonly params: Params;
  readonly avals: readonly Aval[];
  /** Elements that the kernel has handled so far. */
  work: number;
  executable: Executable | undefined;
  /** The engine refused the program: its kernel serves. */
  refused: boolean;
}

/** Parameters are plain data: numbers, names, lists and records of them. */
function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => sameData((a as Readonly<Record<string, unknown>>)[key], (b as Readonly<Record<string, unknown>>)[key]));
}

function fits({ avals, params }: Entry, args: readonly ConcreteArray[], given: Params): boolean {
  if (avals.length !== args.length) return false;
  for (let i = 0; i < args.length; i++) if (avals[i] !== args[i].aval && !sameType(avals[i], args[i].aval)) return false;
  return sameData(params, given);
}

function programOf(primitive: AnyPrimitive, avals: readonly Aval[], params: Params): ReturnType<Builder["build"]> {
  const builder = new Builder();
  const inputs = avals.map((a) => new Var(a));
  return builder.build(inputs, builder.add(primitive, inputs, params));
}

/** Eager evaluation by programs that `compile` makes. */
export function makeEager(compile: Compiler): Eager {
  const cache = new WeakMap<AnyPrimitive, Entry[]>();
  const find = (primitive: AnyPrimitive, args: readonly ConcreteArray[], params: Params): Entry => {
    let entries = cache.get(primitive);
    if (entries === undefined) cache.set(primitive, (entries = []));
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (!fits(entry, args, params)) continue;
      // A step towards the front: what is used most is found first.
      if (i > 0) [entries[i - 1], entries[i]] = [entry, entries[i - 1]];
      return entry;
    }
    const entry: Entry = { params, avals: args.map((x) => x.aval), work: 0, executable: undefined, refused: false };
    entries.push(entry);
    if (entries.length > CAPACITY) entries.splice(CAPACITY - 1, 1);
    return entry;
  };
  const prepare = (entry: Entry, primitive: AnyPrimitive): void => {
    try {
      entry.executable = compile(programOf(primitive, entry.avals, entry.params));
    } catch (error) {
      if (!(error instanceof CompilationError)) throw error;
      entry.refused = true;
    }
  };
  return (primitive, args, params) => {
    let size = 0;
    for (const x of args) {
      if (x.aval.weak !== undefined) return undefined;
      size += sizeOf(x.aval.shape);
    }
    if (size < SMALL || debugSettings.debugNans) return undefined;
    const isExact = exact.has(primitive.name);
    if (!isExact && !((heavy.get(primitive.name)?.(args, params) ?? 0) >= HEAVY)) return undefined;
    const entry = find(primitive, args, params);
    if (entry.executable === undefined) {
      entry.work += size;
      if (entry.refused || (isExact && entry.work < PAYS)) return undefined;
      prepare(entry, primitive);
    }
    return entry.executable?.run(args);
  };
}
