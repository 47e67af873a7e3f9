// The pass that does the work: walks a program once, in order. Each equation, its operands final, is opened if it is a
// call, folded if its operands are known, rewritten by the table as long as a rule fits, merged with an equal one made before,
// or appended. What a rule applies goes the same way. So the work is linear in the equations, and one pass is the
// fixed point of the table.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { sameType } from "../core/aval.js";
import { ClosedJaxpr } from "../core/closed.js";
import { type DType, typedArray } from "../core/dtype.js";
import { hasEffect } from "../core/effects.js";
import { type Atom, type Equation, type Jaxpr, Literal, Var } from "../core/jaxpr.js";
import type { AnyPrimitive, HostArray, Params, Primitive } from "../core/primitive.js";
import type { Source } from "../core/source.js";
import { type Opened, isBarrier, openedBy, withPrograms } from "./calls.js";
import { Equations } from "./equations.js";
import { FEW, elementsOf, fold } from "./fold.js";
import { type HoistedLoop, hoist } from "./hoist.js";
import { type Application, EQUAL, LITERAL, type Rule, type Workspace } from "./rule.js";
import { sameAtom } from "./structural.js";
import type { RuleIndex } from "./table.js";
import type { Tally } from "./tally.js";

/** What atoms of the program that is read stand for in the one that is written. */
type Environment = Map<Var, Atom>;

export interface RewriteContext {
  /** The rules to try on applications of a primitive. */
  rules(primitive: AnyPrimitive): RuleIndex;
  /** What becomes of programs inside of equations. */
  inner(program: ClosedJaxpr): ClosedJaxpr;
  readonly tally: Tally;
}

class Rewriting implements Workspace {
  readonly #equations = new Equations();
  readonly #constvars: Var[] = [];
  readonly #consts: NDArray[] = [];
  readonly #constants = new Map<Var, ConcreteArray>();
  readonly #constantOf = new Map<NDArray, Atom>();
  #source: Source | undefined;

  constructor(readonly context: RewriteContext) {}

