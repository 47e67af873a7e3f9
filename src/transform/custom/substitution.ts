// Custom rules run later than the function they belong to, under other traces. What the function closes over came along as
// operands of the call; while a rule runs, the closed-over tracers stand for these.

import type { NDArray } from "../../core/array.js";
import { LeakedTracerError } from "../../core/errors.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import { Trace, bindAll, currentTrace, withTrace } from "../../core/trace.js";

class SubstitutionTrace extends Trace {
  constructor(
    readonly parent: Trace,
    readonly values: ReadonlyMap<NDArray, NDArray>,
    readonly description: string,
  ) {
    super();
  }

  get records(): boolean {
    return this.parent.records;
  }

  readonly substitute = (x: NDArray): NDArray => this.values.get(x) ?? x;

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    return withTrace(this.parent, () => bindAll(primitive, args.map(this.substitute), params));
  }
}

/**
 * Runs a rule with `values` in the place of the tracers `captured`, also where it returns one of them.
 *
 * @throws LeakedTracerError when it closes over a tracer that its function does not read.
 */
export function runRule(
  description: string,
  captured: readonly NDArray[],
  values: readonly NDArray[],
  rule: () => readonly NDArray[],
): readonly NDArray[] {
  try {
    if (captured.length === 0) return rule();
    const trace = new SubstitutionTrace(currentTrace(), new Map(captured.map((x, i) => [x, values[i]])), description);
    return withTrace(trace, rule).map(trace.substitute);
  } catch (error) {
    if (!(error instanceof LeakedTracerError)) throw error;
    throw new LeakedTracerError({
      op: description,
      expected: "a rule that computes with its arguments",
      received: `${error.received}, which it closes over`,
      remedy: "pass that value as an argument of the function, or hoist it with closureConvert",
    });
  }
}
