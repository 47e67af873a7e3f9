// A loop cut in two by which of its operands are unknown (tangents, mostly): the known loop, which also gives residuals,
// and the unknown one, which reads them. Residuals that change from step to step are stacked as ys of the known loop;
// those that depend on consts alone are computed once, before it.

import { ClosedJaxpr } from "../../core/closed.js";
import { hasEffect } from "../../core/effects.js";
import type { Atom, Equation, Var } from "../../core/jaxpr.js";
import { range } from "../../core/shape.js";
import { withoutDeadCode } from "../deadcode.js";
import type { Split } from "../partial.js";
import { bits, remembered, splitOfProgram } from "../programs.js";
import { count, fixpoint, kept, opposite, parts, rearranged } from "./programs.js";

/** Where the unknown loop has a residual from: an operand of the whole, a value computed before the known loop, or one of its ys. */
export type Residual = { readonly of: "operand" | "before" | "ys"; readonly index: number };

export interface ScanSplit {
  /** From the known consts to what is computed once. */
  readonly before: ClosedJaxpr;
  /** The known loop's body, and its consts. */
  readonly known: ClosedJaxpr;
  readonly knownConsts: readonly Residual[];
  readonly knownCarry: readonly boolean[];
  /** Its outputs that are outputs of the whole; the ys behind them are residuals. */
  readonly knownOuts: number;
  /** The unknown loop's body: consts from `fixed`, then unknown consts; xs from `moving`, then unknown xs. */
  readonly unknown: ClosedJaxpr;
  readonly fixed: readonly Residual[];
  readonly moving: readonly Residual[];
  readonly isOutUnknown: readonly boolean[];
}

export const splitOfBody = remembered(
  (unknown: readonly boolean[], numConsts: number, numCarry: number) => `${bits(unknown)}:${numConsts}:${numCarry}`,
  (jaxpr, unknown: readonly boolean[], numConsts: number, numCarry: number): ScanSplit => {
    const [unknownConsts, starts, unknownXs] = parts(unknown, numConsts, numCarry);
    const splitFor = (carry: readonly boolean[]): Split => splitOfProgram(jaxpr, [...unknownConsts, ...carry, ...unknownXs], carry);
    const carry = fixpoint(starts, (mask) => splitFor(mask).isOutUnknown.slice(0, numCarry));
    const split = splitFor(carry);
    const isUnknown = [...unknownConsts, ...carry, ...unknownXs];
    const isMoving = (i: number): boolean => i >= numConsts;
    const isCarry = (i: number): boolean => i >= numConsts && i < numConsts + numCarry;

    // Residuals that are known carries become ys of the known loop, as computed ones are.
    const outs = count(opposite(split.isOutUnknown));
    const extended = withOutputs(
      split.known,
      outs,
      split.residuals.map((from) => (from !== "computed" && isCarry(from) ? count(opposite(isUnknown.slice(0, from))) : from)),
      split.residuals.map((from) => from === "computed" || isCarry(from)),
    );
    const hoist = hoisted(extended, count(opposite(unknownConsts)), count(opposite(carry)), outs);
    const constPlaces = range(0, numConsts).filter((i) => !unknownConsts[i]);
    let next = 0;
    const sources = split.residuals.map((from): Residual => {
      if (from === "computed" || isCarry(from)) return hoist.residuals[next++];
      return { of: "operand", index: from };
    });
    const movesAt = sources.map(({ of, index }) => of === "ys" || (of === "operand" && isMoving(index)));
    const unknownAt = sources.length;
    const [uConsts, uCarry] = [count(unknownConsts), count(carry)];
    const places = range(0, unknownAt);
    const order = [
      ...places.filter((i) => !movesAt[i]),
      ...range(unknownAt, unknownAt + uConsts + uCarry),
      ...places.filter((i) => movesAt[i]),
      ...range(unknownAt + uConsts + uCarry, split.unknown.jaxpr.invars.length),
    ];
    return {
      before: hoist.before,
      known: hoist.loop,
      knownConsts: hoist.consts.map((from): Residual => (from.of === "operand" ? { of: "operand", index: constPlaces[from.index] } : from)),
      knownCarry: opposite(carry),
      knownOuts: outs,
      unknown: rearranged(split.unknown, order, range(0, split.unknown.jaxpr.outvars.length)),
      fixed: kept(sources, opposite(movesAt)),
      moving: kept(sources, movesAt),
      isOutUnknown: split.isOutUnknown,
    };
  },
);

