// Tracing. An operation binds its primitive under the current trace: by default the one that evaluates at once. A
// transform puts its own trace in force while it runs the user's function; its tracers stand for arrays there, and it
// hands every operation that involves none of them to its parent. (JAX's "stackless" design.)

import { showAval } from "./aval.js";
import { ConcreteArray, NDArray, concretizationError } from "./array.js";
import { debugSettings } from "./debug.js";
import type { TypedArray } from "./dtype.js";
import { LeakedTracerError, NanError } from "./errors.js";
import { eagerEvaluator } from "./executable.js";
import { noteTracer } from "./leaks.js";
import type { AnyPrimitive, HostArray, Params, Primitive } from "./primitive.js";
import { type Source, captureFarSource, captureSource, currentSource, derivedFrom, surroundedBy, withSource } from "./source.js";

/** An interpretation of primitives. */
export abstract class Trace {
  /** False once the transform that made it has ended. */
  live = true;

  /** What the user called: "jit of loss". Shown when one of its tracers is used too late. */
  abstract readonly description: string;

  /** Whether operations under it become equations, its own or an outer trace's: only those need the user's line. */
  abstract readonly records: boolean;

  /** Where the user called it. */
  readonly source: Source = captureFarSource();

  abstract process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[];
}

/** An array inside a transform: its shape and dtype are known, its elements are not. */
export abstract class Tracer extends NDArray {
  constructor(readonly trace: Trace) {
    super();
    if (debugSettings.checkTracerLeaks) noteTracer(this);
  }

  /** What `findTracerLeaks` says of it. */
  leakText(): string {
    const { line } = this.source;
    return `${showAval(this.aval)}, made in ${this.trace.description}${line === undefined ? "" : `, at ${line}`}`;
  }

  /** Where it was made, as far as that is known. */
  get source(): Source {
    return this.trace.source;
  }

  protected override elements(reading: string): TypedArray {
    if (!this.trace.live) throw leaked(this);
    throw concretizationError(reading, this.describe());
  }

  protected override describe(): string {
    return `Tracer<${showAval(this.aval)}> of ${this.trace.description}`;
  }
}

/** The error for a tracer that is used after its transform. */
export function leaked(tracer: Tracer): LeakedTracerError {
  const { line } = tracer.source;
  return new LeakedTracerError({
    op: "use of a tracer after its transform",
    expected: "an array of the computation at hand",
    received: `a traced ${showAval(tracer.aval)} made in ${tracer.trace.description}${line === undefined ? "" : `, at ${line}`}`,
    remedy: "return the value from the transformed function instead of storing it in an outer variable",
  });
}

/** Refuses a tracer whose transform has ended. */
export function checkLive(x: NDArray): void {
  if (x instanceof Tracer && !x.trace.live) throw leaked(x);
}

/** Evaluates at once: large work as a compiled program where there is a compiler, else with the primitive's reference implementation. */
class EvalTrace extends Trace {
  readonly description = "evaluation";
  readonly records = false;

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    const arrays = args.map(concrete);
    if (primitive.evaluate !== undefined) return primitive.evaluate(arrays, params);
    return eagerEvaluator()?.(primitive, arrays, params) ?? runPrimitive(primitive, arrays, params);
  }
}

function concrete(x: NDArray): ConcreteArray {
  if (x instanceof ConcreteArray) return x;
  if (x instanceof Tracer) throw leaked(x);
  throw concretizationError("an operation", x.toString());
}

/** The outputs of one primitive on arrays that hold their elements. */
export function runPrimitive(primitive: AnyPrimitive, args: readonly ConcreteArray[], params: Params): ConcreteArray[] {
  const outAvals = primitive.type(
    args.map((x) => x.aval),
    params,
  );
  const outs = primitive.reference(args, params, outAvals);
  // A call gives arrays already, whose elements may live in a compiler's heap.
  const arrays = outs.map((out, i) => (out instanceof ConcreteArray ? out : new ConcreteArray(outAvals[i], out.data)));
  if (debugSettings.debugNans) checkNans(primitive, outs, "eager evaluation", undefined);
  return arrays;
}

/** Throws when an output holds a NaN; `line` is the equation's, where the caller knows it. */
export function checkNans(primitive: AnyPrimitive, outs: readonly HostArray[], where: string, equation: string | undefined): void {
  if (primitive.isCall === true) return;
  for (const { data, shape, dtype } of outs) {
    if ((dtype !== "float32" && dtype !== "float64") || !data.some(Number.isNaN)) continue;
    throw new NanError({
      op: primitive.name,
      expected: "no NaN while debugNans is on",
      received: `NaN in its output ${showAval({ shape, dtype })}, in ${passOf(primitive)}${where}${equation === undefined ? "" : `, equation: ${equation}`}`,
      remedy: "look at the operands of this operation; setDebug({ debugNans: false }) turns the check off",
    });
  }
}

/** Which derivative the operation at hand is part of; its own value, computed on the way, is no part of its derivative. */
function passOf({ name }: AnyPrimitive): string {
  const derivative = currentSource()?.derivative;
  if (derivative === undefined || (derivative.pass === "forward" && derivative.op === name)) return "";
  return derivative.pass === "backward"
    ? `the backward pass${derivative.op === "" ? "" : ` of ${derivative.op}`}, in `
    : `the derivative of ${derivative.op}, in `;
}

export const evalTrace: Trace = new EvalTrace();

let current: Trace = evalTrace;

/** The trace in force. */
export const currentTrace = (): Trace => current;

/** Runs `body` with `trace` in force. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const outer = current;
  current = trace;
  try {
    return surroundedBy(trace.source, body);
  } finally {
    current = outer;
  }
}

/**
 * Runs `body`, the rule of one operation, under the trace outside. The user's line is found once, here where it is near,
 * and serves all equations of the rule, however deep transforms are nested.
 */
export const withOuter = <T>(outer: Trace, body: () => T): T =>
  outer.records ? withSource(captureSource(), () => withTrace(outer, body)) : withTrace(outer, body);

/** The same for the derivative of the operation `op`, which its equations remember. */
export const withDerivative = <T>(outer: Trace, op: string, body: () => T): T =>
  outer.records || debugSettings.debugNans
    ? withSource(derivedFrom(captureSource(), op), () => withTrace(outer, body))
    : withTrace(outer, body);

/** Applies a primitive under the trace in force. */
export const bindAll = <P extends Params>(primitive: Primitive<string, P>, args: readonly NDArray[], params: P): readonly NDArray[] =>
  current.process(primitive, args, params);

/** Applies a primitive that has one output. */
export const bind = <P extends Params>(primitive: Primitive<string, P>, args: readonly NDArray[], params: P): NDArray =>
  current.process(primitive, args, params)[0];
