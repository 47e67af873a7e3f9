// What a rewrite rule is: a named row of a table, tried on the applications of its primitives. It looks at an application
// and at what defines its operands, and gives an equal value made of them. Operands are final when a rule sees them, and
// what it applies meets the rules in turn: so one pass over a program is the fixed point.

import type { NDArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import type { DType } from "../core/dtype.js";
import type { Atom, Equation, Literal } from "../core/jaxpr.js";
import type { AnyPrimitive, Params, Primitive } from "../core/primitive.js";
import type { Source } from "../core/source.js";

/** A primitive about to be applied: an equation whose outputs have no variables yet. */
export interface Application {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Atom[];
  readonly params: Params;
  readonly outAvals: readonly Aval[];
  readonly source: Source;
}

/** The program under construction, as rules see it. */
export interface Workspace {
  /** The equation that gives an atom; `undefined` for literals, constants and inputs. */
  definition(atom: Atom): Equation | undefined;
  /** The elements of an atom where they are known and few. */
  known(atom: Atom): NDArray | undefined;
  /** Applies a primitive with one output, at the place of the application being rewritten. */
  apply<P extends Params>(primitive: Primitive<string, P>, inputs: readonly Atom[], params: P): Atom;
  /** A number of a dtype; wraps and rounds as storing does. */
  literal(value: number, dtype: DType): Literal;
}

/** The name of the primitive that gives an operand; or a literal; or the same atom as another operand. */
export type OperandKind = string | typeof LITERAL | typeof EQUAL;
/** An operand that is a literal. */
export const LITERAL = "a literal";
/** An operand that stands twice. */
export const EQUAL = "equal operands";

/** A rewrite of applications with one output. */
export interface Rule {
  /** The law, as one reads it. */
  readonly name: string;
  /** Names of the primitives whose applications it is tried on; `"pointwise"` for all that work element by element. */
  readonly on: readonly string[] | "pointwise";
  /** What one of the operands must be for the rule to be tried; absent where it may be anything. */
  readonly of?: readonly OperandKind[];
  /** How results may differ from those of the program as it was; absent where they have the same bits. */
  readonly rounding?: string;
  /** An atom of the application's type, or `undefined` where the rule does not fit. */
  rewrite(application: Application, program: Workspace): Atom | undefined;
}

/** The first output's type, which is the only one's where rules are tried. */
export const typeOf = (application: Application): Aval => application.outAvals[0];

/** The definition of an atom if it is by one of the named primitives. */
export function definedBy(program: Workspace, atom: Atom, name: string): Equation | undefined {
  const equation = program.definition(atom);
  return equation?.primitive.name === name ? equation : undefined;
}
