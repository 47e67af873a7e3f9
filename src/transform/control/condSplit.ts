// The branches of a choice cut in two by which operands are unknown. The known choice gives the residuals: a slot for each,
// shared by residuals of one type in different branches, and zeros where a branch has none for it.

import type { NDArray } from "../../core/array.js";
import { type Aval, sameType } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { hasEffects } from "../../core/effects.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { stage } from "../../core/staging.js";
import { full } from "../../ops/layout.js";
import type { Split } from "../partial.js";
import { bits, remembered, splitOfProgram } from "../programs.js";
import { count, fixpoint, kept, opposite, parts } from "./programs.js";

export interface CondSplit {
  /** From the known operands to the known outputs, then the slots; no branches where there is nothing to compute. */
  readonly known: readonly ClosedJaxpr[];
  readonly knownOuts: number;
  /** From the slots, the operands in `direct`, and the unknown operands, to the unknown outputs. */
  readonly unknown: readonly ClosedJaxpr[];
  /** Known operands that the unknown choice reads itself. */
  readonly direct: readonly number[];
  readonly isOutUnknown: readonly boolean[];
}

/** `first` is the first of the branches, and `key` tells all of them apart from others. */
export const splitOfBranches = remembered(
  (_branches: readonly ClosedJaxpr[], unknown: readonly boolean[], key: string) => `${key}:${bits(unknown)}`,
  (first, branches: readonly ClosedJaxpr[], unknown: readonly boolean[], _key: string): CondSplit => {
    const splitsFor = (must: readonly boolean[]): Split[] => branches.map((branch) => splitOfProgram(branch, unknown, must));
    const isOutUnknown = fixpoint(
      first.outAvals.map(() => false),
      (must) => must.map((_, k) => splitsFor(must).some((split) => split.isOutUnknown[k])),
    );
    const splits = splitsFor(isOutUnknown);
    const { slots, slotOf } = sharedSlots(splits);
    const direct = [...new Set(splits.flatMap(({ residuals }) => residuals.filter((from) => from !== "computed")))];
    const knownOuts = count(opposite(isOutUnknown));
    const nothing = knownOuts + slots.length === 0 && !splits.some(({ known }) => hasEffects(known.jaxpr));
    const avals = first.inAvals;
    return {
      known: nothing ? [] : splits.map(({ known }, b) => knownBranch(known, knownOuts, slots, slotOf[b])),
      knownOuts,
      unknown: splits.map((split, b) =>
        unknownBranch(split, [slots, direct.map((i) => avals[i]), kept(avals, unknown)], direct, slotOf[b]),
      ),
      direct,
      isOutUnknown,
    };
  },
);

interface Slots {
  readonly slots: readonly Aval[];
  /** For each branch, the slot of each residual that it computes. */
  readonly slotOf: readonly (readonly number[])[];
}

function sharedSlots(splits: readonly Split[]): Slots {
  const slots: Aval[] = [];
  const slotOf = splits.map(({ known, isOutUnknown }) => {
    const taken = new Set<number>();
    return known.outAvals.slice(count(opposite(isOutUnknown))).map((a) => {
      const free = slots.findIndex((slot, i) => !taken.has(i) && sameType(slot, a));
      const slot = free < 0 ? slots.push(a) - 1 : free;
      taken.add(slot);
      return slot;
    });
  });
  return { slots, slotOf };
}

/** The branch with an output for every slot. */
const knownBranch = (known: ClosedJaxpr, knownOuts: number, slots: readonly Aval[], slotOf: readonly number[]): ClosedJaxpr =>
  stage("known part of cond", known.inAvals, (...xs) => {
    const outs = evaluateJaxpr(known, xs);
    const filled = slots.map(({ shape, dtype }, slot) => {
      const residual = slotOf.indexOf(slot);
      return residual < 0 ? full(shape, 0, dtype) : outs[knownOuts + residual];
    });
    return [...outs.slice(0, knownOuts), ...filled];
  });

/** The branch with an input for every slot. */
function unknownBranch(
  { unknown, residuals }: Split,
  groups: readonly (readonly Aval[])[],
  direct: readonly number[],
  slotOf: readonly number[],
): ClosedJaxpr {
  const avals = groups.flat();
  return stage("unknown part of cond", avals, (...xs) => {
    const [slots, operands, rest] = parts(xs, groups[0].length, groups[1].length);
    let next = 0;
    const given = residuals.map((from): NDArray => (from === "computed" ? slots[slotOf[next++]] : operands[direct.indexOf(from)]));
    return evaluateJaxpr(unknown, [...given, ...rest]);
  });
}
