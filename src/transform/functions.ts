// What all transforms share about the functions they are given: their types, their names, their options, and the two
// ways of calling a transform (function first, or options first for use in `pipe`).

import { OptionError, TypeMismatchError } from "../core/errors.js";
import type { ArrayLikes, Arrays } from "../tree/index.js";

/** Any function of trees. */
export type AnyFunction = (...args: never[]) => unknown;

/** The arguments that a transformed function takes: those of `F`, with numbers welcome where it takes arrays. */
export type Inputs<F extends AnyFunction> = ArrayLikes<Parameters<F>>;

/** What a transformed function gives back: the result of `F`, its numbers as arrays. */
export type Output<F extends AnyFunction> = Arrays<ReturnType<F>>;

/** "grad of loss": how errors speak of a transformed function. */
export const describe = (transform: string, f: AnyFunction): string => `${transform} of ${f.name === "" ? "an anonymous function" : f.name}`;

/** Calls the user's function; its types were settled when it was given. */
export const call = (f: AnyFunction, args: readonly unknown[]): unknown => f(...(args as never[]));

/**
 * Refuses anything but a function.
 *
 * @throws TypeMismatchError
 */
export function checkFunction(op: string, f: unknown): asserts f is AnyFunction {
  if (typeof f === "function") return;
  throw new TypeMismatchError({ op, expected: "a function", received: f === null ? "null" : `a ${typeof f}`, remedy: `call ${op}(f, ...) with the function to transform` });
}

/**
 * Refuses options that do not exist.
 *
 * @throws OptionError that lists those that do.
 */
export function checkOptions(op: string, options: object, allowed: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !allowed.includes(key));
  if (unknown.length === 0) return;
  throw new OptionError({
    op,
    expected: allowed.length === 0 ? "no options" : `options among ${allowed.join(", ")}`,
    received: unknown.join(", "),
    remedy: "correct the spelling, or leave it out",
  });
}

/** Positions of arguments: one, several, negative ones counted from the end. */
export type Argnums = number | readonly number[];

/**
 * Positions counted from the front.
 *
 * @throws OptionError for one that the call does not have.
 */
export function normalizeArgnums(op: string, option: string, argnums: Argnums, count: number): readonly number[] {
  const list = typeof argnums === "number" ? [argnums] : argnums;
  const normal = list.map((n) => (n < 0 ? n + count : n));
  const valid = normal.every((n) => Number.isInteger(n) && n >= 0 && n < count) && new Set(normal).size === normal.length;
  if (valid) return normal;
  throw new OptionError({
    op,
    expected: `${option}: distinct positions among the ${count} arguments of the call`,
    received: JSON.stringify(argnums),
    remedy: count === 0 ? "call the function with arguments" : `use positions from 0 to ${count - 1}`,
  });
}
