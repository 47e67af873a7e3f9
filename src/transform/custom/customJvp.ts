// customJvp: a function whose forward derivative the user states; reverse mode transposes it.

import type { NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { type Tangent, Zero } from "../../core/primitive.js";
import { currentSource, inRule, withSource } from "../../core/source.js";
import { bindAll } from "../../core/trace.js";
import { add } from "../../ops/arithmetic.js";
import { type Arrays, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, type Argnums, call, checkFunction, isOptions } from "../functions.js";
import { instantiate } from "../jvp.js";
import { type Context, withRule } from "./call.js";
import { type JvpCallParams, customJvpCallP } from "./jvpCall.js";
import { pairOf, tangentFrom, valueFrom } from "./results.js";
import { type FlatJvp, present, refilled } from "./rules.js";
import { runRule } from "./substitution.js";
import type { Custom, Result, Tangents } from "./types.js";

/** One rule for all arguments together. */
export interface WholeJvp<P extends readonly unknown[], R, N extends Argnums = never> {
  /** From arguments and their tangents to `[value, tangent of the value]`; the latter linear in the tangents. */
  readonly jvp: (primals: P, tangents: Tangents<P, N>) => readonly [value: Result<R>, tangent: Result<R>];
  readonly jvps?: never;
  /** Arguments without a derivative: any JavaScript values, passed on as they are; their tangents are null. */
  readonly nondiffArgnums?: N;
}

/** A rule an argument. */
export interface JvpByArgument<P extends readonly unknown[], R, N extends Argnums = never> {
  readonly jvp?: never;
  /**
   * For each argument, its contribution to the tangent of the value, from the argument's tangent, the value, and all
   * arguments; null where it is zero. Only called for arguments that have a tangent.
   */
  readonly jvps: { readonly [K in keyof P]: ((tangent: Arrays<P[K]>, value: Arrays<R>, ...primals: P) => Result<R>) | null };
  readonly nondiffArgnums?: N;
}

export type CustomJvpRule<P extends readonly unknown[], R, N extends Argnums = never> = WholeJvp<P, R, N> | JvpByArgument<P, R, N>;

/** The rule with its types forgotten. */
interface Rule {
  readonly jvp?: AnyFunction | undefined;
  readonly jvps?: readonly (AnyFunction | null)[] | undefined;
  readonly nondiffArgnums?: Argnums | undefined;
}

function checkRule(rule: unknown): asserts rule is Rule {
  checkOptions("customJvp", rule, ["jvp", "jvps", "nondiffArgnums"]);
  const { jvp, jvps } = (rule ?? {}) as Rule;
  const isList = Array.isArray(jvps) && jvps.every((f) => f === null || typeof f === "function");
  if (jvps === undefined ? typeof jvp === "function" : jvp === undefined && isList) return;
  throw new OptionError({
    op: "customJvp",
    expected: "a rule: either jvp, a function, or jvps, a list of functions and nulls",
    received: jvp === undefined && jvps === undefined ? "neither" : jvp !== undefined && jvps !== undefined ? "both" : "something else",
    remedy: "write customJvp(f, { jvp: (primals, tangents) => [value, tangent] })",
  });
}

/** Runs a rule so that its equations know it: where one is not linear in the tangents, an error says whose fault it is. */
function runJvpRule(
  op: string,
  captured: readonly NDArray[],
  values: readonly NDArray[],
  rule: () => readonly NDArray[],
): readonly NDArray[] {
  const source = currentSource();
  return withSource(source && inRule(source, op), () => runRule(op, captured, values, rule));
}

/** The JVP rule of a call on flat lists. */
export function wholeRule(jvp: AnyFunction, { op, shape, captured, own, noteStructure }: Context): FlatJvp {
  const c = captured.length;
  return (operands, tangents) => {
    let pattern: readonly Tangent[] = [];
    let count = 0;
    const results = runJvpRule(op, captured, operands.slice(0, c), () => {
      const primals = shape.list(operands.slice(c));
      const result = call(jvp, [primals, shape.trees(tangents.slice(c).map(instantiate))]);
      const [out, tangent] = pairOf(op, "a list [value, tangent] from jvp", result);
      const value = valueFrom(op, "jvp", out, own);
      noteStructure(value.structure);
      pattern = tangentFrom(op, "jvp", tangent, value);
      count = value.leaves.length;
      return [...value.leaves, ...present(pattern)];
    });
    return [results.slice(0, count), refilled(pattern, results.slice(count))];
  };
}

function ruleByArgument(jvps: readonly (AnyFunction | null)[], context: Context, self: () => JvpCallParams): FlatJvp {
  const { op, shape, captured, own } = context;
  const c = captured.length;
  checkCount(op, jvps, shape.count);
  return (operands, tangents) => {
    const params = self();
    const outs = bindAll(customJvpCallP, operands, params);
    // Without its own program a function gets no further than this.
    const { structure } = own ?? refused(params);
    const value = treeUnflatten(structure, outs);
    let sum: readonly Tangent[] = outs.map((y) => new Zero(y.aval));
    shape.byArgument(tangents.slice(c)).forEach((ts, position) => {
      const rule = jvps[position];
      if (rule === null || present(ts).length === 0) return;
      const results = runJvpRule(op, captured, operands.slice(0, c), () => {
        const tangent = treeUnflatten(shape.structure.children[position], ts.map(instantiate));
        const contribution = call(rule, [tangent, value, ...shape.list(operands.slice(c))]);
        return tangentFrom(op, `jvps[${position}]`, contribution, { leaves: outs, structure }).map(instantiate);
      });
      sum = sum.map((t, i) => (t instanceof Zero ? results[i] : add(t, results[i])));
    });
    return [outs, sum];
  };
}

function refused({ refusal }: JvpCallParams): never {
  throw refusal ?? new TypeError("a custom call without a program");
}

function checkCount(op: string, jvps: readonly unknown[], count: number): void {
  if (jvps.length === count) return;
  throw new OptionError({
    op,
    expected: count === 1 ? "jvps with one entry, for the one argument" : `jvps with one entry for each of ${count} arguments`,
    received: `${jvps.length}`,
    remedy: "give a function or null for each argument",
  });
}

/**
 * `f` with a derivative of the user's: forward mode uses the rule, reverse mode transposes it, so both work, to any order, under
 * every transform. With `jvp` one function maps arguments and tangents to value and tangent; with `jvps` each argument has its
 * own. Called with the rule alone, it waits for the function. Like `jax.custom_jvp`.
 *
 * What `f` closes over is constant for the rule: differentiating with respect to it throws. `f` may read values (`item()`)
 * as long as it is not called under `jit` or `vmap`.
 *
 * @throws OptionError without a rule. When differentiated: TreeError, ShapeError or DTypeError when what the rule returns does
 *   not fit the value; CustomRuleError when it is no pair; NotDifferentiableError for closed-over values, and in reverse mode for a
 *   rule that is not linear in the tangents.
 * @example
 * const log1pexp = customJvp((x: NDArray) => np.log(np.exp(x).add(1)), {
 *   jvps: [(dx, y, x) => dx.mul(np.subtract(1, np.divide(1, np.exp(x).add(1))))],
 * });
 * grad(log1pexp)(np.array(100)); // 1, where the plain derivative is NaN
 */
export function customJvp<F extends AnyFunction, const N extends Argnums = never>(
  f: F,
  rule: CustomJvpRule<Parameters<F>, ReturnType<F>, N>,
): Custom<F>;
export function customJvp<P extends readonly unknown[], R, const N extends Argnums = never>(
  rule: CustomJvpRule<P, R, N>,
): (f: (...args: P) => R) => Custom<(...args: P) => R>;
export function customJvp(f: AnyFunction | object, given?: unknown): unknown {
  if (given === undefined && isOptions(f)) {
    checkRule(f);
    return (g: AnyFunction) => withJvp(g, f);
  }
  checkFunction("customJvp", f);
  checkRule(given);
  return withJvp(f, given);
}

function withJvp(f: AnyFunction, { jvp, jvps, nondiffArgnums }: Rule): AnyFunction {
  checkFunction("customJvp", f);
  return withRule("customJvp", f, nondiffArgnums, (context, operands, base) => {
    const flatJvp = jvp === undefined ? ruleByArgument(jvps ?? [], context, () => params) : wholeRule(jvp, context);
    const params: JvpCallParams = { ...base, jvp: flatJvp };
    return bindAll(customJvpCallP, operands, params);
  });
}
