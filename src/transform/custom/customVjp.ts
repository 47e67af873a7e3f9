// customVjp: a function whose backward derivative the user states, with what the forward pass keeps for it.

import { OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { type Tangent, Zero } from "../../core/primitive.js";
import { bindAll } from "../../core/trace.js";
import { type Arrays, type TreeStructure, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, type Argnums, call, checkFunction, isOptions } from "../functions.js";
import { instantiate } from "../jvp.js";
import { flattenArrays } from "../leaves.js";
import { settled } from "../vjp.js";
import { type Context, withRule } from "./call.js";
import { wholeRule } from "./customJvp.js";
import { cotangentsFrom, pairOf, valueFrom } from "./results.js";
import { type FlatBackward, type FlatForward, present, refilled } from "./rules.js";
import { runRule } from "./substitution.js";
import type { CotangentList, Custom, Nondiff, Result, Tangents } from "./types.js";
import { customVjpCallP } from "./vjpCall.js";

export interface CustomVjpRule<P extends readonly unknown[], R, Residuals, N extends Argnums = never> {
  /** From the arguments to `[value, residuals]`: the residuals are any tree of arrays, kept for `backward`. */
  readonly forward: (...args: P) => readonly [value: Result<R>, residuals: Residuals];
  /**
   * From the residuals, the cotangent of the value, and the arguments that `nondiffArgnums` names, to a list with a cotangent for
   * each argument, null for zero.
   */
  readonly backward: (residuals: Arrays<Residuals>, ct: Arrays<R>, ...nondiff: Nondiff<P, N>) => CotangentList<P, N>;
  /** From arguments and tangents to `[value, tangent]`: forward mode takes both from it. */
  readonly jvp?: (primals: P, tangents: Tangents<P, N>) => readonly [value: Result<R>, tangent: Result<R>];
  /** Arguments without a derivative: any JavaScript values, passed on as they are. Integer arrays need not be named. */
  readonly nondiffArgnums?: N;
}

/** The rule with its types forgotten. */
interface Rule {
  readonly forward: AnyFunction;
  readonly backward: AnyFunction;
  readonly jvp?: AnyFunction | undefined;
  readonly nondiffArgnums?: Argnums | undefined;
}

function checkRule(rule: unknown): asserts rule is Rule {
  checkOptions("customVjp", rule, ["forward", "backward", "jvp", "nondiffArgnums"]);
  const given = (rule ?? {}) as Partial<Rule>;
  const wrong = (["forward", "backward"] as const).find((name) => typeof given[name] !== "function");
  if (wrong === undefined && (given.jvp === undefined || typeof given.jvp === "function")) return;
  throw new OptionError({
    op: "customVjp",
    expected: "a rule of two functions, forward and backward, and perhaps a third, jvp",
    received:
      wrong === undefined
        ? "a jvp that is no function"
        : given[wrong] === undefined
          ? `none called ${wrong}`
          : `a ${wrong} that is no function`,
    remedy: "write customVjp(f, { forward: (x) => [value, residuals], backward: (residuals, ct) => [cotangent] })",
  });
}

function flatForward({ forward, backward }: Rule, context: Context): FlatForward {
  const { op, shape, captured, own, noteStructure } = context;
  const c = captured.length;
  return (operands) => {
    const closed = operands.slice(0, c);
    let [count, pull]: [number, FlatBackward] = [0, () => []];
    const results = runRule(op, captured, closed, () => {
      const result = call(forward, shape.list(operands.slice(c)));
      const [out, kept] = pairOf(op, "a list [value, residuals] from forward", result);
      const value = valueFrom(op, "forward", out, own);
      noteStructure(value.structure);
      const { leaves, structure } = flattenArrays(kept, op, "the residuals from forward");
      count = value.leaves.length;
      pull = flatBackward(backward, context, structure, value.structure);
      return [...value.leaves, ...leaves.map(settled)];
    });
    return { outs: results.slice(0, count), residuals: [...closed, ...results.slice(count)], backward: pull };
  };
}

/** The backward rule. A function of its own, because programs keep it: it must hold no array of the forward pass. */
function flatBackward(
  backward: AnyFunction,
  { op, shape, captured }: Context,
  residualStructure: TreeStructure,
  valueStructure: TreeStructure,
): FlatBackward {
  const c = captured.length;
  return (residuals, cts) => {
    const closed = residuals.slice(0, c);
    let pattern: readonly Tangent[] = [];
    const found = runRule(op, captured, closed, () => {
      const kept = treeUnflatten(residualStructure, residuals.slice(c));
      const ct = treeUnflatten(valueStructure, cts.map(instantiate));
      pattern = cotangentsFrom(op, call(backward, [kept, ct, ...shape.statics.values()]), shape);
      return present(pattern);
    });
    return [...closed.map((x) => new Zero(x.aval)), ...refilled(pattern, found)];
  };
}

/**
 * `f` with a backward pass of the user's. Differentiated in reverse, `forward` runs in the place of `f` and keeps residuals;
 * `backward` takes them and the cotangent of the value to cotangents of the arguments. Both may be differentiated again, batched
 * and jitted. Forward mode throws unless `jvp` is given too. Called with the rule alone, it waits for the function. Like
 * `jax.custom_vjp`.
 *
 * What `f` closes over is constant for the rule: differentiating with respect to it throws. `f` may read values (`item()`)
 * as long as it is not called under `jit` or `vmap`.
 *
 * @throws OptionError without a rule. When differentiated: CustomRuleError, TreeError, ShapeError or DTypeError when what
 *   `forward` or `backward` returns does not fit; NotDifferentiableError in forward mode, and for closed-over values.
 * @example
 * const clip = customVjp((x: NDArray) => x, {
 *   forward: (x) => [x, null],
 *   backward: (_, ct) => [np.clip(ct, -1, 1)],
 * });
 * grad((x: NDArray) => clip(x).mul(5))(np.array(3)); // 1
 */
export function customVjp<F extends AnyFunction, Residuals, const N extends Argnums = never>(
  f: F,
  rule: CustomVjpRule<Parameters<F>, ReturnType<F>, Residuals, N>,
): Custom<F>;
export function customVjp<P extends readonly unknown[], R, Residuals, const N extends Argnums = never>(
  rule: CustomVjpRule<P, R, Residuals, N>,
): (f: (...args: P) => R) => Custom<(...args: P) => R>;
export function customVjp(f: AnyFunction | object, given?: unknown): unknown {
  if (given === undefined && isOptions(f)) {
    checkRule(f);
    return (g: AnyFunction) => withVjp(g, f);
  }
  checkFunction("customVjp", f);
  checkRule(given);
  return withVjp(f, given);
}

function withVjp(f: AnyFunction, rule: Rule): AnyFunction {
  checkFunction("customVjp", f);
  return withRule("customVjp", f, rule.nondiffArgnums, (context, operands, base) => {
    const jvp = rule.jvp && wholeRule(rule.jvp, context);
    return bindAll(customVjpCallP, operands, { ...base, forward: flatForward(rule, context), jvp });
  });
}
