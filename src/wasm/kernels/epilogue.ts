// The last touch on results: what the fuser wants done to each vector of sums before it is stored (bias, activation,
// residual). The same expression is emitted twice, once for vectors and once for the single elements of a row's tail.

import type { Code, Local, ModuleBuilder, ValueType } from "../module.js";
import { advance, countDown } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { once } from "./once.js";

/** Where the value of an epilogue stands in the result. */
export interface Place {
  /** Elements in the value: the lanes of a vector, or 1 for a scalar local. */
  readonly lanes: number;
  /** Row of the result (for a convolution: output feature). */
  readonly row: Local;
  /** Column of the first lane (for a convolution: output position); lanes follow along columns. */
  readonly column: Local;
  /** Address of the first lane's element in the result. */
  readonly target: Local;
  /** The caller's further parameters, of the types of `Epilogue.params`. */
  readonly extras: readonly Local[];
}

/** Code run on each vector of results: `emit` reads `value`, and leaves the new value in it. */
export interface Epilogue {
  /** Says all that the code depends on: functions with epilogues of one key are the same. */
  readonly key: string;
  /** Types of further parameters of the kernel, put behind its own. */
  readonly params?: readonly ValueType[];
  /** Runs before a row: for what is the same in all of its vectors. */
  readonly begin?: (code: Code, row: Pick<Place, "row" | "extras">) => void;
  readonly emit: (code: Code, value: Local, place: Place) => void;
}

/** Parameter numbers of `finish`; further parameters of the epilogue follow. */
const FROM = 0;
const TO = 1;
const ROW = 2;
const COLUMN = 3;
const COUNT = 4;
const MODE = 5;
const FIRST_EXTRA = 6;

/** Adds what the result holds already. */
export const ADD = 1;
/** The sums are complete: the epilogue runs. */
export const LAST = 2;

export const extraTypes = (epilogue: Epilogue | undefined): readonly ValueType[] => epilogue?.params ?? [];

/** Local numbers of the epilogue's further parameters in a function with `own` parameters before them. */
export const extraLocals = (epilogue: Epilogue | undefined, own: number): readonly Local[] =>
  extraTypes(epilogue).map((_, index) => own + index);

interface Finish {
  readonly lanes: Lanes;
  /** Whether `count` is always a number of whole vectors. */
  readonly whole?: boolean;
  /** Bytes between neighbouring columns of the result. */
  readonly columnBytes: number;
  readonly epilogue: Epilogue | undefined;
}

type Step = (value: Local, width: number) => void;

interface Pass extends Finish {
  /** Where values go: back to where they came from, or to the result. */
  readonly into: "from" | "to";
}

// One pass along the row: vectors while they fit (if the result's columns are adjacent), then single elements.
function pass(code: Code, { lanes, columnBytes, whole, into }: Pass, step: Step): void {
  const vector = code.local("v128");
  const scalar = code.local(lanes.scalar);
  const goal = into === "from" ? FROM : TO;
  const forward = (width: number): void => {
    advance(code, FROM, width * lanes.bytes);
    advance(code, TO, width * columnBytes);
    advance(code, COLUMN, width);
  };
  if (columnBytes === lanes.bytes) {
    countDown(code, COUNT, lanes.count, () => {
      code.get(FROM).memory("v128.load").set(vector);
      step(vector, lanes.count);
      code.get(goal).get(vector).memory("v128.store");
      forward(lanes.count);
    });
    if (whole === true) return;
  }
  countDown(code, COUNT, 1, () => {
    code.get(FROM).memory(lanes.load).set(scalar);
    step(scalar, 1);
    code.get(goal).get(scalar).memory(lanes.store);
    forward(1);
  });
}

// Adds the result's row to the sums at `from`, and puts the parameters back where they were.
function addPrevious(code: Code, finish: Finish): void {
  const { lanes } = finish;
  const kept = [FROM, TO, COLUMN, COUNT].map((local) => {
    const copy = code.local("i32");
    code.get(local).set(copy);
    return [local, copy] as const;
  });
  pass(code, { ...finish, into: "from" }, (value, width) => {
    if (width === 1) code.get(TO).memory(lanes.load).get(value).op(lanes.scalarAdd).set(value);
    else code.get(TO).memory("v128.load").get(value).op(lanes.add).set(value);
  });
  for (const [local, copy] of kept) code.get(copy).set(local);
}

/**
 * Emits `finish(from, to, row, column, count, mode, ...extras)`: carries `count` sums of one row from `from` (adjacent) to
 * the result at `to`. With `mode & ADD` it first adds what the result holds, and `from` must be scratch then; with
 * `mode & LAST` the values pass through the epilogue. `from` may be `to` where nothing is added and columns are adjacent.
 */
export function emitFinish(module: ModuleBuilder, finish: Finish): number {
  const { lanes, columnBytes, whole, epilogue } = finish;
  return once(module, JSON.stringify(["finish", lanes.scalar, columnBytes, whole, epilogue]), () => emitFinishOf(module, finish));
}

function emitFinishOf(module: ModuleBuilder, finish: Finish): number {
  const { epilogue } = finish;
  return module.function(undefined, ["i32", "i32", "i32", "i32", "i32", "i32", ...extraTypes(epilogue)], [], (code) => {
    code.get(MODE).i32(ADD).op("i32.and");
    code.if(() => addPrevious(code, finish));
    const carry = (): void => pass(code, { ...finish, into: "to" }, () => undefined);
    if (epilogue === undefined) return carry();
    const extras = extraLocals(epilogue, FIRST_EXTRA);
    const apply: Step = (value, width) => epilogue.emit(code, value, { lanes: width, row: ROW, column: COLUMN, target: TO, extras });
    code.get(MODE).i32(LAST).op("i32.and");
    code.if(() => {
      epilogue.begin?.(code, { row: ROW, extras });
      pass(code, { ...finish, into: "to" }, apply);
    }, carry);
  });
}
