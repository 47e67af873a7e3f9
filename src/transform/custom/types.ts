// The types of custom rules, by the function they belong to: arguments `P`, result `R`, positions `N` that have no derivative.

import type { Arrays } from "../../tree/index.js";
import type { AnyFunction, Argnums, Inputs, Output } from "../functions.js";

/** A function with a rule of its own. */
export type Custom<F extends AnyFunction> = (...args: Inputs<F>) => Output<F>;

/** A result as a rule may give it: as the function does, or with arrays for its numbers. */
export type Result<R> = R | Arrays<R>;

type Place<N extends Argnums> = N extends number ? `${N}` : N extends readonly number[] ? `${N[number]}` : never;

/** A tangent for each argument, null for those without a derivative. */
export type Tangents<P extends readonly unknown[], N extends Argnums> = {
  [K in keyof P]: K extends Place<N> ? null : Arrays<P[K]>;
};

/** A cotangent for each argument; null stands for zero. */
export type CotangentList<P extends readonly unknown[], N extends Argnums> = {
  readonly [K in keyof P]: K extends Place<N> ? null : Arrays<P[K]> | null;
};

/** The arguments at the positions `N`. */
export type Nondiff<P extends readonly unknown[], N extends Argnums> = [N] extends [never]
  ? []
  : N extends number
    ? [P[N]]
    : N extends readonly number[]
      ? { -readonly [K in keyof N]: N[K] extends number ? P[N[K]] : never }
      : [];
