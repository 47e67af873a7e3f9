// What all transforms share about the functions they are given: their types, their names, their options, and the two
// ways of calling a transform (function first, or options first for use in `pipe`).

import { NDArray, kindOf } from "../core/array.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import type { ArrayLikes, Arrays } from "../tree/index.js";

/** Any function of trees. */
export type AnyFunction = (...args: never[]) => unknown;

/** The arguments that a transformed function takes: those of `F`, with numbers welcome where it takes arrays. */
export type Inputs<F extends AnyFunction> = ArrayLikes<Parameters<F>>;

/** What a transformed function gives back: the result of `F`, its numbers as arrays. */
export type Output<F extends AnyFunction> = Arrays<ReturnType<F>>;

/** A list like the arguments `Args`, each with arrays for its numbers. (Over a type parameter, so that lists stay lists.) */
type Likewise<Args extends readonly unknown[]> = { -readonly [K in keyof Args]: Arrays<Args[K]> };

/** Cotangents of the arguments of `F`. */
export type Cotangents<F extends AnyFunction> = Likewise<Parameters<F>>;

/** "grad of loss": how errors speak of a transformed function. */
export const describe = (transform: string, f: AnyFunction): string =>
  `${transform} of ${f.name === "" ? "an anonymous function" : f.name}`;

/** Calls the user's function; its types were settled when it was given. */
export const call = (f: AnyFunction, args: readonly unknown[]): unknown => f(...(args as never[]));

/**
 * Refuses anything but a function.
 *
 * @throws TypeMismatchError
 */
export function checkFunction(
  op: string,
  f: unknown,
  remedy = `call ${op}(f, ...) with the function to transform`,
): asserts f is AnyFunction {
  if (typeof f === "function") return;
  throw new TypeMismatchError({
    op,
    expected: "a function",
    received: kindOf(f),
    remedy,
  });
}

/** Whether a transform was called with options alone. */
export const isOptions = <O extends object>(f: AnyFunction | O): f is O =>
  typeof f === "object" && f !== null && !Array.isArray(f) && !(f instanceof NDArray);

/**
 * Refuses arguments that do not stand in a list, a common slip with `vjp(f, [x])`.
 *
 * @throws TypeMismatchError
 */
export function checkArguments(op: string, name: string, args: unknown): asserts args is readonly unknown[] {
  if (Array.isArray(args)) return;
  throw new TypeMismatchError({
    op,
    expected: `${name}: a list with one entry for each argument of the function`,
    received: kindOf(args),
    remedy: `put them into a list, such as ${op}(f, [x])`,
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
  const list: unknown = typeof argnums === "number" ? [argnums] : argnums;
  const normal = Array.isArray(list) ? list.map((n: unknown) => (typeof n === "number" && n < 0 ? n + count : n)) : [undefined];
  const isPosition = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0 && (n as number) < count;
  if (normal.every(isPosition) && new Set(normal).size === normal.length) return normal;
  throw new OptionError({
    op,
    expected: `${option}: distinct positions among the ${count === 1 ? "one argument" : `${count} arguments`} of the call`,
    received: JSON.stringify(argnums) ?? String(argnums),
    remedy: count === 0 ? "call the function with arguments" : count === 1 ? "use position 0" : `use positions from 0 to ${count - 1}`,
  });
}
