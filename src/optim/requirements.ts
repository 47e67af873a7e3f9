// What wrappers and special optimizers ask of their arguments: counts, functions, and what `update` is given.

import { OptionError, TypeMismatchError } from "../core/errors.js";

const kindOf = (value: unknown): string =>
  value === undefined ? "nothing" : value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;

/**
 * Refuses what is no integer of at least `least`.
 *
 * @throws OptionError
 */
export function checkCount(op: string, name: string, value: unknown, least = 1): asserts value is number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return;
  throw new OptionError({
    op,
    expected: `${name}, an integer of at least ${least}`,
    received: typeof value === "number" ? String(value) : kindOf(value),
    remedy: "pass a whole number",
  });
}

/**
 * Refuses what is no function.
 *
 * @throws TypeMismatchError
 */
export function checkFunction(op: string, name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeMismatchError({ op, expected: `${name}, a function`, received: kindOf(value), remedy: `pass a function as ${name}` });
}

/**
 * The parameters that `update` was given.
 *
 * @throws TypeMismatchError when it was given none.
 */
export function requireParams<Params>(op: string, params: Params | undefined): Params {
  if (params !== undefined) return params;
  throw new TypeMismatchError({
    op,
    expected: "the parameters",
    received: "nothing",
    remedy: "call update(grads, state, params)",
  });
}

/**
 * One of the extras that `update` was given.
 *
 * @throws TypeMismatchError when it was not.
 */
export function requireExtra<T>(op: string, name: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new TypeMismatchError({
    op,
    expected: `${name} among the extras`,
    received: "nothing",
    remedy: `call update(grads, state, params, { ${name} })`,
  });
}
