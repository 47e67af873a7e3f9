// Whole programs through the compiler, on one thread and on two, against the reference evaluator.

import { expect } from "vitest";
import "../../../src/install.js";
import type { ConcreteArray, NDArray } from "../../../src/core/array.js";
import { type DType, highest, isFloat, lowest } from "../../../src/core/dtype.js";
import type { Shape } from "../../../src/core/shape.js";
import { sizeOf } from "../../../src/core/shape.js";
import { lower } from "../../../src/compile/lowering.js";
import { rules } from "../../../src/compile/rules.js";
import { interpret } from "../../../src/interpret/evaluator.js";
import { makeMachine, wasmCompiler } from "../../../src/runtime/compiler.js";
import { makeJaxpr } from "../../../src/transform/makeJaxpr.js";
import { supportsVector } from "../../../src/wasm/vector.js";
import { arrayOf } from "../../property/arbitraries.js";
import { expectClose, expectSame } from "../../property/measure.js";

const alone = makeMachine(1);
const together = makeMachine(2, 1);

/** Waits until the second thread takes part. */
export async function secondThread(): Promise<void> {
  while ((together.pool?.active ?? 2) < 2) await new Promise((resolve) => setTimeout(resolve, 1));
}

export type Program = (...xs: NDArray[]) => readonly NDArray[];

/** The kinds of the steps that the program is lowered to. */
export function stepsOf(f: Program, xs: readonly NDArray[]): readonly string[] {
  const { program } = lower(makeJaxpr((...ys: NDArray[]) => [...f(...ys)])(...xs), {
    rule: (name) => rules.get(name),
    supports: supportsVector,
  });
  return program.steps.map((step) => step.kind);
}

/** Expects what the reference evaluator gives, within a tolerance, and the same bits on two threads; no step on the host. */
export function expectReference(f: Program, xs: readonly NDArray[], tolerance = 0): void {
  const program = makeJaxpr((...ys: NDArray[]) => [...f(...ys)])(...xs);
  expect(stepsOf(f, xs)).not.toContain("host");
  const args = xs as readonly ConcreteArray[];
  const expected = interpret(program).run(args);
  const actual = wasmCompiler(alone)(program).run(args);
  expectClose(actual, expected, tolerance, "compiled");
  expectSame(wasmCompiler(together)(program).run(args), actual, "two threads");
}

/** Elements by a seed: few distinct values, so that there are ties, and now and then special ones. */
export function drawn(dtype: DType, shape: Shape, seed: number, special: readonly number[] = []): ConcreteArray {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0;
  const next = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const element = (): number => {
    if (special.length > 0 && next(12) === 0) return special[next(special.length)];
    if (isFloat(dtype)) return (next(41) - 20) / 4;
    return next(20) === 0 ? [lowest(dtype), highest(dtype)][next(2)] : Math.max(lowest(dtype), Math.min(next(15) - 7, highest(dtype)));
  };
  return arrayOf(dtype, Array.from({ length: sizeOf(shape) }, element), shape);
}