/** `known` with its own outputs, then those residuals that the loop must give: computed ones, and inputs by their place. */
function withOutputs(
  { jaxpr, consts }: ClosedJaxpr,
  outs: number,
  residuals: readonly (number | "computed")[],
  given: readonly boolean[],
): ClosedJaxpr {
  let next = outs;
  const atoms = kept(residuals, given).map((from): Atom => (from === "computed" ? jaxpr.outvars[next++] : jaxpr.invars[from]));
  return new ClosedJaxpr({ ...jaxpr, outvars: [...jaxpr.outvars.slice(0, outs), ...atoms] }, consts);
}

interface Hoisted {
  readonly before: ClosedJaxpr;
  readonly loop: ClosedJaxpr;
  /** The loop's consts: operands are counted among the known consts. */
  readonly consts: readonly Residual[];
  /** The residuals, in order. */
  readonly residuals: readonly Residual[];
}

/** Takes out of a loop's body the equations that depend on its consts alone; an effect stays where it is. */
function hoisted(body: ClosedJaxpr, numConsts: number, numCarry: number, outs: number): Hoisted {
  const { jaxpr, consts } = body;
  const moving = new Set<Atom>(jaxpr.invars.slice(numConsts));
  const [early, late]: [Equation[], Equation[]] = [[], []];
  for (const equation of jaxpr.equations) {
    const stays = hasEffect(equation) || equation.inputs.some((atom) => moving.has(atom));
    (stays ? late : early).push(equation);
    if (stays) for (const v of equation.outputs) moving.add(v);
  }
  const computed = new Set<Atom>(early.flatMap(({ outputs }) => outputs));
  const passed = [...new Set([...late.flatMap(({ inputs }) => inputs), ...jaxpr.outvars.slice(0, outs)])].filter(
    (atom): atom is Var => atom.kind === "var" && computed.has(atom),
  );
  const residuals = jaxpr.outvars.slice(outs);
  const isFixed = residuals.map((atom) => !moving.has(atom));
  const before = {
    ...jaxpr,
    invars: jaxpr.invars.slice(0, numConsts),
    equations: early,
    outvars: [...kept(residuals, isFixed), ...passed],
  };
  const outvars = [...jaxpr.outvars.slice(0, outs), ...kept(residuals, opposite(isFixed))];
  const { loop, ysOf } = withoutRepeats(
    new ClosedJaxpr({ ...jaxpr, invars: [...passed, ...jaxpr.invars], equations: late, outvars }, consts),
    numCarry,
    outs,
  );
  let [fixed, ys] = [0, outs];
  const firstPassed = count(isFixed);
  return {
    before: withoutDeadCode(new ClosedJaxpr(before, consts)),
    loop: withoutDeadCode(loop),
    consts: [
      ...passed.map((_, i): Residual => ({ of: "before", index: firstPassed + i })),
      ...range(0, numConsts).map((index): Residual => ({ of: "operand", index })),
    ],
    residuals: isFixed.map((f): Residual => (f ? { of: "before", index: fixed++ } : { of: "ys", index: ysOf[ys++] })),
  };
}

/** A residual that the loop gives twice, or gives as a y anyway, is stacked once: `ysOf` says where each output is. */
function withoutRepeats(
  program: ClosedJaxpr,
  numCarry: number,
  outs: number,
): { readonly loop: ClosedJaxpr; readonly ysOf: readonly number[] } {
  const { outvars, invars } = program.jaxpr;
  const unique: number[] = [];
  const ysOf = outvars.map((atom, i) => {
    const same = i < outs ? -1 : unique.findIndex((k) => k >= numCarry && outvars[k] === atom);
    return same < 0 ? unique.push(i) - 1 : same;
  });
  return { loop: rearranged(program, range(0, invars.length), unique), ysOf };
}
