// The equations made so far: which one defines a variable, and which say the same (hash-consing on the primitive, its
// parameters and its operands). Equal equations are looked for only within one side of a barrier.

import { type Atom, type Equation, Var } from "../core/jaxpr.js";
import type { AnyPrimitive } from "../core/primitive.js";
import type { Application } from "./rule.js";
import { hashNumber, hashValue, mix, sameAtom, sameValue } from "./structural.js";
import type { Tally } from "./tally.js";

/** Primitives whose two operands may change places without a change of a bit. */
const commutative = new Set(["add", "mul", "max", "min", "and", "or", "xor", "eq", "ne"]);

export class Equations {
  readonly list: Equation[] = [];
  readonly #definitions = new Map<Var, Equation>();
  readonly #numbers = new Map<Var | AnyPrimitive, number>();
  #known = new Map<number, Equation[]>();

  definition(v: Var): Equation | undefined {
    return this.#definitions.get(v);
  }

  /** Runs `body` with nothing known: what it makes merges neither with what was made before nor with what comes after. */
  apart<T>(body: () => T): T {
    const outer = this.#known;
    this.#known = new Map();
    try {
      return body();
    } finally {
      this.#known = outer;
    }
  }

  /** Appends an equation, and gives the variables that it binds. */
  append(application: Application, as: Equation | undefined): readonly Var[] {
    const { primitive, inputs, params, outAvals, source } = application;
    const equation = as ?? { primitive, inputs, params, outputs: outAvals.map((a) => new Var(a)), source };
    this.list.push(equation);
    for (const v of equation.outputs) this.#definitions.set(v, equation);
    return equation.outputs;
  }

  /** The variables of an equal equation made before, else those of a new one. */
  merge(application: Application, as: Equation | undefined, tally: Tally): readonly Var[] {
    const hash = this.#hash(application);
    const candidates = this.#known.get(hash);
    for (const earlier of candidates ?? []) {
      tally.comparisons++;
      if (!isEqual(earlier, application)) continue;
      tally.merged++;
      return earlier.outputs;
    }
    const outputs = this.append(application, as);
    const equation = this.list[this.list.length - 1];
    if (candidates === undefined) this.#known.set(hash, [equation]);
    else candidates.push(equation);
    return outputs;
  }

  #number(x: Var | AnyPrimitive): number {
    let number = this.#numbers.get(x);
    if (number === undefined) this.#numbers.set(x, (number = this.#numbers.size));
    return number;
  }

  #hash({ primitive, inputs, params }: Application): number {
    const ordered = !commutative.has(primitive.name);
    let hash = mix(this.#number(primitive), hashValue(params));
    for (const atom of inputs) {
      const each = Math.imul((atom.kind === "var" ? this.#number(atom) : hashNumber(atom.value)) + 1, 0x85ebca6b);
      // The sum of two scrambled numbers is the same in either order.
      hash = ordered ? mix(hash, each) : (hash + (each ^ (each >>> 13))) | 0;
    }
    return hash;
  }
}

function isEqual(a: Equation, b: Application): boolean {
  if (a.primitive !== b.primitive || a.inputs.length !== b.inputs.length) return false;
  const [xs, ys]: readonly (readonly Atom[])[] = [a.inputs, b.inputs];
  const operands =
    xs.every((x, i) => sameAtom(x, ys[i])) ||
    (xs.length === 2 && commutative.has(a.primitive.name) && sameAtom(xs[0], ys[1]) && sameAtom(xs[1], ys[0]));
  return operands && sameValue(a.params, b.params) && a.outputs.every((v, i) => v.aval.weak === b.outAvals[i].weak);
}
