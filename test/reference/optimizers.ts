// optimizers.json and torch-optimizers.json: as many steps as the file has losses, on the function that the file's note
// states, eagerly and compiled. The loss before each step and the final parameters are compared.

import type { NDArray } from "../../src/core/array.js";
import type { FloatDType } from "../../src/core/dtype.js";
import * as np from "../../src/numpy/index.js";
import { valueAndGrad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { Attrs } from "./attrs.js";
import { type Tolerances, describeTolerances, difference, numericDifference } from "./compare.js";
import {
  type Failure,
  type Outcome,
  type ReferenceCase,
  type Suite,
  attempt,
  floatDTypes,
  labelOf,
  notCovered,
  outcomeOf,
} from "./harness.js";
import { type JsonObject, type StoredArray, list, numbers, object, storedArray, string, toOperand } from "./parse.js";

export interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

/** An optimizer as the harness drives it: from parameters to a state, from gradients to new parameters and state. */
export interface Driven<State> {
  init(params: Params): State;
  step(grads: Params, state: State, params: Params): readonly [params: Params, state: State];
}

/** Runs a function on an optimizer, whatever its state is. */
export type AnyDriven = <R>(use: <State>(driven: Driven<State>) => R) => R;
/** From a name of a file to what makes the optimizer of a case's attributes. */
export type Optimizers = (name: string) => ((attrs: Attrs) => AnyDriven) | undefined;

/** An optimizer whose state the harness does not look into. */
export const driven =
  <State>(given: Driven<State>): AnyDriven =>
  (use) =>
    use(given);

interface Problem {
  readonly A: StoredArray;
  readonly w: StoredArray;
  readonly b: StoredArray;
}

interface Run {
  readonly optimizer: string;
  readonly attrs: JsonObject;
  readonly losses: readonly number[];
  readonly w: StoredArray;
  readonly b: StoredArray;
}

// Forty steps let rounding grow, in float32 to a hundredth: there ten of them check dtypes and gross mistakes.
const tolerances: Tolerances = { float64: { relative: 1e-9, floor: 0 }, float32: { relative: 1e-3, floor: 1 } };
const stepsIn: Readonly<Record<FloatDType, number>> = { float64: Infinity, float32: 10 };

/** `Σ tanh(w·A + b)² + 0.1 Σ cos(3b) + 0.05 Σ w²`, as the file notes. */
const objective =
  (A: NDArray) =>
  ({ w, b }: Params): NDArray =>
    np.add(
      np.sum(np.square(np.tanh(np.add(np.matmul(w, A), b)))),
      np.add(np.multiply(0.1, np.sum(np.cos(np.multiply(3, b)))), np.multiply(0.05, np.sum(np.square(w)))),
    );

function parseRun(x: unknown, where: string): Run {
  const given = object(x, where);
  const final = object(given["final"], `${where}.final`);
  return {
    optimizer: string(given["optimizer"], `${where}.optimizer`),
    attrs: object(given["attrs"], `${where}.attrs`),
    losses: numbers(given["losses"], `${where}.losses`),
    w: storedArray(final["w"], `${where}.final.w`),
    b: storedArray(final["b"], `${where}.final.b`),
  };
}

function parseProblem(x: unknown, where: string): Problem {
  const given = object(x, where);
  const p0 = object(given["p0"], `${where}.p0`);
  return { A: storedArray(given["A"], `${where}.A`), w: storedArray(p0["w"], `${where}.p0.w`), b: storedArray(p0["b"], `${where}.p0.b`) };
}

function trajectory<State>(optimizer: Driven<State>, problem: Problem, run: Run, float: FloatDType, compiled: boolean): string | undefined {
  const lossAndGradient = valueAndGrad(objective(toOperand(problem.A, float)));
  const step = (params: Params, state: State): readonly [NDArray, Params, State] => {
    const [loss, grads] = lossAndGradient(params);
    const [next, nextState] = optimizer.step(grads, state, params);
    return [loss, next, nextState];
  };
  const advance = compiled ? (jit(step) as typeof step) : step;
  let params: Params = { w: toOperand(problem.w, float), b: toOperand(problem.b, float) };
  let state = optimizer.init(params);
  const expected = run.losses.slice(0, stepsIn[float]);
  const losses = expected.map(() => {
    const [loss, next, nextState] = advance(params, state);
    [params, state] = [next, nextState];
    return loss.item();
  });
  const complete = losses.length === run.losses.length;
  const found = [
    ["losses", numericDifference(losses, expected, tolerances[float])],
    [
      "dtypes",
      params.w.dtype === float && params.b.dtype === float ? undefined : `${params.w.dtype} and ${params.b.dtype}, expected ${float}`,
    ],
    ["final w", complete ? difference(params.w, run.w, float, tolerances) : undefined],
    ["final b", complete ? difference(params.b, run.b, float, tolerances) : undefined],
  ].flatMap(([what, message]) => (message === undefined ? [] : [`${what}: ${message}`]));
  return found.length === 0 ? undefined : found.join("; ");
}

function runCase(problem: Problem, run: Run, where: string, optimizers: Optimizers): Outcome {
  const make = optimizers(run.optimizer);
  if (make === undefined) return notCovered(`no mapping for ${run.optimizer}`);
  const read = new Attrs(run.attrs, where);
  const use = make(read);
  if (read.unread().length > 0) return notCovered(`no mapping for ${run.optimizer} with ${read.unread().join(", ")}`);
  const failures = floatDTypes.flatMap((float): Failure[] => [
    ...attempt("eager", float, () => use((optimizer) => trajectory(optimizer, problem, run, float, false))),
    ...attempt("jit", float, () => use((optimizer) => trajectory(optimizer, problem, run, float, true))),
  ]);
  return outcomeOf(failures);
}

const casesOf = (problem: Problem, runs: unknown, where: string, optimizers: Optimizers): ReferenceCase[] =>
  list(runs, where).map((x, i) => {
    const run = parseRun(x, `${where}[${i}]`);
    return {
      label: labelOf(run.optimizer, run.attrs),
      group: run.optimizer,
      run: () => runCase(problem, run, `${where}[${i}]`, optimizers),
    };
  });

/** PyTorch's optimizers on the function of optimizers.json, which is in the same folder. */
export const torchOptimizerSuite = (optimizers: Optimizers): Suite => ({
  file: "torch-optimizers.json",
  comparison: `losses and parameters, ${describeTolerances(tolerances)}`,
  cases: (data, read) => casesOf(parseProblem(read("optimizers.json"), "optimizers.json"), data, "torch-optimizers.json", optimizers),
});

export const optimizerSuite = (optimizers: Optimizers): Suite => ({
  file: "optimizers.json",
  comparison: `losses and parameters, ${describeTolerances(tolerances)}`,
  cases: (data) =>
    casesOf(parseProblem(data, "optimizers.json"), object(data, "optimizers.json")["runs"], "optimizers.json.runs", optimizers),
});
