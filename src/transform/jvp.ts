// Forward mode: each tracer carries a value and its tangent, and each primitive's derivative says how the tangent goes on.
// A value without a tangent is no tracer at all, so nothing is computed for what does not depend on the inputs.

import type { NDArray } from "../core/array.js";
import { type Aval, strong } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { NotDifferentiableError } from "../core/errors.js";
import { type AnyPrimitive, type Derivative, type Params, type Tangent, Zero } from "../core/primitive.js";
import { sameShape } from "../core/shape.js";
import { Trace, Tracer, bind, bindAll, currentTrace, withDerivative, withOuter, withTrace } from "../core/trace.js";
import { add } from "../ops/arithmetic.js";
import { broadcastInDim, full } from "../ops/layout.js";

class JvpTracer extends Tracer {
  constructor(
    trace: JvpTrace,
    readonly primal: NDArray,
    readonly tangent: NDArray,
  ) {
    super(trace);
  }

  get aval(): Aval {
    return this.primal.aval;
  }
}

class JvpTrace extends Trace {
  constructor(
    readonly parent: Trace,
    readonly description: string,
  ) {
    super();
  }

  get records(): boolean {
    return this.parent.records;
  }

  wrap(primal: NDArray, tangent: Tangent): NDArray {
    return tangent instanceof Zero ? primal : new JvpTracer(this, primal, tangent);
  }

  unwrap(x: NDArray): readonly [NDArray, Tangent] {
    return x instanceof JvpTracer && x.trace === this ? [x.primal, x.tangent] : [x, new Zero(x.aval)];
  }

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    const primals = args.map((x) => this.unwrap(x)[0]);
    const tangents = args.map((x) => this.unwrap(x)[1]);
    if (tangents.every((t) => t instanceof Zero)) return withOuter(this.parent, () => bindAll(primitive, primals, params));
    return withDerivative(this.parent, nameOf(primitive, params), () => {
      const [outs, outTangents] = jvpRule(primitive, primals, tangents, params);
      return outs.map((out, i) => this.wrap(out, outTangents[i]));
    });
  }
}

/** A call goes by the name of the user's function, if it has one. */
const nameOf = ({ name, isCall }: AnyPrimitive, params: Params): string =>
  isCall === true && "name" in params && params.name !== "anonymous" ? String(params.name) : name;

/** The outputs of a primitive and their tangents, by its derivative. */
function jvpRule(
  primitive: AnyPrimitive,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: Params,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { derivative } = primitive;
  switch (derivative.tag) {
    case "custom":
      return derivative.jvp(primals, tangents, params);
    case "constant": {
      const outs = bindAll(primitive, primals, params);
      return [outs, outs.map((y) => new Zero(y.aval))];
    }
    case "opaque":
      throw notDifferentiable(primitive.name, derivative.why);
    case "operands": {
      const y = bind(primitive, primals, params);
      return [[y], [isFloat(y.dtype) ? operandsTangent(primitive, derivative, primals, tangents, y, params) : new Zero(y.aval)]];
    }
    case "jointlyLinear": {
      const y = bind(primitive, primals, params);
      return [[y], [isFloat(y.dtype) ? jointTangent(primitive, derivative, primals, tangents, y, params) : new Zero(y.aval)]];
    }
    default:
      return derivative satisfies never;
  }
}

function operandsTangent(
  primitive: AnyPrimitive,
  derivative: Derivative<Params> & { tag: "operands" },
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  y: NDArray,
  params: Params,
): Tangent {
  const rules = derivative.rules(params, primals.length);
  let sum: NDArray | undefined;
  tangents.forEach((dx, i) => {
    const rule = rules[i];
    if (dx instanceof Zero || rule.tag === "none") return;
    const dy = rule.map?.(dx, primals, y, params) ?? bind(primitive, primals.with(i, dx), params);
    const full = broadcastScalar(dy, y.aval);
    sum = sum === undefined ? full : add(sum, full);
  });
  return sum ?? new Zero(y.aval);
}

function jointTangent(
  primitive: AnyPrimitive,
  derivative: Derivative<Params> & { tag: "jointlyLinear" },
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  y: NDArray,
  params: Params,
): Tangent {
  const linearIn = derivative.linearIn?.(primals.length, params) ?? primals.map(() => true);
  if (tangents.every((dx, i) => !linearIn[i] || dx instanceof Zero)) return new Zero(y.aval);
  const args = primals.map((x, i) => (linearIn[i] ? instantiate(tangents[i]) : x));
  return broadcastScalar(bind(primitive, args, params), y.aval);
}

/** A scalar's tangent map may give a scalar where the result has a shape. */
const broadcastScalar = (x: NDArray, target: Aval): NDArray => (sameShape(x.shape, target.shape) ? x : broadcastInDim(x, target.shape, []));

/** The error for a primitive without a derivative. */
export const notDifferentiable = (op: string, why: string): NotDifferentiableError =>
  new NotDifferentiableError({
    op,
    expected: "a differentiable operation",
    received: `an operation without a derivative: ${why}`,
    remedy: "take it out of the differentiated part, or stop the gradient before it with stopGradient",
  });

/** A tangent as an array: a symbolic zero becomes zeros. */
export const instantiate = (t: Tangent): NDArray => (t instanceof Zero ? full(t.aval.shape, 0, t.aval.dtype) : t);

/**
 * Runs `f` on primals with tangents. `description` names the transform and the user's function in errors.
 */
export function jvpFlat(
  description: string,
  f: (...xs: NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): readonly [readonly NDArray[], readonly Tangent[]] {
  const trace = new JvpTrace(currentTrace(), description);
  try {
    const inputs = primals.map((x, i) => trace.wrap(x, tangents[i]));
    const outs = withTrace(trace, () => f(...inputs)).map((y) => trace.unwrap(y));
    return [outs.map(([y]) => y), outs.map(([y, dy]) => (dy instanceof Zero ? new Zero(strong(y.aval)) : dy))];
  } finally {
    trace.live = false;
  }
}
