// Scans, while loops and branches as steps with steps inside. What a body closes over it reads where it lies, views and
// numbers included; slices of a scan's inputs are views of their rows; what is carried on is written by the body at its place.
// A body with a step of the host makes the whole equation one.

import type { Aval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import type { DType } from "../core/dtype.js";
import { sizeOf, stridesOf } from "../core/shape.js";
import { type BufferId, type Carry, type Loop, type Sliding, type Step, allSteps } from "../loop/ir.js";
import type { CondParams, ScanParams, WhileParams } from "../transform/control/params.js";
import { type Lowering, type Rule, loadNode, rowOf } from "./lowering.js";
import { type Value, type View, reshapeView, sliceView, squeezeView, wholeView } from "./views.js";

/** The value in a dtype: a number that came as an argument is held in float64, whatever its type says. */
const as = (lowering: Lowering, x: Value, dtype: DType): Value =>
  x.dtype === dtype ? x : lowering.pointwise("convert", [x], x.shape, dtype);

/** The value as the program inside expects it; what is weakly typed there too stays as it is. */
const typed = (lowering: Lowering, x: Value, { dtype, weak }: Aval): Value => (weak === undefined ? as(lowering, x, dtype) : x);

const typedAll = (lowering: Lowering, xs: readonly Value[], avals: readonly Aval[]): readonly Value[] =>
  xs.map((x, i) => typed(lowering, x, avals[i]));

const usesHost = (steps: readonly Step[]): boolean => allSteps(steps).some((step) => step.kind === "host");

/** A nest that writes a value to a whole buffer. */
function storeWhole(lowering: Lowering, value: Value, buffer: BufferId): void {
  const x = as(lowering, value, lowering.buffers[buffer].dtype);
  lowering.store(x.shape, [loadNode(x, x.shape)], { buffer, offset: 0, strides: stridesOf(x.shape) });
}

/** The carries of a loop, and what its body and its caller see of them. */
class Carries {
  readonly list: Carry[] = [];
  /** What the body reads, by the position among the carried values. */
  readonly entries: readonly Value[];
  readonly finals: readonly Value[];
  readonly #exits: readonly (BufferId | undefined)[];

  /** `kept[i]` says that every turn hands on value i as it is. */
  constructor(
    readonly lowering: Lowering,
    initial: readonly Value[],
    avals: readonly Aval[],
    kept: readonly boolean[],
  ) {
    const [entries, finals, exits]: [Value[], Value[], (BufferId | undefined)[]] = [[], [], []];
    initial.forEach((value, i) => {
      const { shape, dtype } = avals[i];
      const x = as(lowering, value, dtype);
      if (kept[i]) {
        entries.push(x);
        finals.push(x);
        exits.push(undefined);
        return;
      }
      const size = sizeOf(shape);
      const [entry, exit] = [lowering.buffer(dtype, size, "moving"), lowering.buffer(dtype, size, "moving")];
      const [final, spare] = [lowering.buffer(dtype, size), lowering.buffer(dtype, size)];
      this.list.push({ initial: rowOf(lowering.contiguous(x)), entry, exit, final, spare });
      entries.push(wholeView(entry, shape, dtype));
      finals.push(wholeView(final, shape, dtype));
      exits.push(exit);
    });
    this.entries = entries;
    this.finals = finals;
    this.#exits = exits;
  }

  /** In the body: hands on the values to the next turn. */
  handOn(values: readonly Value[]): void {
    this.#exits.forEach((exit, i) => exit !== undefined && storeWhole(this.lowering, values[i], exit));
  }
}

/** Which carried values a body hands on as they came; `first` is the number of its inputs before them. */
const keptBy = ({ jaxpr }: ClosedJaxpr, first: number, count: number): readonly boolean[] =>
  Array.from({ length: count }, (_, i) => jaxpr.outvars[i] === jaxpr.invars[first + i]);

/** Row i of a value along its first axis, for each turn; the view of it inside, and how its buffer moves. */
function sliced(lowering: Lowering, x: Value, length: number, reverse: boolean): { readonly value: Value; readonly slice?: Sliding } {
  const shape = x.shape.slice(1);
  if (x.kind === "splat") return { value: { ...x, shape } };
  const strides = x.strides.slice(1);
  const [step] = x.strides;
  const least = shape.reduce((sum, n, k) => sum + Math.min(0, (n - 1) * strides[k]), 0);
  const reach = shape.reduce((sum, n, k) => sum + (n - 1) * Math.abs(strides[k]), 1);
  const row = lowering.buffer(x.dtype, sizeOf(shape) === 0 ? 0 : reach, "moving");
  const first = x.offset + least + (reverse ? (length - 1) * step : 0);
  const value: View = { kind: "view", buffer: row, offset: -least, strides, shape, dtype: x.dtype };
  return { value, slice: { row, of: x.buffer, first: sizeOf(shape) === 0 ? 0 : first, stride: reverse ? -step : step } };
}

/** Room for what each turn gives, along a new first axis. */
function stacked(
  lowering: Lowering,
  { shape, dtype }: Aval,
  length: number,
  reverse: boolean,
): { readonly whole: View; readonly stack: Sliding } {
  const size = sizeOf(shape);
  const whole = wholeView(lowering.buffer(dtype, length * size), [length, ...shape], dtype);
  const row = lowering.buffer(dtype, size, "moving");
  return { whole, stack: { row, of: whole.buffer, first: reverse ? (length - 1) * size : 0, stride: reverse ? -size : size } };
}

const scan: Rule = (lowering, equation, inputs) => {
  const params = equation.params as ScanParams;
  const { jaxpr, length, numConsts, numCarry } = params;
  const { inAvals, outAvals } = jaxpr;
  const consts = typedAll(lowering, inputs.slice(0, numConsts), inAvals);
  const carried = inputs.slice(numConsts, numConsts + numCarry);
  if (length === 0) {
    const empty = outAvals.slice(numCarry).map(({ shape, dtype }): Value => ({ kind: "splat", value: 0, shape: [0, ...shape], dtype }));
    return [...typedAll(lowering, carried, outAvals), ...empty];
  }
  return lowering.attempt(() => {
    const xs = inputs.slice(numConsts + numCarry);
    return length === 1 ? onlyTurn(lowering, params, [...consts, ...carried], xs) : turns(lowering, params, consts, carried, xs);
  });
};

/** A scan of one turn needs no loop. */
function onlyTurn(lowering: Lowering, { jaxpr, numCarry }: ScanParams, values: readonly Value[], xs: readonly Value[]): readonly Value[] {
  const rows = xs.map((x) =>
    squeezeView(
      sliceView(
        x,
        [1, ...x.shape.slice(1)],
        x.shape.map(() => 0),
        x.shape.map(() => 1),
      ),
      [0],
    ),
  );
  const outs = lowering.call(jaxpr, typedAll(lowering, [...values, ...rows], jaxpr.inAvals));
  return outs.map((x, i) => (i < numCarry ? x : (reshapeView(x, [1, ...x.shape]) as Value)));
}

function turns(
  lowering: Lowering,
  { jaxpr, length, reverse, numConsts, numCarry }: ScanParams,
  consts: readonly Value[],
  carried: readonly Value[],
  xs: readonly Value[],
): readonly Value[] | undefined {
  const avals = jaxpr.outAvals;
  const carries = new Carries(lowering, carried, avals, keptBy(jaxpr, numConsts, numCarry));
  const rows = xs.map((x) => sliced(lowering, x, length, reverse));
  const results = avals.slice(numCarry).map((aval) => stacked(lowering, aval, length, reverse));
  const body = lowering.inside(() => {
    const outs = lowering.call(jaxpr, [...consts, ...carries.entries, ...rows.map(({ value }) => value)]);
    carries.handOn(outs);
    results.forEach(({ stack }, i) => storeWhole(lowering, outs[numCarry + i], stack.row));
  });
  if (usesHost(body)) return undefined;
  const slices = rows.flatMap(({ slice }) => (slice === undefined ? [] : [slice]));
  const loop: Loop = { kind: "loop", turns: length, carries: carries.list, slices, stacks: results.map(({ stack }) => stack), body };
  lowering.steps.push(loop);
  return [...carries.finals, ...results.map(({ whole }) => whole)];
}

const whileLoop: Rule = (lowering, equation, inputs) => {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts, maxSteps } = equation.params as WhileParams;
  const initial = inputs.slice(condConsts + bodyConsts);
  const avals = bodyJaxpr.outAvals;
  if (maxSteps === 0) return typedAll(lowering, initial, avals);
  return lowering.attempt(() => {
    const forCondition = typedAll(lowering, inputs.slice(0, condConsts), condJaxpr.inAvals);
    const forBody = typedAll(lowering, inputs.slice(condConsts, condConsts + bodyConsts), bodyJaxpr.inAvals);
    const carries = new Carries(lowering, initial, avals, keptBy(bodyJaxpr, bodyConsts, initial.length));
    let holds: View | undefined;
    const condition = lowering.inside(() => {
      [holds] = lowering.call(condJaxpr, [...forCondition, ...carries.entries]).map((x) => lowering.contiguous(x));
    });
    const body = lowering.inside(() => carries.handOn(lowering.call(bodyJaxpr, [...forBody, ...carries.entries])));
    if (usesHost(condition) || usesHost(body)) return undefined;
    lowering.steps.push({
      kind: "loop",
      turns: maxSteps ?? Infinity,
      condition: { steps: condition, holds: rowOf(holds as View) },
      carries: carries.list,
      slices: [],
      stacks: [],
      body,
    });
    return carries.finals;
  });
};

const cond: Rule = (lowering, equation, [index, ...operands]) => {
  const { branches } = equation.params as CondParams;
  const run = (k: number): readonly Value[] => lowering.call(branches[k], typedAll(lowering, operands, branches[k].inAvals));
  const last = branches.length - 1;
  if (last === 0) return run(0);
  if (index.kind === "splat") return run(Math.max(0, Math.min(index.value, last)));
  return lowering.attempt(() => {
    const avals = branches[0].outAvals;
    const results = avals.map(({ shape, dtype }) => wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype));
    const row = rowOf(lowering.contiguous(index));
    const lists = branches.map((_, k) => lowering.inside(() => run(k).forEach((x, i) => storeWhole(lowering, x, results[i].buffer))));
    if (lists.some(usesHost)) return undefined;
    lowering.steps.push({ kind: "branch", index: row, branches: lists });
    return results;
  });
};

export const controlRules: readonly (readonly [string, Rule])[] = [
  ["scan", scan],
  ["while", whileLoop],
  ["cond", cond],
];
