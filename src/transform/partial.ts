// Linearisation: forward mode run with known values and unknown tangents. What is known is computed at once by the trace
// outside; what depends on a tangent is staged into a program, which is linear by construction.

import type { NDArray } from "../core/array.js";
import { type Aval, strong } from "../core/aval.js";
import { checked } from "../core/check.js";
import { ClosedJaxpr } from "../core/closed.js";
import { evaluateJaxpr } from "../core/evaluate.js";
import { type Atom, Var } from "../core/jaxpr.js";
import { type AnyPrimitive, type Params, type Stage, type Tangent, Zero } from "../core/primitive.js";
import { Builder, StagedTracer, StagingTrace } from "../core/staging.js";
import { Trace, bindAll, currentTrace, withTrace } from "../core/trace.js";
import { withoutDeadCode } from "./deadcode.js";
import { jvpFlat } from "./jvp.js";

class PartialTrace extends Trace {
  readonly builder = new Builder();
  readonly records = true;

  constructor(
    readonly parent: Trace,
    readonly description: string,
  ) {
    super();
  }

  input(a: Aval): StagedTracer {
    return new StagedTracer(this, new Var(strong(a)));
  }

  isUnknown(x: NDArray): boolean {
    return x instanceof StagedTracer && x.trace === this;
  }

  readonly stage: Stage = (primitive, args, params) => {
    const inputs = args.map((x) => (x instanceof StagedTracer && x.trace === this ? x.atom : this.builder.constant(x)));
    return this.builder.add(primitive, inputs, params).map((v) => new StagedTracer(this, v));
  };

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    const unknown = args.map((x) => this.isUnknown(x));
    if (!unknown.includes(true)) return withTrace(this.parent, () => bindAll(primitive, args, params));
    if (primitive.linearize === undefined) return this.stage(primitive, args, params);
    const { linearize } = primitive;
    return withTrace(this.parent, () => linearize.call(primitive, args, unknown, params, this.stage));
  }
}

/** A function linearised at a point. */
export interface Linearized {
  /** The outputs at the point. */
  readonly outs: readonly NDArray[];
  /** For each output, its tangent's place among the outputs of `program`, or `undefined` for a tangent of zero. */
  readonly tangentOf: readonly (number | undefined)[];
  /** From the tangents of all inputs to the tangents of the outputs that have one; its constants are the residuals. */
  readonly program: ClosedJaxpr;
}

/**
 * Linearises `f` at `primals`. Inputs whose `differentiate` is false have no tangent; `program` takes only the others'.
 */
