// Types of trees after their leaves have been replaced. A type without number or boolean leaves comes back as itself, by
// name, because a structural copy of an interface would not read as that interface, and generic code could not use it.

import type { ArrayLike, NDArray } from "../core/array.js";

type Method = (...args: never[]) => unknown;

/**
 * `T` with each leaf replaced by `L`. A type with methods is an instance of a registered class, whose children the types cannot know:
 * it stays. The recursion is through mapped types only, so that recursive interfaces are expanded lazily.
 */
type Replaced<T, L> = T extends NDArray
  ? [L] extends [NDArray]
    ? T
    : L
  : T extends number | boolean
    ? L
    : T extends readonly unknown[]
      ? { [K in keyof T]: Replaced<T[K], L> }
      : T extends object
        ? HasMethods<T> extends true
          ? T
          : { [K in keyof T]: Replaced<T[K], L> }
        : T;

type HasMethods<T extends object> = T extends Method ? true : [Extract<T[keyof T], Method>] extends [never] ? false : true;

/** Whether each leaf of `T` is an `L`. */
type Holds<T, L> = [T] extends [Replaced<T, L>] ? true : false;

/**
 * The type of tree `T` when its leaves are arrays: number and boolean leaves become `NDArray`. A `T` without such leaves is
 * exactly `T`, be it an interface (recursive ones too), a readonly tuple or a union with null.
 *
 * @example type A = Arrays<{ w: NDArray; rate: number }>; // { w: NDArray; rate: NDArray }
 */
export type Arrays<T> = unknown extends T ? T : Holds<T, NDArray> extends true ? T : ArraysOfEach<T>;

type ArraysOfEach<T> = T extends number | boolean
  ? NDArray
  : T extends object
    ? Holds<T, NDArray> extends true
      ? T
      : { [K in keyof T]: Arrays<T[K]> }
    : T;

/** The type of tree `T` with an `L` in the place of each leaf. */
export type Mapped<T, L> = [L] extends [NDArray] ? Arrays<T> : unknown extends T ? T : Replaced<T, L>;

/** What a leaf of tree `T` is: `NDArray` where all are, otherwise `number` or `boolean` where all are, otherwise any of the three. */
export type Leaf<T> = unknown extends T
  ? ArrayLike
  : Holds<T, NDArray> extends true
    ? NDArray
    : Holds<T, number> extends true
      ? number
      : Holds<T, boolean> extends true
        ? boolean
        : ArrayLike;

/**
 * An argument list in which a number or boolean may stand for each array on the top level.
 *
 * @example type A = ArrayLikes<[NDArray, { w: NDArray }]>; // [ArrayLike, { w: NDArray }]
 */
export type ArrayLikes<A extends readonly unknown[]> = { [K in keyof A]: ArrayLikeFor<A[K]> };

type ArrayLikeFor<T> = [Extract<T, NDArray>] extends [never] ? T : T | number | boolean;
