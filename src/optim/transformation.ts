// Gradient transformations: pure pairs of `init` (parameters → state) and `update` (gradients and state → updates and the
// next state), over trees of arrays. A state is a plain tree of arrays, so it can be jitted, donated, saved and batched.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { sameShape } from "../core/shape.js";
import { captureFarSource, surroundedBy } from "../core/source.js";
import { currentTrace } from "../core/trace.js";
import { promote } from "../numpy/promote.js";
import { add, min } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { full, zerosLike } from "../ops/layout.js";
import { checkFits, checkFloating, located } from "./fitting.js";
import { checkTransformation } from "./requirements.js";
import { showPath, treeFlatten, treeMapArrays } from "../tree/index.js";

/**
 * What a transformation may be told beside gradients and parameters; `chain` hands it to each of its parts. The names here
 * are those that the library's own transformations read; others may be added for one's own.
 */
export interface Extras<Params = unknown> {
  /** The loss at the parameters. */
  readonly value?: ArrayLike;
  /** The loss's own gradient, where the gradients that come have been changed. */
  readonly grad?: Params;
  /** A key for noise. */
  readonly key?: NDArray;
  /** The loss elsewhere, for line searches. */
  valueFn?(params: Params): NDArray;
  /** The loss's gradient elsewhere. */
  gradFn?(params: Params): Params;
  /** Both. */
  valueAndGradFn?(params: Params): readonly [value: NDArray, grad: Params];
  readonly [name: string]: unknown;
}

/** A pure pair: `init` makes the state for parameters, `update` makes updates of gradients, and the next state. */
export interface GradientTransformation<Params, State> {
  init(params: Params): State;
  update(grads: Params, state: State, params?: Params, extras?: Extras<Params>): readonly [updates: Params, state: State];
}

/** A transformation of trees of any type: the updates have the gradients' type. */
export interface TreeTransformation<State> extends GradientTransformation<unknown, State> {
  update<Grads>(grads: Grads, state: State, params?: Grads, extras?: Extras<Grads>): readonly [updates: Grads, state: State];
}

/**
 * What the library's functions return: a transformation of `Params`, or of any tree where no type is stated. State one,
 * as in `optim.adam<Params>(…)`, to look into the state with types.
 */
export type Transformation<Params, State> = unknown extends Params ? TreeTransformation<State> : GradientTransformation<Params, State>;

/** Any transformation, for type parameters: `T extends AnyTransformation`. */
export interface AnyTransformation {
  init(params: never): unknown;
  update(grads: never, state: never, params?: never, extras?: never): readonly [updates: unknown, state: unknown];
}

/** The state of an optimizer: `type State = optim.StateOf<typeof optimizer>`. */
export type StateOf<T> = T extends { init(params: never): infer State } ? State : never;

/** The parameters that a transformation takes; `unknown` where it takes every tree. */
export type ParamsOf<T> = T extends { init(params: infer Params): unknown } ? Params : never;

/** `init` and `update` as one writes them: `extras` is always there. */
export interface Rules<Params, State> {
  /** The name under which leaves that are no floating-point numbers are refused: where fractions are computed with. */
  readonly floating?: string | undefined;
  /** The tree in a state that has the parameters' structure and shapes, where there is one: gradients must fit it. */
  like?(state: State): unknown;
  init(params: Params): State;
  update(grads: Params, state: State, params: Params | undefined, extras: Extras<Params>): readonly [updates: Params, state: State];
}

/**
 * A transformation of its two functions. Before each update, gradients are held against the parameters, where they are given, and
 * against the tree that `like` finds in the state.
 *
 * @throws `update` throws TreeError or ShapeError that lists the paths at which gradients do not fit, with both sides.
 * @example
 * const halve = optim.transformation<NDArray, null>({ init: () => null, update: (grads, state) => [grads.mul(0.5), state] });
 */
export function transformation<Params = unknown, State = unknown>(rules: Rules<Params, State>): Transformation<Params, State>;
export function transformation(rules: Rules<unknown, unknown>): GradientTransformation<unknown, unknown> {
  checkTransformation("transformation", "rules", rules);
  return {
    init: (params) => {
      if (rules.floating !== undefined) checkFloating(rules.floating, params, "parameters");
      return rules.init(params);
    },
    update: (grads, state, params, extras) => {
      if (rules.floating !== undefined) checkFloating(rules.floating, grads, "gradients");
      checkFits(grads, state, params, rules.like);
      const update = (): readonly [updates: unknown, state: unknown] => rules.update(grads, state, params, extras ?? {});
      return currentTrace().records ? surroundedBy(captureFarSource(), update) : update();
    },
  };
}

/** Maps the leaves of a tree of arrays (and those of others like it) to arrays: its type stays. Errors of shape say where. */
export function mapLeaves<Params>(f: (leaf: NDArray, ...rest: NDArray[]) => NDArray, tree: Params, ...rest: readonly unknown[]): Params;
export function mapLeaves(f: (leaf: NDArray, ...rest: NDArray[]) => NDArray, tree: unknown, ...rest: readonly unknown[]): unknown {
  let place = -1;
  const named = (leaf: NDArray, ...others: NDArray[]): NDArray => {
    place++;
    try {
      return f(leaf, ...others);
    } catch (error) {
      throw located(error, tree, place);
    }
  };
  return treeMapArrays(named, tree, ...rest);
}

/** A tree of zeros like `tree`. */
export const zerosOf = <Params>(tree: Params): Params => mapLeaves(zerosLike, tree);

/** The number of a step before the first. */
export const noSteps = (): NDArray => full([], 0, "int32");

/** One step more; at the largest int32 it stays. */
export const oneMore = (count: NDArray): NDArray => add(min(count, 2 ** 31 - 2), 1);

/** Both in the dtype that holds both. */
function pair(p: NDArray, u: NDArray): [NDArray, NDArray] {
  const [a, b] = promote("applyUpdates", p, u);
  return [a, b];
}

/** Refuses an update of another shape than its parameter's (one number serves all elements), by the first place where that is so. */
function checkUpdates(params: unknown, updates: unknown): void {
  const shapes: (readonly [NDArray, NDArray])[] = [];
  mapLeaves((p, u) => (shapes.push([p, u]), p), params, updates);
  const wrong = shapes.findIndex(([p, u]) => u.ndim > 0 && !sameShape(p.shape, u.shape));
  if (wrong < 0) return;
  const [p, u] = shapes[wrong];
  throw new ShapeError({
    op: "applyUpdates",
    expected: `an update of the parameter's shape, ${showAval(p.aval)} at ${showPath(treeFlatten(params).structure.paths()[wrong], "params")}`,
    received: showAval(u.aval),
    remedy: "pass the updates that the optimizer made of these parameters' gradients",
  });
}

/**
 * The parameters after a step: `params + updates`, each in the parameter's dtype.
 *
 * @throws TreeError that lists the paths at which the two trees differ; ShapeError with the path of an update of another shape.
 * @example params = optim.applyUpdates(params, updates);
 */
export function applyUpdates<Params>(params: Params, updates: unknown): Params {
  checkUpdates(params, updates);
  return mapLeaves((p, u) => convertElementType(add(...pair(p, u)), p.dtype), params, updates);
}
