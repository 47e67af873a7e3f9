// The jaxpr: a typed program in A-normal form. Equations apply primitives to variables and scalar literals; nothing is
// ever mutated after the program is built.

import type { Aval } from "./aval.js";
import type { AnyPrimitive, Params } from "./primitive.js";
import type { Source } from "./source.js";

/** A variable, bound once: by the program's inputs or by one equation. Compared by identity. */
export class Var {
  readonly kind = "var";
  constructor(readonly aval: Aval) {}
}

/** A scalar known when the program was built. */
export class Literal {
  readonly kind = "literal";
  constructor(
    readonly value: number,
    readonly aval: Aval,
  ) {}
}

export type Atom = Var | Literal;

/** `outputs = primitive[params] inputs`, written at `source`. */
export interface Equation {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Var[];
  readonly params: Params;
  readonly source: Source;
}

/** A program with free inputs `constvars`, then `invars`. */
export interface Jaxpr {
  readonly constvars: readonly Var[];
  readonly invars: readonly Var[];
  readonly equations: readonly Equation[];
  readonly outvars: readonly Atom[];
}
