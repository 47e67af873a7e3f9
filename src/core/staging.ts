// Building jaxprs by running a function on tracers. A Builder collects equations; a StagingTrace records every operation
// that is bound while it is in force. What the function closes over becomes a constant of the program, a scalar becomes
// a literal. Costs time linear in the number of equations.

import { type Aval, strong } from "./aval.js";
import { ConcreteArray, type NDArray } from "./array.js";
import { checked } from "./check.js";
import { ClosedJaxpr } from "./closed.js";
import { type Atom, type Equation, Literal, Var } from "./jaxpr.js";
import type { AnyPrimitive, Params } from "./primitive.js";
import { type Source, captureSource } from "./source.js";
import { Trace, Tracer, checkLive, withTrace } from "./trace.js";

/** Collects the equations of one program. */
export class Builder {
  readonly equations: Equation[] = [];
  readonly constvars: Var[] = [];
  readonly consts: NDArray[] = [];
  readonly #constants = new Map<NDArray, Atom>();

  /** The atom that stands for a value the program closes over. */
  constant(x: NDArray): Atom {
    let atom = this.#constants.get(x);
    if (atom !== undefined) return atom;
    checkLive(x);
    if (x instanceof ConcreteArray && x.ndim === 0) atom = new Literal(x.data[0], x.aval);
    else {
      const v = new Var(strong(x.aval));
      this.constvars.push(v);
      this.consts.push(x);
      atom = v;
    }
    this.#constants.set(x, atom);
    return atom;
  }

  /** Appends an equation and returns the variables it binds. */
  add(primitive: AnyPrimitive, inputs: readonly Atom[], params: Params, source: Source = captureSource()): readonly Var[] {
    const avals = primitive.type(
      inputs.map((atom) => atom.aval),
      params,
    );
    const outputs = avals.map((a) => new Var(a));
    this.equations.push({ primitive, inputs, outputs, params: primitive.staged?.(params) ?? params, source });
    return outputs;
  }

  /** The finished program. */
  build(invars: readonly Var[], outvars: readonly Atom[]): ClosedJaxpr {
    return checked(new ClosedJaxpr({ constvars: this.constvars, invars, equations: this.equations, outvars }, this.consts));
  }
}

/** A variable of a program being built. */
export class StagedTracer extends Tracer {
  constructor(
    trace: Trace,
    readonly atom: Atom,
    readonly madeAt: Source = trace.source,
  ) {
    super(trace);
  }

  override get source(): Source {
    return this.madeAt;
  }

  get aval(): Aval {
    return this.atom.aval;
  }
}

/** Records every operation, whatever its arguments. */
export class StagingTrace extends Trace {
  readonly builder = new Builder();
  readonly records = true;

  constructor(readonly description: string) {
    super();
  }

  input(a: Aval): StagedTracer {
    return new StagedTracer(this, new Var(a));
  }

  atom(x: NDArray): Atom {
    return x instanceof StagedTracer && x.trace === this ? x.atom : this.builder.constant(x);
  }

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    const inputs = args.map((x) => this.atom(x));
    const source = captureSource();
    return this.builder.add(primitive, inputs, params, source).map((v) => new StagedTracer(this, v, source));
  }
}

/**
 * The program of `body` on inputs of the given types. `description` names the transform and the user's function.
 */
export function stage(description: string, avals: readonly Aval[], body: (...xs: NDArray[]) => readonly NDArray[]): ClosedJaxpr {
  const trace = new StagingTrace(description);
  const inputs = avals.map((a) => trace.input(a));
  try {
    const outs = withTrace(trace, () => body(...inputs));
    return trace.builder.build(
      inputs.map((x) => x.atom as Var),
      outs.map((x) => trace.atom(x)),
    );
  } finally {
    trace.live = false;
  }
}
