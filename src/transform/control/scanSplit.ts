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
  /** The unknown loop's body: consts from `fixed`, then unknown consts; xs from `moving`, then unknown xs. */
  readonly unknown: ClosedJaxpr;
  readonly fixed: readonly Residual[];
  readonly moving: readonly Residual[];
  readonly isOutUnknown: readonly boolean[];
}

export const splitOfBody = remembered(
  (unknown: readonly boolean[], numConsts: number, numCarry: number) => `${bits(unknown)}:${numConsts}:${numCarry}`,
  (jaxpr, unknown: readonly boolean[], numConsts: number, numCarry: number): ScanSplit => {
    const [consts, starts, xs] = parts(unknown, numConsts, numCarry);
    const splitFor = (mask: readonly boolean[]): Split => splitOfProgram(jaxpr, [...consts, ...mask, ...xs], mask);
    const carry = fixpoint(starts, (mask) => splitFor(mask).isOutUnknown.slice(0, numCarry));
    const split = splitFor(carry);
    const isCarry = (from: number): boolean => from >= numConsts && from < numConsts + numCarry;

    // Residuals that are known carries become ys of the known loop, as computed ones are.
    const given = split.residuals.map((from) => from === "computed" || isCarry(from));
    const knownPlace = (from: number): number => count(opposite([...consts, ...carry].slice(0, from)));
    const from = kept(split.residuals, given).map((place) => (place === "computed" ? place : knownPlace(place)));
    const knownOuts = count(opposite(split.isOutUnknown));
    const hoist = hoisted(withOutputs(split.known, knownOuts, from), count(opposite(consts)), count(opposite(carry)), knownOuts);
    let next = 0;
    const sources = split.residuals.map((index, i): Residual =>
      index === "computed" || given[i] ? hoist.residuals[next++] : { of: "operand", index },
    );
    const isMoving = sources.map(({ of, index }) => of === "ys" || (of === "operand" && index >= numConsts));
    const constPlaces = range(0, numConsts).filter((i) => !consts[i]);
    return {
      before: hoist.before,
      known: hoist.loop,
      knownConsts: hoist.consts.map(({ of, index }): Residual => ({ of, index: of === "operand" ? constPlaces[index] : index })),
      knownCarry: opposite(carry),
      unknown: withResidualsInPlace(split.unknown, isMoving, count(consts) + count(carry)),
      fixed: kept(sources, opposite(isMoving)),
      moving: kept(sources, isMoving),
      isOutUnknown: split.isOutUnknown,
    };
  },
);

/** The unknown body, whose residuals come first, with those that move behind its `numFixed` unknown consts and carries. */
function withResidualsInPlace(unknown: ClosedJaxpr, isMoving: readonly boolean[], numFixed: number): ClosedJaxpr {
  const { invars, outvars } = unknown.jaxpr;
  const [residuals, fixed, xs] = parts(range(0, invars.length), isMoving.length, numFixed);
  const order = [...kept(residuals, opposite(isMoving)), ...fixed, ...kept(residuals, isMoving), ...xs];
  return rearranged(unknown, order, range(0, outvars.length));
}

/** `known` with its own outputs, then the residuals that the loop must give: computed ones, and inputs by their place. */
function withOutputs({ jaxpr, consts }: ClosedJaxpr, outs: number, residuals: readonly (number | "computed")[]): ClosedJaxpr {
  let next = outs;
  const atoms = residuals.map((from): Atom => (from === "computed" ? jaxpr.outvars[next++] : jaxpr.invars[from]));
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
