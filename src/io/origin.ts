// How outside data is refused: a parser says what it expected and what came, and the caller gets a DataError in an Either that
// also names the function called and where the bytes come from. Only a refusal becomes a Left: a fault of ours stays a throw.

import * as E from "fp-ts/lib/Either.js";
import { DataError } from "../core/errors.js";

/** Where the bytes come from, for the messages. */
export interface Origin {
  readonly op: string;
  readonly name: string;
}

/** What the bytes are called where the caller does not say. */
export const GIVEN = "the given bytes";

/** NumPy's bound on the number of axes; a file that claims more is damaged. */
export const MAX_AXES = 64;
/** Indices are int32 here, so no axis is longer. */
export const MAX_AXIS = 2 ** 31 - 1;

export const CUT_SHORT = "get the whole file: this one is cut short";

/** Stops a parser. */
export type Fail = (expected: string, received: string, remedy: string) => never;

export const problem = (from: Origin, expected: string, received: string, remedy: string): DataError =>
  new DataError({ op: from.op, expected, received: `${received} in ${from.name}`, remedy });

export const refuse = (from: Origin, expected: string, received: string, remedy: string): E.Either<DataError, never> =>
  E.left(problem(from, expected, received, remedy));

/** Runs a parser that stops by `fail`; what it then says comes back as a Left. */
export function parsing<A>(from: Origin, parse: (fail: Fail) => A): E.Either<DataError, A> {
  try {
    return E.right(
      parse((expected, received, remedy) => {
        throw problem(from, expected, received, remedy);
      }),
    );
  } catch (error) {
    if (error instanceof DataError) return E.left(error);
    throw error;
  }
}

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const SHOWN = 60;

/** Text of a file in quotes, cut where it is long. */
export const quote = (text: string): string => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
