// A program closed over the arrays that it reads from outside.

import type { NDArray } from "./array.js";
import type { Aval } from "./aval.js";
import type { Jaxpr } from "./jaxpr.js";
import { printJaxpr } from "./print.js";

/** A program and the arrays bound to its `constvars`. */
export class ClosedJaxpr {
  constructor(
    readonly jaxpr: Jaxpr,
    readonly consts: readonly NDArray[],
  ) {}

  get inAvals(): Aval[] {
    return this.jaxpr.invars.map((v) => v.aval);
  }

  get outAvals(): Aval[] {
    return this.jaxpr.outvars.map((v) => v.aval);
  }

  /** The program in JAX's text form. */
  toString(): string {
    return printJaxpr(this.jaxpr);
  }
}
