// Lookahead (Zhang et al. 2019): fast parameters explore, slow ones follow a part of the way every few steps.

import { type NDArray, kindOf } from "../core/array.js";
import { TypeMismatchError } from "../core/errors.js";
import { requireOptions } from "../core/options.js";
import { mul, sub } from "../ops/arithmetic.js";
import { ge } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { chooseTree, copyOf, treeOrZeros } from "./choose.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { checkCount, checkTransformation, requireParams } from "./requirements.js";
import { beside, complement } from "./scalars.js";
import { type Extras, type GradientTransformation, applyUpdates, mapLeaves, noSteps, oneMore } from "./transformation.js";

/** The two sets of parameters: the loss is taken at the fast ones; the slow ones are the result. */
export interface LookaheadParams<Params> {
  readonly fast: Params;
  readonly slow: Params;
}

export interface LookaheadState<State> {
  readonly fastState: State;
  /** Updates of the fast parameters since they were last set to the slow ones: int32. */
  readonly stepsSinceSync: NDArray;
  /** Rounds done: int32, what a schedule of the slow step's size reads. */
  readonly syncs: NDArray;
  /** What the last update applied. */
  readonly hyperparams: Applied<"slowStepSize">;
}

/** What `lookahead` makes: gradients of the fast parameters go in, updates of both come out. */
export interface Lookahead<Params, State> {
  init(params: LookaheadParams<Params>): LookaheadState<State>;
  update<Grads extends Params>(
    grads: Grads,
    state: LookaheadState<State>,
    params: LookaheadParams<Grads>,
    extras?: Extras<Grads>,
  ): readonly [updates: LookaheadParams<Grads>, state: LookaheadState<State>];
}

interface UntypedLookahead {
  init(params: LookaheadParams<unknown>): LookaheadState<unknown>;
  update(
    grads: unknown,
    state: LookaheadState<unknown>,
    params: LookaheadParams<unknown>,
    extras?: Extras,
  ): readonly [updates: LookaheadParams<unknown>, state: LookaheadState<unknown>];
}

export interface LookaheadOptions {
  /** Updates of the fast parameters for each of the slow ones. */
  readonly syncPeriod: number;
  /** The part of the way that the slow parameters go: 0 … 1. */
  readonly slowStepSize: Hyperparameter;
  /** Whether the fast optimizer forgets its state at each synchronisation; false by default. */
  readonly resetState?: boolean;
}

/**
 * Fast and slow parameters, both equal to `params`. They are different arrays, so that both may be donated.
 *
 * @throws TreeError for what can be no leaf.
 * @example const params = optim.lookaheadParams({ w: np.ones([2]) }); // { fast: { w }, slow: { w } }
 */
export const lookaheadParams = <Params>(params: Params): LookaheadParams<Params> => ({ fast: params, slow: copyOf(params) });

/** Refuses what are not two sets of parameters. */
function checkBoth(op: string, params: unknown): void {
  if (typeof params === "object" && params !== null && "fast" in params && "slow" in params) return;
  throw new TypeMismatchError({
    op,
    expected: "parameters { fast, slow }",
    received: kindOf(params),
    remedy: "make them with optim.lookaheadParams(params)",
  });
}

/**
 * `fast` on the fast parameters; every `syncPeriod` updates the slow ones go `slowStepSize` of the way to them, and the fast
 * ones go on from there. As `optax.lookahead`.
 *
 * @throws OptionError for an unknown option, a period that is no positive integer, or a step size outside of [0, 1];
 * TypeMismatchError for a `fast` that is no transformation, and for parameters that are not `{ fast, slow }`.
 * @example
 * const optimizer = optim.lookahead(optim.sgd({ learningRate: 0.1 }), { syncPeriod: 5, slowStepSize: 0.5 });
 * let params = optim.lookaheadParams({ w: np.ones([2]) });
 * const [updates, state] = optimizer.update(grad(loss)(params.fast), optimizer.init(params), params);
 * params = optim.applyUpdates(params, updates);
 */
export function lookahead<Params, State>(fast: GradientTransformation<Params, State>, options: LookaheadOptions): Lookahead<Params, State>;
export function lookahead(fast: GradientTransformation<unknown, unknown>, options: LookaheadOptions): UntypedLookahead {
  const op = "lookahead";
  checkTransformation(op, "fast", fast);
  requireOptions(op, options, ["syncPeriod", "slowStepSize", "resetState"]);
  const { syncPeriod, slowStepSize, resetState = false } = options;
  checkCount(op, "syncPeriod", syncPeriod);
  checkHyperparameter(op, "slowStepSize", slowStepSize, { from: 0, below: 1 + Number.EPSILON });
  const evaluate = hyperparameters(op, { slowStepSize });
  return {
    init: (params) => {
      checkBoth(op, params);
      return {
        fastState: fast.init(params.fast),
        stepsSinceSync: noSteps(),
        syncs: noSteps(),
        hyperparams: evaluate(noSteps()).applied,
      };
    },
    update: (grads, state, given, extras) => {
      const params = requireParams(op, given);
      checkBoth(op, params);
      const { values, applied } = evaluate(state.syncs);
      const [updates, fastState] = fast.update(grads, state.fastState, params.fast, extras);
      const steps = oneMore(state.stepsSinceSync);
      const syncs = ge(steps, syncPeriod);
      const ahead = mapLeaves((p, s) => sub(p, s), applyUpdates(params.fast, updates), params.slow);
      const [gained, lost] = [beside(values.slowStepSize), beside(complement(values.slowStepSize))];
      const slowUpdates = mapLeaves((d) => mul(d, gained(d)), ahead);
      const fastUpdates = mapLeaves((u, d) => sub(u, mul(d, lost(d))), updates, ahead);
      return [
        { fast: chooseTree(syncs, fastUpdates, updates), slow: treeOrZeros(syncs, slowUpdates) },
        {
          fastState: resetState ? chooseTree(syncs, fast.init(params.fast), fastState) : fastState,
          stepsSinceSync: select(syncs, 0, steps),
          syncs: select(syncs, oneMore(state.syncs), state.syncs),
          hyperparams: applied,
        },
      ];
    },
  };
}
