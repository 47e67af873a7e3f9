// schedules.json: the value at each step, eagerly and compiled, of Optax's schedules and of the equivalents of PyTorch's
// schedulers; and the scale that reduceOnPlateau reaches. Schedules compute in float64 alone.

import type { NDArray } from "../../src/core/array.js";
import { scalar } from "../../src/core/array.js";
import type { ReduceOnPlateauState, StepSchedule } from "../../src/optim/index.js";
import { jit } from "../../src/transform/jit.js";
import { Attrs } from "./attrs.js";
import { type Tolerance, numericDifference } from "./compare.js";
import { type Outcome, type ReferenceCase, type Suite, attempt, labelOf, notCovered, outcomeOf } from "./harness.js";
import { type JsonObject, list, numbers, object, string } from "./parse.js";

/** What scales by a measure: a state with its scale, and the next state of a measure. */
export interface Plateau {
  readonly rate: number;
  init(): ReduceOnPlateauState;
  next(state: ReduceOnPlateauState, value: NDArray): ReduceOnPlateauState;
}

/** What a case's attributes make: a schedule, or a rule that follows measures. */
export type Schedules = Readonly<Record<string, (attrs: Attrs, rate: number) => StepSchedule | Plateau>>;

interface Stored {
  readonly name: string;
  readonly attrs: JsonObject;
  readonly rate: number;
  readonly values: readonly number[];
  readonly metrics: readonly number[] | undefined;
}

const tolerance: Tolerance = { relative: 1e-9, floor: 0 };

const valuesOf = (schedule: StepSchedule, compiled: boolean, { length }: readonly number[]): number[] => {
  const run = compiled ? jit((step: NDArray) => schedule(step)) : schedule;
  return Array.from({ length }, (_, i) => run(scalar(i, "int32")).item());
};

/** The rates that steps use: a measure decides on the step after it. */
function ratesOf(plateau: Plateau, compiled: boolean, metrics: readonly number[]): number[] {
  const advance = compiled ? jit(plateau.next) : plateau.next;
  let state = plateau.init();
  return metrics.map((metric) => {
    const used = plateau.rate * state.hyperparams.plateauScale.item();
    state = advance(state, scalar(metric, "float64"));
    return used;
  });
}

function run({ name, attrs, rate, values, metrics }: Stored, where: string, schedules: Schedules): Outcome {
  if (!Object.hasOwn(schedules, name)) return notCovered(`no mapping for ${name}`);
  const read = new Attrs(attrs, where);
  const made = schedules[name](read, rate);
  if (read.unread().length > 0) return notCovered(`no mapping for ${name} with ${read.unread().join(", ")}`);
  const computed = (compiled: boolean): number[] =>
    typeof made === "function" ? valuesOf(made, compiled, values) : ratesOf(made, compiled, metrics ?? []);
  return outcomeOf([
    ...attempt("eager", "float64", () => numericDifference(computed(false), values, tolerance)),
    ...attempt("jit", "float64", () => numericDifference(computed(true), values, tolerance)),
  ]);
}

function caseOf(x: unknown, where: string, peer: "optax" | "torch", schedules: Schedules): ReferenceCase {
  const given = object(x, where);
  const [nameKey, valuesKey] = peer === "optax" ? ["schedule", "values"] : ["scheduler", "used"];
  const stored: Stored = {
    name: string(given[nameKey], `${where}.${nameKey}`),
    attrs: object(given["attrs"], `${where}.attrs`),
    rate: peer === "torch" ? numbers([given["lr"]], `${where}.lr`)[0] : 1,
    values: numbers(given[valuesKey], `${where}.${valuesKey}`),
    metrics: given["metrics"] === undefined ? undefined : numbers(given["metrics"], `${where}.metrics`),
  };
  const label = `${peer} ${labelOf(stored.name, stored.attrs)}`;
  return { label, group: `${peer} ${stored.name}`, run: () => run(stored, where, schedules) };
}

export const scheduleSuite = (optax: Schedules, torch: Schedules): Suite => ({
  file: "schedules.json",
  comparison: `float64: |a − b| ≤ ${tolerance.relative} · max|b|`,
  cases: (data) => {
    const given = object(data, "schedules.json");
    const of = (peer: "optax" | "torch", schedules: Schedules): ReferenceCase[] =>
      list(given[peer], `schedules.json.${peer}`).map((x, i) => caseOf(x, `schedules.json.${peer}[${i}]`, peer, schedules));
    return [...of("optax", optax), ...of("torch", torch)];
  },
});
