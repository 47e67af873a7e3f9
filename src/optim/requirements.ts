// What wrappers and special optimizers ask of their arguments: counts, functions, transformations, and what `update` is given.

import { OptionError, TypeMismatchError } from "../core/errors.js";

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function" && value.name !== "") return `the function ${value.name}`;
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

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

/** A kind of object: what it is called, the functions that it has, and what makes one. */
interface Kind {
  readonly what: string;
  readonly methods: readonly string[];
  readonly maker: string;
}

/**
 * Refuses what is not of a kind; `name` says which argument it is.
 *
 * @throws TypeMismatchError
 */
export function checkKind(op: string, name: string, value: unknown, { what, methods, maker }: Kind): void {
  const isObject = typeof value === "object" && value !== null;
  if (isObject && methods.every((method) => typeof Reflect.get(value, method) === "function")) return;
  throw new TypeMismatchError({
    op,
    expected: `${name}, ${what} with ${methods.join(" and ")}`,
    received: kindOf(value),
    remedy: typeof value === "function" ? `call it: ${value.name || "f"}({ … }) gives ${what}` : `pass what ${maker} and the like give`,
  });
}

const transformationKind = { what: "a transformation", methods: ["init", "update"], maker: "optim.adam({ … })" };

/**
 * Refuses what is no transformation; `name` says which argument it is.
 *
 * @throws TypeMismatchError
 */
export const checkTransformation = (op: string, name: string, value: unknown): void => checkKind(op, name, value, transformationKind);

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
