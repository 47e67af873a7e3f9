// How far results may differ that are computed by other correctly working arithmetic: the reference evaluator with noise in
// every operation that the fused evaluator may round differently. Such operations are elementary functions (noise relative
// to the result) and sums (relative to the sum of magnitudes). All else is exact in both. Results that the noise moves are
// ill-conditioned by as much; a discrete result that it flips stands at a tie. (Stochastic arithmetic: Vignes 1993.)

import type { ConcreteArray } from "../../src/core/array.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { type TypedArray, epsilon, isFloat, typedArray } from "../../src/core/dtype.js";
import type { Atom, Equation, Var } from "../../src/core/jaxpr.js";
import type { HostArray } from "../../src/core/primitive.js";
import { runControl } from "./noisyControl.js";

/** Units in the last place of a result that an operation may be off: the elementary functions' bound is 3. */
const ULPS = 4;

/** Operations whose results both evaluators give to the last bit: moves of elements, and what is rounded correctly. */
const exact = new Set([
  "neg",
  "sign",
  "abs",
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
  "square",
  "floor",
  "ceil",
  "trunc",
  "round",
  "sqrt",
  "clamp",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "is_finite",
  "select_n",
  "stop_gradient",
  "reshape",
  "transpose",
  "rev",
  "squeeze",
  "slice",
  "broadcast_in_dim",
  "concatenate",
  "pad",
  "iota",
  "gather",
  "scatter",
  "dynamic_slice",
  "dynamic_update_slice",
  "sort",
  "cummax",
  "cummin",
  "reduce_max",
  "reduce_min",
  "argmax",
  "argmin",
  "reduce_window_max",
  "reduce_window_min",
  "top_k",
  "next_after",
]);

/** Sums of products of their operands: off by some units of what magnitudes give in their place. */
const sums = new Set([
  "reduce_sum",
  "dot_general",
  "conv_general_dilated",
  "reduce_window_sum",
  "cumsum",
  "cumlogsumexp",
  "scatter-add",
  "scatter_add",
  "select_and_scatter_add",
  "select_and_gather_add",
]);

/**
 * Samples by rejection: of a proposal (1 + c x)³ near 0 few digits of x are left, and a logarithm near 0 is the sum of larger ones.
 * How many digits a sample lost does not show in it.
 */
const samples = new Set(["random_gamma", "random_gamma_grad"]);
const LOST = 256;
const least = (params: object): number => ("logSpace" in params && params.logSpace === true ? 1 : 0);