  run({ jaxpr, consts }: ClosedJaxpr): ClosedJaxpr {
    const environment: Environment = new Map();
    jaxpr.constvars.forEach((v, i) => environment.set(v, this.#constant(consts[i], v)));
    const outvars = this.#walk(jaxpr, environment, false);
    const { list } = this.#equations;
    return new ClosedJaxpr({ constvars: this.#constvars, invars: jaxpr.invars, equations: list, outvars }, this.#consts);
  }

  /** The equations of a program under what its variables stand for; gives its outputs. Opened programs need new variables. */
  #walk(jaxpr: Jaxpr, environment: Environment, isOpened: boolean): readonly Atom[] {
    const read = (atom: Atom): Atom => (atom.kind === "var" ? (environment.get(atom) ?? atom) : atom);
    for (const equation of jaxpr.equations) {
      const inputs = equation.inputs.map(read);
      this.#source = equation.source;
      const outputs = this.#equation(equation, inputs, isOpened);
      equation.outputs.forEach((v, i) => {
        if (outputs[i] !== v) environment.set(v, outputs[i]);
      });
    }
    return jaxpr.outvars.map(read);
  }

  #equation(equation: Equation, inputs: readonly Atom[], isOpened: boolean): readonly Atom[] {
    this.context.tally.equations++;
    const opened = openedBy(equation, inputs);
    if (opened !== undefined) return this.#open(opened, isBarrier(equation));
    const { primitive, source } = equation;
    const params = primitive.derivative.tag === "custom" ? withPrograms(equation.params, this.context.inner) : equation.params;
    const outAvals = equation.outputs.map((v) => v.aval);
    const loop = primitive.derivative.tag === "custom" ? hoist(primitive.name, params) : undefined;
    if (loop !== undefined) return this.#hoisted(loop, { primitive, inputs, params, outAvals, source });
    const isSame = !isOpened && params === equation.params && inputs.every((atom, i) => atom === equation.inputs[i]);
    return this.#settle({ primitive, inputs, params, outAvals, source }, isSame ? equation : undefined);
  }

  /** A loop, behind what its body repeated for nothing. */
  #hoisted({ before, params, first, last }: HoistedLoop, application: Application): readonly Atom[] {
    const { inputs } = application;
    const values = this.#open({ program: before, args: inputs.slice(first, last) }, false);
    this.#source = application.source;
    const operands = [...inputs.slice(0, last), ...values, ...inputs.slice(last)];
    return this.#settle({ ...application, params, inputs: operands }, undefined);
  }

  #open({ program, args }: Opened, apart: boolean): readonly Atom[] {
    const environment: Environment = new Map();
    program.jaxpr.constvars.forEach((v, i) => environment.set(v, this.#constant(program.consts[i], undefined)));
    program.jaxpr.invars.forEach((v, i) => environment.set(v, args[i]));
    const walk = (): readonly Atom[] => this.#walk(program.jaxpr, environment, true);
    return apart ? this.#equations.apart(walk) : walk();
  }

  /** The values of an application: folded, rewritten, merged or appended. `as` is the equation that says the same already. */
  #settle(application: Application, as: Equation | undefined): readonly Atom[] {
    if (hasEffect(application) || application.primitive.isBarrier === true) return this.#equations.append(application, as);
    const folded = fold(application, this.known);
    if (folded !== undefined) return folded.map((x, i) => this.#folded(x, application.outAvals[i]));
    if (application.outAvals.length === 1) {
      const rewritten = this.#rewrite(application);
      if (rewritten !== undefined) return [rewritten];
    }
    return this.#equations.merge(application, as, this.context.tally);
  }

  #rewrite(application: Application): Atom | undefined {
    const { inputs, primitive } = application;
    const { always, by } = this.context.rules(primitive);
    const rewritten = this.#try(always, application);
    if (rewritten !== undefined || by.size === 0) return rewritten;
    for (let i = 0; i < inputs.length; i++) {
      const atom = inputs[i];
      const kind = atom.kind === "literal" ? LITERAL : this.definition(atom)?.primitive.name;
      const found = (kind === undefined ? undefined : this.#try(by.get(kind), application)) ?? this.#tryEqual(by, i, application);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The rules for operands that stand twice, where operand number `i` is the one before it. */
  #tryEqual(by: RuleIndex["by"], i: number, application: Application): Atom | undefined {
    const rules = by.get(EQUAL);
    const { inputs } = application;
    return rules === undefined || i === 0 || !sameAtom(inputs[i], inputs[i - 1]) ? undefined : this.#try(rules, application);
  }

  #try(rules: readonly Rule[] | undefined, application: Application): Atom | undefined {
    if (rules === undefined) return undefined;
    const { tally } = this.context;
    const [expected] = application.outAvals;
    for (const rule of rules) {
      tally.attempts++;
      const atom = rule.rewrite(application, this);
      // A weak number is stored otherwise than a strong one, so neither may stand for the other.
      if (atom === undefined || atom.aval.weak !== expected.weak || !sameType(atom.aval, expected)) continue;
      tally.applied.set(rule.name, (tally.applied.get(rule.name) ?? 0) + 1);
      return atom;
    }
    return undefined;
  }

  #constant(x: NDArray, v: Var | undefined): Atom {
    let atom = this.#constantOf.get(x);
    if (atom !== undefined) return atom;
    const known = x instanceof ConcreteArray && !x.donated && x.aval.weak === undefined ? x : undefined;
    if (known !== undefined && known.ndim === 0) atom = new Literal(known.data[0], known.aval);
    else {
      const constvar = v ?? new Var({ shape: x.shape, dtype: x.dtype });
      this.#constvars.push(constvar);
      this.#consts.push(x);
      if (known !== undefined && known.size <= FEW) this.#constants.set(constvar, known);
      atom = constvar;
    }
    this.#constantOf.set(x, atom);
    return atom;
  }

  #folded({ data }: HostArray, a: Application["outAvals"][number]): Atom {
    this.context.tally.folded++;
    return a.shape.length === 0 ? new Literal(data[0], a) : this.#constant(new ConcreteArray(a, data), undefined);
  }

  definition(atom: Atom): Equation | undefined {
    return atom.kind === "var" ? this.#equations.definition(atom) : undefined;
  }

  readonly known = (atom: Atom): ConcreteArray | undefined => elementsOf(atom, atom.kind === "var" ? this.#constants.get(atom) : undefined);

  literal(value: number, dtype: DType): Literal {
    return new Literal(typedArray(dtype, [value])[0], { shape: [], dtype });
  }

  apply<P extends Params>(primitive: Primitive<string, P>, inputs: readonly Atom[], params: P): Atom {
    const outAvals = primitive.type(
      inputs.map((atom) => atom.aval),
      params,
    );
    return this.#settle({ primitive, inputs, params, outAvals, source: this.#source as Source }, undefined)[0];
  }
}

/** The program after one walk of the table over it. */
export const rewrite = (program: ClosedJaxpr, context: RewriteContext): ClosedJaxpr => new Rewriting(context).run(program);