export function linearizeFlat(
  description: string,
  f: (...xs: NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  differentiate: readonly boolean[],
): Linearized {
  const trace = new PartialTrace(currentTrace(), description);
  try {
    const inputs: StagedTracer[] = [];
    const tangents = primals.map((x, i): Tangent => {
      if (!differentiate[i]) return new Zero(x.aval);
      const input = trace.input(x.aval);
      inputs.push(input);
      return input;
    });
    const [outs, outTangents] = withTrace(trace, () => jvpFlat(description, f, primals, tangents));
    const nonzero = outTangents.filter((t): t is NDArray => !(t instanceof Zero));
    let next = 0;
    const tangentOf = outTangents.map((t) => (t instanceof Zero ? undefined : next++));
    const built = trace.builder.build(
      inputs.map((x) => x.atom as Var),
      nonzero.map((t) => (t instanceof StagedTracer && t.trace === trace ? t.atom : trace.builder.constant(t))),
    );
    return { outs, tangentOf, program: withoutDeadCode(built) };
  } finally {
    trace.live = false;
  }
}

/** What of a program depends on its unknown inputs. */
export interface UnknownPart {
  /** From the unknown inputs to the outputs that depend on them; what needs none of them is among its constants. */
  readonly program: ClosedJaxpr;
  readonly isOutUnknown: readonly boolean[];
}

/** Computes what needs no unknown input, inside of calls too, and keeps the rest; `undefined` stands for an unknown input. */
export function unknownPart(program: ClosedJaxpr, args: readonly (NDArray | undefined)[]): UnknownPart {
  const trace = new PartialTrace(currentTrace(), "linear part of a program");
  try {
    const inputs = program.inAvals.map((a, i) => args[i] ?? trace.input(a));
    const outs = withTrace(trace, () => evaluateJaxpr(program, inputs));
    const unknown = (xs: readonly NDArray[]): Atom[] => xs.flatMap((x) => (x instanceof StagedTracer && x.trace === trace ? [x.atom] : []));
    const built = trace.builder.build(unknown(inputs) as Var[], unknown(outs));
    return { program: withoutDeadCode(built), isOutUnknown: outs.map((y) => trace.isUnknown(y)) };
  } finally {
    trace.live = false;
  }
}

/** A program cut in two: what can be computed without the unknown inputs, and the rest. */
export interface Split {
  /** From the known inputs to the known outputs, then the residuals that must be computed. */
  readonly known: ClosedJaxpr;
  /** From the residuals, then the unknown inputs, to the unknown outputs. */
  readonly unknown: ClosedJaxpr;
  readonly isOutUnknown: readonly boolean[];
  /** Where each residual comes from: an input of the whole program, or the next residual output of `known`. */
  readonly residuals: readonly (number | "computed")[];
}

/** Cuts a program by which of its inputs are unknown; the outputs marked in `must` count as unknown in any case. */
export function splitProgram(program: ClosedJaxpr, isUnknown: readonly boolean[], must: readonly boolean[] = []): Split {
  const outer = new StagingTrace("known part of a call");
  try {
    return withTrace(outer, () => splitUnder(outer, program, isUnknown, must));
  } finally {
    outer.live = false;
  }
}

function splitUnder(outer: StagingTrace, program: ClosedJaxpr, isUnknown: readonly boolean[], must: readonly boolean[]): Split {
  const inner = new PartialTrace(outer, "unknown part of a call");
  const args = program.inAvals.map((a, i) => (isUnknown[i] ? inner.input(a) : outer.input(a)));
  const outs = withTrace(inner, () => evaluateJaxpr(program, args));
  inner.live = false;
  const isOutUnknown = outs.map((y, i) => must[i] || inner.isUnknown(y));
  const whole = withoutDeadCode(
    inner.builder.build(
      args.filter((_, i) => isUnknown[i]).map((x) => x.atom as Var),
      outs.filter((_, i) => isOutUnknown[i]).map((y) => (inner.isUnknown(y) ? (y as StagedTracer).atom : inner.builder.constant(y))),
    ),
  );
  const isResidual = whole.consts.map((x) => x instanceof StagedTracer && x.trace === outer);
  const residualTracers = whole.consts.filter((x): x is StagedTracer => x instanceof StagedTracer && x.trace === outer);
  const residuals = residualTracers.map((x) => {
    const place = args.indexOf(x);
    return place < 0 ? ("computed" as const) : place;
  });
  const { jaxpr } = whole;
  const unknown = checked(
    new ClosedJaxpr(
      {
        ...jaxpr,
        constvars: jaxpr.constvars.filter((_, i) => !isResidual[i]),
        invars: [...jaxpr.constvars.filter((_, i) => isResidual[i]), ...jaxpr.invars],
      },
      whole.consts.filter((_, i) => !isResidual[i]),
    ),
  );
  const known = withoutDeadCode(
    outer.builder.build(
      args.filter((_, i) => !isUnknown[i]).map((x) => x.atom as Var),
      [...outs.filter((_, i) => !isOutUnknown[i]), ...residualTracers.filter((_, i) => residuals[i] === "computed")].map((x) =>
        outer.atom(x),
      ),
    ),
  );
  return { known, unknown, isOutUnknown, residuals };
}
