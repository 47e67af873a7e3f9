// Updates scaled down whenever a measure, given with each update, has stopped improving. The rule is that of
// `optax.contrib.reduce_on_plateau`; PyTorch's ReduceLROnPlateau is the same with `patience` one higher.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { requireOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, div, max, mul, sub } from "../ops/arithmetic.js";
import { bitAnd, bitNot } from "../ops/bitwise.js";
import { eq, ge, gt, lt } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { checkWithin } from "./checks.js";
import { int32 } from "./choose.js";
import type { Applied } from "./hyperparameters.js";
import { checkCount, requireExtra } from "./requirements.js";
import { beside } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface ReduceOnPlateauOptions {
  /** What the scale is multiplied by on a plateau; 0.1 by default. */
  readonly factor?: number;
  /** So many measures in a row without improvement make a plateau; 10 by default. PyTorch's patience is one less. */
  readonly patience?: number;
  /** What counts as an improvement: better than the best by this part of it; 1e-4 by default. */
  readonly rtol?: number;
  /** And by so much besides; 0 by default. PyTorch's `threshold_mode="abs"` is `rtol: 0` with this. */
  readonly atol?: number;
  /** So many measures after a reduction do not count; 0 by default. */
  readonly cooldown?: number;
  /** So many values are averaged into one measure; 1 by default. */
  readonly accumulationSize?: number;
  /** The scale never falls below this; 0 by default. PyTorch's `min_lr` is this times the learning rate. */
  readonly minScale?: number;
  /** Whether small values are good, or large ones; "min" by default. */
  readonly mode?: "min" | "max";
}

/** Scalars: float64 where they measure, int32 where they count. */
export interface ReduceOnPlateauState {
  /** What the last updates were multiplied by, as the next will be unless their value ends a plateau; before the first, 1. */
  readonly hyperparams: Applied<"plateauScale">;
  /** The best measure so far. */
  readonly bestValue: NDArray;
  /** Measures in a row without improvement. */
  readonly plateauCount: NDArray;
  /** Measures that shall not count yet. */
  readonly cooldownCount: NDArray;
  /** Values averaged so far, and their mean. */
  readonly count: NDArray;
  readonly avgValue: NDArray;
}

type Settings = Required<ReduceOnPlateauOptions>;

const names = ["factor", "patience", "rtol", "atol", "cooldown", "accumulationSize", "minScale", "mode"] as const;

function settingsOf(op: string, options: ReduceOnPlateauOptions): Settings {
  requireOptions(op, options, names);
  const { factor = 0.1, patience = 10, rtol = 1e-4, atol = 0, cooldown = 0, accumulationSize = 1, minScale = 0, mode = "min" } = options;
  if (!(typeof factor === "number" && factor > 0 && factor < 1)) {
    throw new OptionError({ op, expected: "factor between 0 and 1", received: String(factor), remedy: "pass 0.1 or 0.5" });
  }
  checkCount(op, "patience", patience);
  checkCount(op, "cooldown", cooldown, 0);
  checkCount(op, "accumulationSize", accumulationSize);
  checkWithin(op, "rtol", rtol, 0, 1);
  checkWithin(op, "atol", atol, 0, Infinity);
  checkWithin(op, "minScale", minScale, 0, Infinity);
  if (mode !== "min" && mode !== "max") {
    throw new OptionError({ op, expected: `mode "min" or "max"`, received: String(mode), remedy: "pass one of the two" });
  }
  return { factor, patience, rtol, atol, cooldown, accumulationSize, minScale, mode };
}

function measureOf(op: string, value: ArrayLike | undefined): NDArray {
  const given = asArray(requireExtra(op, "value", value), op);
  if (given.ndim === 0) return toDType(op, given, "float64");
  throw new ShapeError({ op, expected: "one number as value", received: showAval(given.aval), remedy: "pass its mean" });
}

/** Whether a measure is better than the best by the thresholds; NaN never is. */
const improves = (value: NDArray, best: NDArray, { rtol, atol, mode }: Settings): NDArray =>
  mode === "min" ? lt(value, sub(mul(best, 1 - rtol), atol)) : gt(value, add(mul(best, 1 + rtol), atol));

/** The state after a whole measure. */
function measured(state: ReduceOnPlateauState, settings: Settings): ReduceOnPlateauState {
  const { factor, patience, cooldown, minScale } = settings;
  const better = improves(state.avgValue, state.bestValue, settings);
  const cooling = gt(state.cooldownCount, 0);
  const scale = state.hyperparams.plateauScale;
  const waited = select(better, 0, oneMore(state.plateauCount));
  const reduces = bitAnd(ge(waited, patience), bitNot(cooling));
  // A scale that already lies below the least one stays.
  const reduced = select(lt(scale, minScale), scale, max(mul(scale, factor), minScale));
  return {
    hyperparams: { plateauScale: select(reduces, reduced, scale) },
    bestValue: select(better, state.avgValue, state.bestValue),
    plateauCount: select(cooling, 0, select(reduces, 0, waited)),
    cooldownCount: select(reduces, int32(cooldown), select(cooling, sub(state.cooldownCount, 1), state.cooldownCount)),
    count: noSteps(),
    avgValue: scalar(0, "float64"),
  };
}

/** The state after a value, which may be a part of a measure. */
function advanced(state: ReduceOnPlateauState, value: NDArray, settings: Settings): ReduceOnPlateauState {
  const count = add(state.count, 1);
  const before = mul(toDType("reduceOnPlateau", state.count, "float64"), state.avgValue);
  const averaged = { ...state, count, avgValue: div(add(before, value), toDType("reduceOnPlateau", count, "float64")) };
  const next = measured(averaged, settings);
  return settings.accumulationSize === 1 ? next : mapLeaves((x, y) => select(eq(count, settings.accumulationSize), x, y), next, averaged);
}

/**
 * Multiplies updates by a scale that is reduced when `value`, one of the extras of `update`, has stopped improving. Chain it after
 * an optimizer. As `optax.contrib.reduce_on_plateau`, whose rule is PyTorch's ReduceLROnPlateau.
 *
 * The scale is one of `appliedHyperparams`, as `plateauScale`. The value of an update decides on that very update. PyTorch's scheduler is stepped after the optimizer: there a value decides on
 * the next step. For a measure that is taken seldom, such as a validation loss, give the last one and let `accumulationSize` be the
 * number of updates between two.
 *
 * @throws OptionError for an unknown option or a number out of its range; TypeMismatchError when `update` gets no value; ShapeError for one that is no scalar.
 * @example
 * const optimizer = optim.chain(optim.adam({ learningRate: 1e-3 }), optim.reduceOnPlateau({ factor: 0.5, patience: 5 }));
 * const [updates, next] = optimizer.update(grads, state, params, { value: loss });
 */
export function reduceOnPlateau<Params = unknown>(options: ReduceOnPlateauOptions = {}): Transformation<Params, ReduceOnPlateauState> {
  const op = "reduceOnPlateau";
  const settings = settingsOf(op, options);
  return transformation<Params, ReduceOnPlateauState>({
    floating: op,
    init: () => ({
      hyperparams: { plateauScale: scalar(1, "float64") },
      bestValue: scalar(settings.mode === "min" ? Infinity : -Infinity, "float64"),
      plateauCount: noSteps(),
      cooldownCount: noSteps(),
      count: noSteps(),
      avgValue: scalar(0, "float64"),
    }),
    update: (grads, state, _, { value }) => {
      const next = advanced(state, measureOf(op, value), settings);
      const by = beside(next.hyperparams.plateauScale);
      return [mapLeaves((g) => mul(g, by(g)), grads), next];
    },
  });
}
