// customBatching: a function whose form on a batch the user states.

import type { NDArray } from "../../core/array.js";
import { aval, sameType, showAval } from "../../core/aval.js";
import { CustomRuleError, OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { bindAll } from "../../core/trace.js";
import { broadcastPrefix, checkSameStructure, showPath, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, call, checkFunction, isOptions } from "../functions.js";
import { flattenArrays } from "../leaves.js";
import { settled } from "../vjp.js";
import { type Context, withRule } from "./call.js";
import { pairOf } from "./results.js";
import { runRule } from "./substitution.js";
import type { Custom, Result } from "./types.js";
import { type FlatBatch, customVmapCallP } from "./vmapCall.js";

/** A tree with a boolean for each leaf of `T`, or one for a whole part of it. */
export type Flags<T> = boolean | (T extends readonly unknown[] | object ? { readonly [K in keyof T]: Flags<T[K]> } : never);

/** A tree with a boolean in the place of each leaf of `T`. */
export type LeafFlags<T> = T extends NDArray | number | boolean ? boolean : { readonly [K in keyof T]: LeafFlags<T[K]> };

export interface CustomBatchingRule<P extends readonly unknown[], R> {
  /**
   * From the size of the batch, which leaves of the arguments carry it (a list of trees of booleans), and the arguments, those
   * with the batch on axis 0, to `[value, whether it carries the batch on axis 0]`, the latter as one boolean or a tree of them.
   */
  readonly batch: (axisSize: number, isBatched: LeafFlags<P>, ...args: P) => readonly [value: Result<R>, isValueBatched: Flags<R>];
}

interface Rule {
  readonly batch: AnyFunction;
}

function checkRule(rule: unknown): asserts rule is Rule {
  checkOptions("customBatching", rule, ["batch"]);
  if (typeof (rule as Partial<Rule> | undefined)?.batch === "function") return;
  throw new OptionError({
    op: "customBatching",
    expected: "a rule: a function batch",
    received: "none",
    remedy: "write customBatching(f, { batch: (axisSize, isBatched, ...args) => [value, true] })",
  });
}

const isFlag = (x: unknown): x is boolean => typeof x === "boolean";

function flatBatch({ batch }: Rule, { op, shape, captured, own }: Context): FlatBatch {
  const c = captured.length;
  return (size, isBatched, operands) => {
    checkClosedOver(op, isBatched.slice(0, c), operands);
    let flags: readonly boolean[] = [];
    const outs = runRule(op, captured, operands.slice(0, c), () => {
      const given = treeUnflatten(shape.structure, isBatched.slice(c));
      const result = call(batch, [size, given, ...shape.list(operands.slice(c))]);
      const [value, isValueBatched] = pairOf(op, "a list [value, isBatched] from batch", result);
      const { leaves, structure } = flattenArrays(value, op, "the value from batch");
      if (own !== undefined) checkSameStructure(op, own.structure, structure, ["the function's result", "the value from batch"]);
      flags = broadcastPrefix(isValueBatched, structure, isFlag, { op, label: "isBatched from batch" });
      return leaves.map(settled);
    });
    if (own !== undefined) {
      const paths = own.structure.paths();
      outs.forEach((y, i) => checkOut(op, y, own.avals[i], flags[i] ? size : undefined, showPath(paths[i], "the value from batch")));
    }
    return [outs, flags];
  };
}

function checkClosedOver(op: string, isBatched: readonly boolean[], operands: readonly NDArray[]): void {
  const place = isBatched.indexOf(true);
  if (place < 0) return;
  throw new CustomRuleError({
    op,
    expected: "closed-over values that do not depend on the batch",
    received: `a batch of ${showAval(operands[place].aval)} that the function closes over`,
    remedy: "pass that value as an argument, so that the rule can see that it is batched",
  });
}

function checkOut(op: string, y: NDArray, example: NDArray["aval"], size: number | undefined, where: string): void {
  const expected = aval(size === undefined ? example.shape : [size, ...example.shape], example.dtype);
  if (sameType(expected, y.aval)) return;
  throw new CustomRuleError({
    op,
    expected: `${showAval(expected)} at ${where}, which ${size === undefined ? "does not carry" : "carries"} the batch`,
    received: showAval(y.aval),
    remedy: "return the function's result for each example, stacked along axis 0, and say with true what is stacked",
  });
}

/**
 * `f` with a form on a batch of the user's: under `vmap`, `batch` runs in its place. Forward mode differentiates the rule;
 * reverse mode takes the values from it, and batches the backward pass of `f` by itself (for more, give `f` a `customVjp`
 * inside). Called with the rule alone, it waits for the function. Like `jax.custom_batching.custom_vmap`.
 *
 * @throws OptionError without a rule. Under vmap: CustomRuleError or TreeError when what the rule returns does not fit.
 * @example
 * const total = customBatching((x: NDArray) => x.sum(), {
 *   batch: (axisSize, [isBatched], x) => [x.sum(-1), isBatched],
 * });
 * vmap(total)(np.ones([3, 4])); // [4, 4, 4]
 */
export function customBatching<F extends AnyFunction>(f: F, rule: CustomBatchingRule<Parameters<F>, ReturnType<F>>): Custom<F>;
export function customBatching<P extends readonly unknown[], R>(
  rule: CustomBatchingRule<P, R>,
): (f: (...args: P) => R) => Custom<(...args: P) => R>;
export function customBatching(f: AnyFunction | object, given?: unknown): unknown {
  if (given === undefined && isOptions(f)) {
    checkRule(f);
    return (g: AnyFunction) => withBatch(g, f);
  }
  checkFunction("customBatching", f);
  checkRule(given);
  return withBatch(f, given);
}

function withBatch(f: AnyFunction, rule: Rule): AnyFunction {
  checkFunction("customBatching", f);
  return withRule("customBatching", f, undefined, (context, operands, base) =>
    bindAll(customVmapCallP, operands, { ...base, batch: flatBatch(rule, context) }),
  );
}
