// Surgery on states: a recipe changes a draft, and a new state comes out that shares all it did not touch. Arrays and instances of
// classes are opaque: they are replaced whole. Containers come back frozen; no proxy of a draft survives. Not for traced code.

import { Immer } from "immer";
import type { NDArray } from "../core/array.js";
import { TypeMismatchError } from "../core/errors.js";

type Method = (...args: never[]) => unknown;
type HasMethods<T extends object> = T extends Method ? true : [Extract<T[keyof T], Method>] extends [never] ? false : true;

/** A tree whose containers may be written to: readonly is gone from lists and records; arrays and class instances stay. */
export type Draft<T> = T extends NDArray
  ? T
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T extends object
      ? HasMethods<T> extends true
        ? T
        : { -readonly [K in keyof T]: Draft<T[K]> }
      : T;

/** One of our own, so that no setting elsewhere changes what it does. */
const immer = new Immer({ autoFreeze: true });

/**
 * A copy of a state with some parts replaced: write to the draft as if it were the state. What is not written to is shared, the
 * original stays as it was, and the result's containers are frozen. Do not compute inside of the recipe with a draft as static
 * argument or constant; arrays taken from it are arrays as ever.
 *
 * @throws TypeMismatchError for a recipe that is asynchronous, or returns something: it is to change the draft.
 * @example
 * const halved = train.edit(state, (draft) => {
 *   draft.params.layers[0].w = draft.params.layers[0].w.mul(0.5);
 * });
 */
export function edit<T>(state: T, recipe: (draft: Draft<T>) => void): T;
export function edit(state: unknown, recipe: (draft: never) => unknown): unknown {
  return immer.produce(state, (draft: never) => {
    const returned = recipe(draft);
    if (returned === undefined) return;
    const isPromise = returned instanceof Promise;
    // The promise's own fate is of no interest any more; unhandled, it would end the process.
    if (isPromise) returned.catch(() => undefined);
    throw new TypeMismatchError({
      op: "edit",
      expected: "a recipe that changes the draft and returns nothing",
      received: isPromise ? "an asynchronous one" : "one that returns something",
      remedy: isPromise ? "wait for the values first, then edit" : "put braces around the body: (draft) => { draft.rate = x; }",
    });
  });
}
