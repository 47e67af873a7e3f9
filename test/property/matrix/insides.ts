// A primitive inside of a loop, a branch, or a function with a rule: each way in as a function of flat lists, with what it
// must equal. Operands reach a body in turns as what it closes over, as carries, and as slices.

import { type ConcreteArray, type NDArray, scalar } from "../../../src/core/array.js";
import { cond } from "../../../src/lax/cond.js";
import { foriLoop } from "../../../src/lax/foriLoop.js";
import { scan } from "../../../src/lax/scan.js";
import { indexInDim } from "../../../src/lax/shapes.js";
import { whileLoop } from "../../../src/lax/whileLoop.js";
import { add } from "../../../src/ops/arithmetic.js";
import { lt } from "../../../src/ops/compare.js";
import { broadcastInDim, zerosLike } from "../../../src/ops/layout.js";
import { checkpoint } from "../../../src/transform/checkpoint.js";
import { customBatching } from "../../../src/transform/custom/customBatching.js";
import { customJvp } from "../../../src/transform/custom/customJvp.js";
import { customVjp } from "../../../src/transform/custom/customVjp.js";
import { jvp } from "../../../src/transform/forward.js";
import { jit } from "../../../src/transform/jit.js";
import { vjp } from "../../../src/transform/vjp.js";
import { vmap } from "../../../src/transform/vmap.js";
import type { Flat } from "../case.js";

export type Listed = (...xs: NDArray[]) => NDArray[];
export const listed =
  (f: Flat): Listed =>
  (...xs) => [...f(...xs)];

export interface Inside {
  /** What goes in before the operands, such as a predicate; not the same for all examples of a batch. */
  extras(example: number): readonly ConcreteArray[];
  /** The function inside; `turn` says which operand comes how. Rules differentiate in the operands `active`. */
  wrap(f: Flat, turn: number, active: readonly number[]): Flat;
  /** The same, said plainly. */
  plain(f: Flat): Flat;
}

const same = { extras: (): readonly ConcreteArray[] => [], plain: (f: Flat): Flat => f };

/** Those of the list that take part in the way `part` of three. */
const share = <T>(xs: readonly T[], turn: number, part: number): T[] => xs.filter((_, i) => (i + turn) % 3 === part);

/** The operands again from the three parts: closed over, carried, sliced. */
function joined(xs: readonly NDArray[], turn: number, carried: readonly NDArray[], sliced: readonly NDArray[]): NDArray[] {
  const taken = [0, 0, 0];
  return xs.map((x, i) => {
    const part = (i + turn) % 3;
    return [[], carried, sliced][part][taken[part]++] ?? x;
  });
}

const zeros =
  (f: Flat): Listed =>
  (...xs) =>
    f(...xs).map(zerosLike);
const LENGTH = 2;

const inScan: Inside = {
  ...same,
  wrap:
    (f, turn) =>
    (...xs) => {
      const slices = share(xs, turn, 2).map((x) =>
        broadcastInDim(
          x,
          [LENGTH, ...x.shape],
          x.shape.map((_, k) => k + 1),
        ),
      );
      const step = ([n, carried]: [NDArray, NDArray[]], sliced: NDArray[]): [[NDArray, NDArray[]], NDArray[]] => [
        [add(n, 1), carried],
        listed(f)(...joined(xs, turn, carried, sliced)),
      ];
      const [, ys] = scan(step, [0, share(xs, turn, 1)], slices, { length: LENGTH });
      return [0, 1].flatMap((i) => ys.map((y) => indexInDim(y, i)));
    },
  plain:
    (f) =>
    (...xs) => [...f(...xs), ...f(...xs)],
};

/** The function, or zeros of its types, as the first operand says. */
const chosen =
  (f: Flat): Flat =>
  (first, ...xs) =>
    Number(first.item()) > 0 ? f(...xs) : zeros(f)(...xs);

