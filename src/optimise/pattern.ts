// Algebraic laws as data: `law("x − (−y) = x + y", sub(x, neg(y)), add(x, y))` is a rule. A pattern is a variable, a number,
// or a primitive without parameters applied to patterns; a variable that occurs twice must stand for one atom.

import { isFloat, isInteger } from "../core/dtype.js";
import type { DType } from "../core/dtype.js";
import type { Atom } from "../core/jaxpr.js";
import type { Params, Primitive } from "../core/primitive.js";
import { sameShape } from "../core/shape.js";
import { broadcastInDimP } from "../ops/broadcast.js";
import { type Application, EQUAL, LITERAL, type OperandKind, type Rule, type Workspace, typeOf } from "./rule.js";
import { sameAtom } from "./structural.js";

export type Pattern =
  | { readonly kind: "variable"; readonly name: string }
  /** A literal, of any value. */
  | { readonly kind: "literal"; readonly name: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "apply"; readonly primitive: Primitive<string, Params>; readonly args: readonly Pattern[] };

/** Matches any atom. */
export const variable = (name: string): Pattern => ({ kind: "variable", name });
/** Matches any literal. */
export const anyLiteral = (name: string): Pattern => ({ kind: "literal", name });

/** What patterns may be written as: a number stands for the literal of that value. */
type PatternLike = Pattern | number;
const pattern = (p: PatternLike): Pattern => (typeof p === "number" ? { kind: "number", value: p } : p);

/** Patterns of a primitive that has no parameters. */
export const of =
  (primitive: Primitive<string, Params>) =>
  (...args: readonly PatternLike[]): Pattern => ({ kind: "apply", primitive, args: args.map(pattern) });

type Bindings = Map<string, Atom>;

const domains: Readonly<Record<Domain, (dtype: DType) => boolean>> = {
  any: () => true,
  float: isFloat,
  integer: isInteger,
  signed: (dtype) => isFloat(dtype) || dtype === "int32" || dtype === "int8",
  bool: (dtype) => dtype === "bool",
  /** Dtypes without NaN, infinities and the zero below zero. */
  exact: (dtype) => !isFloat(dtype),
};

/** On which dtypes of its first operand a law holds. */
export type Domain = "any" | "float" | "integer" | "signed" | "bool" | "exact";

interface LawOptions {
  readonly where?: Domain;
  /** A further condition on the literals that are bound. */
  readonly when?: (literal: (name: string) => number, dtype: DType) => boolean;
  readonly rounding?: string;
}

const commutative = new Set(["add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"]);

/** The pattern with the operands of its commutative applications in every order that makes a difference. */
function orders(p: Pattern): readonly Pattern[] {
  if (p.kind !== "apply") return [p];
  let lists: readonly (readonly Pattern[])[] = [[]];
  for (const arg of p.args) lists = lists.flatMap((list) => orders(arg).map((order) => [...list, order]));
  const swaps = commutative.has(p.primitive.name) && p.args.some((arg) => arg.kind !== "variable");
  return lists.flatMap((args) => (swaps ? [args, [args[1], args[0]]] : [args]).map((each): Pattern => ({ ...p, args: each })));
}

function matches(p: Pattern, atom: Atom, program: Workspace, bindings: Bindings): boolean {
  switch (p.kind) {
    case "number":
      return atom.kind === "literal" && Object.is(atom.value, p.value);
    case "literal":
      if (atom.kind !== "literal") return false;
      break;
    case "apply": {
      const equation = program.definition(atom);
      return equation !== undefined && equation.primitive === p.primitive && matchAll(p.args, equation.inputs, program, bindings);
    }
    case "variable":
      break;
    default:
      p satisfies never;
  }
  const bound = bindings.get(p.name);
  if (bound !== undefined) return sameAtom(bound, atom);
  bindings.set(p.name, atom);
  return true;
}

function matchAll(patterns: readonly Pattern[], atoms: readonly Atom[], program: Workspace, bindings: Bindings): boolean {
  for (let i = 0; i < patterns.length; i++) if (!matches(patterns[i], atoms[i], program, bindings)) return false;
  return true;
}

function build(p: Pattern, dtype: DType, program: Workspace, bindings: Bindings): Atom {
  if (p.kind === "number") return program.literal(p.value, dtype);
  if (p.kind !== "apply") return bindings.get(p.name) as Atom;
  const args = p.args.map((arg) => build(arg, dtype, program, bindings));
  return program.apply(p.primitive, args, {});
}

/** The value at every place of the application's shape, if it is a scalar where that has axes. */
export function spread(atom: Atom, application: Application, program: Workspace): Atom {
  const { shape } = typeOf(application);
  if (atom.aval.shape.length > 0 || sameShape(atom.aval.shape, shape)) return atom;
  return program.apply(broadcastInDimP, [atom], { shape, broadcastDimensions: [] });
}

/** What some operand must be for the patterns to match. */
function rarest(args: readonly Pattern[]): OperandKind | undefined {
  const applied = args.find((arg) => arg.kind === "apply");
  if (applied !== undefined) return applied.primitive.name;
  if (args.some((arg) => arg.kind === "number" || arg.kind === "literal")) return LITERAL;
  return new Set(args).size < args.length ? EQUAL : undefined;
}

/** A rule that is a law; its left side and where it holds are kept for the tests that try it on every edge. */
export interface Law extends Rule {
  readonly left: Pattern;
  readonly where: Domain;
}

/** A law as a rule: applications like `left` become `right`. */
export function law(name: string, left: Pattern, right: PatternLike, { where = "any", when, rounding }: LawOptions = {}): Law {
  if (left.kind !== "apply") throw new TypeError(`${name}: the left side of a law applies a primitive`);
  let variants: readonly (readonly Pattern[])[] | undefined;
  const kind = rarest(left.args);
  const [result, inDomain] = [pattern(right), domains[where]];
  return {
    name,
    left,
    where,
    on: [left.primitive.name],
    ...(kind === undefined ? {} : { of: [kind] }),
    ...(rounding === undefined ? {} : { rounding }),
    rewrite: (application, program) => {
      const { dtype } = application.inputs[application.inputs.length - 1].aval;
      if (!inDomain(dtype)) return undefined;
      variants ??= orders(left).map((order) => (order as typeof left).args);
      for (const args of variants) {
        const bindings: Bindings = new Map();
        if (!matchAll(args, application.inputs, program, bindings)) continue;
        const literal = (of: string): number => (bindings.get(of) as Atom & { kind: "literal" }).value;
        if (when !== undefined && !when(literal, dtype)) continue;
        return spread(build(result, typeOf(application).dtype, program, bindings), application, program);
      }
      return undefined;
    },
  };
}
