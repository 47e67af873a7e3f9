// A carry that only adds up what the turns give (W̄ ← W̄ + x_tᵀ·h̄_t, as the gradient of a loop does) need not be carried: the
// sum over all turns is one product, contracted over the turns too, behind the loop. The terms are the same, summed in
// another order.

import { ClosedJaxpr } from "../core/closed.js";
import { isFloat } from "../core/dtype.js";
import type { Atom, Equation, Jaxpr } from "../core/jaxpr.js";
import type { NDArray } from "../core/array.js";
import { stage } from "../core/staging.js";
import { bind, bindAll } from "../core/trace.js";
import { addP } from "../ops/arithmetic.js";
import { type AxesParams, reduceSumP } from "../ops/broadcast.js";
import { type DotParams, dotGeneralP } from "../ops/dot.js";
import type { ScanParams } from "../transform/control/params.js";
import { withoutDeadCode } from "../transform/deadcode.js";
import { hasBarrier, isStorable } from "./productsOfTurns.js";
import { splice } from "./splice.js";

/** A carry that is a sum: its place among the carries, and the equation that gives each turn's term. */
interface Sum {
  readonly carry: number;
  readonly term: Equation;
}

/** How many times each atom is read, by equations and as an output. */
function readsOf({ equations, outvars }: Jaxpr): ReadonlyMap<Atom, number> {
  const reads = new Map<Atom, number>();
  for (const atom of [...equations.flatMap(({ inputs }) => inputs), ...outvars]) reads.set(atom, (reads.get(atom) ?? 0) + 1);
  return reads;
}

/** Axes behind the axis of turns. */
const behind = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** Over all turns: what one equation gives summed, from its operands with the turns in front. */
function summed({ primitive, params }: Equation, operands: readonly NDArray[]): NDArray {
  if (primitive.name === "reduce_sum") {
    return bind(reduceSumP, operands, { axes: [0, ...behind((params as AxesParams).axes)] });
  }
  const { dimensionNumbers, preferredElementType } = params as DotParams;
  const [contracting, batch] = dimensionNumbers;
  return bind(dotGeneralP, operands, {
    dimensionNumbers: [
      [
        [0, ...behind(contracting[0])],
        [0, ...behind(contracting[1])],
      ],
      [behind(batch[0]), behind(batch[1])],
    ],
    preferredElementType,
  });
}

class Sums {
  readonly #jaxpr: Jaxpr;
  readonly #reads: ReadonlyMap<Atom, number>;
  readonly #definitions: ReadonlyMap<Atom, Equation>;

  constructor(readonly scan: ScanParams) {
    this.#jaxpr = scan.jaxpr.jaxpr;
    this.#reads = readsOf(this.#jaxpr);
    this.#definitions = new Map(this.#jaxpr.equations.flatMap((equation) => equation.outputs.map((v) => [v, equation] as const)));
  }

  /** The sums of products, and sums of what is stored for those anyway. */
  find(): readonly Sum[] {
    const all = Array.from({ length: this.scan.numCarry }, (_, carry) => this.#sum(carry)).filter((sum) => sum !== undefined);
    const made = all.filter(({ term }) => term.primitive.name === "dot_general");
    const stored = new Set<Atom>(made.flatMap(({ term }) => term.inputs));
    return all.filter((sum) => made.includes(sum) || stored.has(sum.term.inputs[0]));
  }

  #isOnce(atom: Atom): boolean {
    return this.#reads.get(atom) === 1;
  }

  #sum(carry: number): Sum | undefined {
    const { numConsts, length } = this.scan;
    const before = this.#jaxpr.invars[numConsts + carry];
    const after = this.#jaxpr.outvars[carry];
    const add = this.#definitions.get(after);
    if (add?.primitive.name !== "add" || !this.#isOnce(after) || !this.#isOnce(before) || !isFloat(after.aval.dtype)) return undefined;
    const other = add.inputs.find((atom) => atom !== before);
    const term = other === undefined ? undefined : this.#definitions.get(other);
    if (other === undefined || term === undefined || !add.inputs.includes(before) || !this.#isOnce(other)) return undefined;
    if (term.primitive.name !== "dot_general" && term.primitive.name !== "reduce_sum") return undefined;
    const consts = new Set<Atom>([...this.#jaxpr.constvars, ...this.#jaxpr.invars.slice(0, numConsts)]);
    const turns = term.inputs.every((atom) => atom.kind === "var" && !consts.has(atom) && isStorable(atom, length));
    return turns ? { carry, term } : undefined;
  }
}

/** The scan without the carries that are sums, and behind it the sums; `undefined` where there are none. */
function withSumsLast({ primitive, inputs, params }: Equation): ClosedJaxpr | undefined {
  if (primitive.name !== "scan") return undefined;
  const scan = params as ScanParams;
  const { jaxpr: body, length, numConsts, numCarry } = scan;
  if (length < 2 || hasBarrier(body.jaxpr)) return undefined;
  const sums = new Sums(scan).find();
  if (sums.length === 0) return undefined;
  const { invars, outvars } = body.jaxpr;
  const isSum = Array.from({ length: numCarry }, (_, i) => sums.some(({ carry }) => carry === i));
  const first = numConsts + numCarry;
  const xs = invars.slice(first);
  const terms = [...new Set(sums.flatMap(({ term }) => term.inputs))].filter((atom) => !(xs as readonly Atom[]).includes(atom));
  const stays = (i: number): boolean => i < numConsts || i >= first || !isSum[i - numConsts];
  const rest = withoutDeadCode(
    new ClosedJaxpr(
      {
        ...body.jaxpr,
        invars: invars.filter((_, i) => stays(i)),
        outvars: [...outvars.filter((_, i) => i >= numCarry || !isSum[i]), ...terms],
      },
      body.consts,
    ),
  );
  const counts = { numCarry: numCarry - sums.length };
  return stage(
    "scan",
    inputs.map((atom) => atom.aval),
    (...operands) => {
      const results = bindAll(
        primitive,
        operands.filter((_, i) => stays(i)),
        { ...scan, ...counts, jaxpr: rest },
      );
      const stored = results.length - terms.length;
      const overTurns = (atom: Atom): NDArray => {
        const x = (xs as readonly Atom[]).indexOf(atom);
        return x >= 0 ? operands[first + x] : results[stored + terms.indexOf(atom)];
      };
      const total = ({ carry, term }: Sum): NDArray =>
        bind(addP, [operands[numConsts + carry], summed(term, term.inputs.map(overTurns))], {});
      let next = 0;
      return outvars.map((_, i) => {
        const sum = sums.find(({ carry }) => carry === i);
        return sum === undefined ? results[next++] : total(sum);
      });
    },
  );
}

/** The program with sums over the turns of its scans behind them. */
export const sumsLast = (program: ClosedJaxpr): ClosedJaxpr => splice(program, withSumsLast);