const inCond: Inside = {
  extras: (example) => [scalar(example % 2 === 0 ? 1 : 0, "bool")],
  wrap:
    (f, turn) =>
    (p, ...xs) =>
      cond(
        p,
        (carried: NDArray[]) => listed(f)(...joined(xs, turn, carried, [])),
        (carried: NDArray[]) => zeros(f)(...joined(xs, turn, carried, [])),
        share(xs, turn, 1),
      ),
  plain: chosen,
};

const inWhile: Inside = {
  extras: (example) => [scalar(example % 2 === 0 ? 2 : 0, "int32")],
  wrap:
    (f, turn) =>
    (limit, ...xs) => {
      type State = [NDArray, NDArray[], NDArray[]];
      const next = ([n, carried]: State): State => [add(n, 1), carried, listed(f)(...joined(xs, turn, carried, []))];
      const goesOn = ([n]: State): NDArray => lt(n, limit);
      const start: State = [scalar(0, "int32"), share(xs, turn, 1), zeros(f)(...xs)];
      return whileLoop(goesOn, next, start, { maxSteps: LENGTH })[2];
    },
  plain: chosen,
};

const inFori: Inside = {
  ...same,
  wrap:
    (f, turn) =>
    (...xs) => {
      const step = (_i: NDArray, [carried]: [NDArray[], NDArray[]]): [NDArray[], NDArray[]] => [
        carried,
        listed(f)(...joined(xs, turn, carried, [])),
      ];
      return foriLoop(0, LENGTH, step, [share(xs, turn, 1), zeros(f)(...xs)] as [NDArray[], NDArray[]])[1];
    },
};

const inCheckpoint: Inside = { ...same, wrap: (f) => checkpoint(listed(f)) };

/** As a function of some operands, the others fixed. */
const restricted =
  (f: Flat, xs: readonly NDArray[], active: readonly number[]): Listed =>
  (...some) =>
    listed(f)(...xs.map((x, i) => (active.includes(i) ? some[active.indexOf(i)] : x)));

const only = (xs: readonly NDArray[], active: readonly number[]): NDArray[] => active.map((i) => xs[i]);

const jvpRule = (f: Flat, active: readonly number[]) => ({
  jvp: (xs: NDArray[], dxs: NDArray[]): readonly [NDArray[], NDArray[]] =>
    jvp(restricted(f, xs, active), only(xs, active), only(dxs, active)),
});

const inCustomJvp: Inside = { ...same, wrap: (f, _, active) => customJvp(listed(f), jvpRule(f, active)) };

const inCustomVjp: Inside = {
  ...same,
  wrap: (f, _, active) =>
    customVjp(listed(f), {
      forward: (...xs: NDArray[]): readonly [NDArray[], NDArray[]] => [listed(f)(...xs), xs],
      backward: (xs: NDArray[], cts: NDArray[]): (NDArray | null)[] => {
        const found = vjp(restricted(f, xs, active), only(xs, active))[1](cts);
        return xs.map((_x, i) => (active.includes(i) ? found[active.indexOf(i)] : null));
      },
      ...jvpRule(f, active),
    }),
};

const inCustomBatching: Inside = {
  ...same,
  wrap: (f) =>
    customBatching(listed(f), {
      batch: (axisSize: number, isBatched: readonly boolean[], ...xs: NDArray[]): readonly [NDArray[], boolean] => [
        vmap(listed(f), { inAxes: isBatched.map((is) => (is ? 0 : null)), axisSize })(...xs),
        true,
      ],
    }),
};

const inJit: Inside = { ...same, wrap: (f) => jit(listed(f)) };

export const insides = {
  jit: inJit,
  scan: inScan,
  fori: inFori,
  while: inWhile,
  cond: inCond,
  checkpoint: inCheckpoint,
  customJvp: inCustomJvp,
  customVjp: inCustomVjp,
  customBatching: inCustomBatching,
} as const satisfies Readonly<Record<string, Inside>>;