/** −1 … 1 from bits, the same for the same number; never near zero, so that a tie is as likely broken one way as the other. */
function noiseOf(value: number, seed: number): number {
  scratch[0] = value;
  let h = Math.imul(words[0] ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(words[1] + seed, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h ^= h >>> 13;
  return ((h & 1) === 0 ? -1 : 1) * (0.5 + (h >>> 9) / 2 ** 24);
}

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);

const magnitudes = (x: HostArray): HostArray => (isFloat(x.dtype) ? { ...x, data: typedArray(x.dtype, Array.from(x.data, Math.abs)) } : x);

function applied({ primitive, params, outputs }: Equation, args: readonly HostArray[], seed: number): HostArray[] {
  const avals = outputs.map((v) => v.aval);
  const outs = primitive.reference(args, params, avals);
  if (seed === 0 || exact.has(primitive.name)) return [...outs];
  // The selection of a window looks at the operand itself, so only what is summed loses its sign.
  const selects = primitive.name.startsWith("select_and");
  const scales = sums.has(primitive.name)
    ? primitive.reference(
        args.map((x, i) => (selects && i > 0 ? x : magnitudes(x))),
        params,
        avals,
      )
    : samples.has(primitive.name)
      ? outs.map((out) => ({
          ...out,
          data: typedArray(
            out.dtype,
            Array.from(out.data, (v) => LOST * (least(params) + Math.abs(v))),
          ),
        }))
      : outs;
  return outs.map((out, k) => {
    const { dtype } = avals[k];
    if (!isFloat(dtype)) return out;
    const unit = ULPS * epsilon(dtype);
    const data = typedArray(
      dtype,
      Array.from(out.data, (v, i) => (Number.isFinite(v) ? v + unit * noiseOf(v, seed) * Math.abs(scales[k].data[i]) : v)),
    );
    return { ...out, data };
  });
}

/** The program's results with noise; seed 0 is without. */
export function noisy(closed: ClosedJaxpr, args: readonly HostArray[], seed: number): readonly TypedArray[] {
  const { jaxpr, consts } = closed;
  const values = new Map<Var, HostArray>();
  jaxpr.constvars.forEach((v, i) => values.set(v, hostOf(consts[i] as ConcreteArray)));
  jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
  const read = (atom: Atom): HostArray =>
    atom.kind === "var"
      ? (values.get(atom) as HostArray)
      : { data: typedArray(atom.aval.dtype, [atom.value]), shape: [], dtype: atom.aval.dtype };
  for (const equation of jaxpr.equations) {
    const inputs = equation.inputs.map(read);
    const { primitive, params } = equation;
    const run = (program: ClosedJaxpr, xs: readonly HostArray[]): readonly HostArray[] =>
      noisy(program, xs, seed).map((data, i) => ({ data, shape: program.outAvals[i].shape, dtype: program.outAvals[i].dtype }));
    const inner = primitive.isCall === true && "jaxpr" in params ? (params.jaxpr as ClosedJaxpr) : undefined;
    const outs = inner === undefined ? (runControl(equation, inputs, run) ?? applied(equation, inputs, seed)) : run(inner, inputs);
    outs.forEach((out, i) =>
      values.set(equation.outputs[i], { data: out.data, shape: equation.outputs[i].aval.shape, dtype: equation.outputs[i].aval.dtype }),
    );
  }
  return jaxpr.outvars.map((v) => read(v).data);
}

export const hostOf = (x: ConcreteArray): HostArray => ({ data: x.data, shape: x.shape, dtype: x.dtype });

/** How far one element may be from the reference. */
export interface Allowance {
  readonly reference: number;
  /** The largest distance that noise made, or NaN where it changed the kind of the number. */
  spread: number;
}

const SAFETY = 4;
const FEW = 6;
const MANY = 150;

/** Compares the results of a program with the reference within what noise makes plausible; gives the share of tight elements. */
export class Comparison {
  #allowances: Allowance[][] = [];
  #seeds = 0;

  constructor(
    readonly closed: ClosedJaxpr,
    readonly args: readonly ConcreteArray[],
  ) {
    const hosts = args.map(hostOf);
    this.#allowances = noisy(closed, hosts, 0).map((data) => Array.from(data, (reference) => ({ reference, spread: 0 })));
    this.#probe(FEW);
  }

  #probe(count: number): void {
    const hosts = this.args.map(hostOf);
    for (; this.#seeds < count; this.#seeds++) {
      noisy(this.closed, hosts, this.#seeds + 1).forEach((data, k) =>
        this.#allowances[k].forEach((allowance, i) => {
          if (!Object.is(data[i], allowance.reference))
            allowance.spread = Math.max(allowance.spread, Math.abs(data[i] - allowance.reference));
        }),
      );
    }
  }

  #fits(found: number, { reference, spread }: Allowance, k: number): boolean {
    if (Object.is(found, reference) || found === reference) return true;
    // Ties of kinds (a NaN or an infinity that noise makes or unmakes).
    if (Number.isNaN(spread) || spread === Infinity) return true;
    const { dtype } = this.closed.outAvals[k];
    if (!isFloat(dtype)) return spread > 0;
    return Math.abs(found - reference) <= SAFETY * spread;
  }

  /** The first element that is off by more, or `undefined`. */
  fault(found: readonly ConcreteArray[]): string | undefined {
    for (const [k, x] of found.entries()) {
      const { shape, dtype } = this.closed.outAvals[k];
      if (x.dtype !== dtype || x.shape.join() !== shape.join())
        return `output ${k} is ${x.dtype}[${x.shape.join()}], expected ${dtype}[${shape.join()}]`;
      for (let i = 0; i < x.data.length; i++) {
        if (this.#fits(x.data[i], this.#allowances[k][i], k)) continue;
        this.#probe(MANY);
        if (this.#fits(x.data[i], this.#allowances[k][i], k)) continue;
        const { reference, spread } = this.#allowances[k][i];
        return `output ${k}, element ${i}: ${x.data[i]}, expected ${reference} within ${SAFETY * spread}`;
      }
    }
    return undefined;
  }

  /** How many elements there are, and for how many of them the bound is sharp: 1e-4 in float32, 1e-12 in float64, else exact. */
  tightness(): { readonly all: number; readonly tight: number } {
    let [all, tight] = [0, 0];
    this.#allowances.forEach((list, k) => {
      const { dtype } = this.closed.outAvals[k];
      const bound = dtype === "float32" ? 1e-4 : dtype === "float64" ? 1e-12 : 0;
      for (const { reference, spread } of list) {
        all++;
        if (SAFETY * spread <= bound * (1 + (Number.isFinite(reference) ? Math.abs(reference) : 0))) tight++;
      }
    });
    return { all, tight };
  }
}
