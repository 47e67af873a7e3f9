// Many steps in one call: a step of training becomes a compiled loop over several batches, so that small models pay once for what a
// call costs (trees, look-up, results). The state is the loop's carry; what the steps tell is stacked.

import { checkOptions } from "../core/options.js";
import { scanTree } from "../lax/scan.js";
import { checkCount, checkFunction } from "../optim/requirements.js";
import { type AnyFunction, call } from "../transform/functions.js";
import { jit } from "../transform/jit.js";
import type { CompiledStep, Step } from "./step.js";

export interface RepeatOptions {
  /** How many steps on one and the same batch; without it the batches are stacked, one for each step. */
  readonly steps?: number;
  /** Lets the loop reuse the memory of the state it is given, which must not be used afterwards; false by default. */
  readonly donate?: boolean;
}

/**
 * Several steps as one compiled call, by `lax.scan`: from a state and batches stacked along a new first axis (`[steps, …]` for each
 * array) to the state after the last of them, and what each told, stacked likewise. With `steps`, so many on the same batch.
 *
 * The step must be traceable, as those of `makeStep` are, and its state must keep its shapes and dtypes. For loops of one's own: `fit`
 * calls its hooks after every step, and takes steps one by one.
 *
 * @throws OptionError for an unknown option, or a number of steps that is none; TypeMismatchError for what is no step. The call throws
 * ShapeError for batches that differ in their number, and as `lax.scan` for a state that changes its type.
 * @example
 * const steps = train.repeat(train.makeStep(loss, optimizer), { steps: 100 });
 * const [next, { loss: losses }] = steps(train.initState(params, optimizer), [x, y]); // losses: [100]
 */
export function repeat<State, Batch, Metrics>(
  step: Step<State, Batch, Metrics>,
  options?: RepeatOptions,
): CompiledStep<State, Batch, Metrics>;
export function repeat(step: AnyFunction, options: RepeatOptions = {}): unknown {
  const op = "repeat";
  checkFunction(op, "step", step);
  checkOptions(op, options, ["steps", "donate"]);
  const { steps, donate = false } = options;
  if (steps !== undefined) checkCount(op, "steps", steps);
  const run = (state: unknown, batches: unknown): [unknown, unknown] =>
    steps === undefined
      ? scanTree(op, step, state, batches, {})
      : scanTree(op, (carry: unknown) => call(step, [carry, batches]), state, null, { length: steps });
  return jit(run, donate ? { donateArgnums: 0 } : {});
}
