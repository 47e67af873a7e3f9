// Runs a function compiled for one, two and three threads, and by the interpreter of the loops that the compiler makes of it:
// all against the reference evaluator, and the same bits for every number of threads.

import { expect } from "vitest";
import { loopPasses } from "../../src/compile/pipeline.js";
import { type Lowered, lower } from "../../src/compile/lowering.js";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { checkLoops } from "../../src/loop/check.js";
import type { LoopProgram } from "../../src/loop/ir.js";
import { optimise } from "../../src/optimise/optimise.js";
import { makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { outputsOf, target } from "../loop/loops.js";
import { expectSame } from "../property/measure.js";
import { Comparison } from "./noise.js";

type Function = (...xs: NDArray[]) => readonly NDArray[];

/** Every step that can be shared is shared. */
const compilers = [1, 2, 3].map((threads) => wasmCompiler(makeMachine(threads, 0)));

export const closedOf = (f: Function, inputs: readonly NDArray[]): ClosedJaxpr =>
  makeJaxpr((...xs: NDArray[]): NDArray[] => [...f(...xs)])(...inputs);

/** The loops that the compiler makes, checked after each pass. */
export function loopsOf(closed: ClosedJaxpr): { readonly lowered: Lowered; readonly program: LoopProgram } {
  const lowered = lower(optimise(closed), target);
  return { lowered, program: loopPasses.reduce((loops, { run }) => checkLoops(run(loops)), checkLoops(lowered.program)) };
}

/** Compares everything, and gives the kinds of the program's steps. */
export function expectAlike(f: Function, inputs: readonly NDArray[], what: string): readonly string[] {
  const closed = closedOf(f, inputs);
  const args = inputs.map((x): ConcreteArray => {
    if (x instanceof ConcreteArray) return x;
    throw new TypeError("not a concrete array");
  });
  const [one, ...more] = compilers.map((compile) => compile(closed).run(args));
  const comparison = new Comparison(closed, args);
  expect(comparison.fault(one), `${what}: one thread`).toBeUndefined();
  more.forEach((outs, i) => expectSame(outs, one, `${what}: ${i + 2} threads against one`));
  const { lowered, program } = loopsOf(closed);
  const interpreted = outputsOf(lowered, program, args).map((data, i) => new ConcreteArray(one[i].aval, data));
  expect(comparison.fault(interpreted), `${what}: interpreted`).toBeUndefined();
  return program.steps.map((step) => step.kind);
}
