// What computes the cases of schedules.json: Optax's names as they are, PyTorch's schedulers by their equivalents.

import * as optim from "../../src/optim/index.js";
import type { Attrs } from "./attrs.js";
import type { Schedules } from "./schedules.js";

/** The attributes that are there, under the names that Optax's and ours share. */
const optionsOf = <Names extends string>(attrs: Attrs, names: readonly Names[]): Record<Names, number> =>
  Object.fromEntries(names.filter((name) => attrs.has(name)).map((name) => [name, attrs.number(name)])) as Record<Names, number>;

const decay = ["initValue", "transitionSteps", "decayRate", "transitionBegin", "endValue"] as const;
const cycle = { initValue: 0, peakValue: 0.1, warmupSteps: 3, decaySteps: 20 };

export const optaxSchedules: Schedules = {
  constantSchedule: (attrs) => optim.constantSchedule(attrs.number("value")),
  polynomialSchedule: (attrs) =>
    optim.polynomialSchedule(optionsOf(attrs, ["initValue", "endValue", "power", "transitionSteps", "transitionBegin"])),
  linearSchedule: (attrs) => optim.linearSchedule(optionsOf(attrs, ["initValue", "endValue", "transitionSteps", "transitionBegin"])),
  exponentialDecay: (attrs) => optim.exponentialDecay({ ...optionsOf(attrs, decay), staircase: attrs.booleanOr("staircase", false) }),
  cosineDecaySchedule: (attrs) => optim.cosineDecaySchedule(optionsOf(attrs, ["initValue", "decaySteps", "alpha", "exponent"])),
  warmupCosineDecaySchedule: (attrs) =>
    optim.warmupCosineDecaySchedule(optionsOf(attrs, ["initValue", "peakValue", "warmupSteps", "decaySteps", "endValue", "exponent"])),
  warmupExponentialDecaySchedule: (attrs) =>
    optim.warmupExponentialDecaySchedule({
      ...optionsOf(attrs, [...decay, "peakValue", "warmupSteps"]),
      staircase: attrs.booleanOr("staircase", false),
    }),
  warmupConstantSchedule: (attrs) => optim.warmupConstantSchedule(optionsOf(attrs, ["initValue", "peakValue", "warmupSteps"])),
  piecewiseConstantSchedule: (attrs) =>
    optim.piecewiseConstantSchedule({
      initValue: attrs.number("initValue"),
      boundariesAndScales: attrs.numbersByKey("boundariesAndScales"),
    }),
  piecewiseInterpolateSchedule: (attrs) =>
    optim.piecewiseInterpolateSchedule({
      interpolateType: attrs.string("interpolateType") as optim.Interpolation,
      initValue: attrs.number("initValue"),
      boundariesAndScales: attrs.numbersByKey("boundariesAndScales"),
    }),
  linearOnecycleSchedule: (attrs) =>
    optim.linearOnecycleSchedule(optionsOf(attrs, ["transitionSteps", "peakValue", "pctStart", "pctFinal", "divFactor", "finalDivFactor"])),
  cosineOnecycleSchedule: (attrs) =>
    optim.cosineOnecycleSchedule(optionsOf(attrs, ["transitionSteps", "peakValue", "pctStart", "divFactor", "finalDivFactor"])),
  // The file does not say what these two are made of; these parts give its values.
  joinSchedules: () =>
    optim.joinSchedules(
      [
        optim.linearSchedule({ initValue: 0, endValue: 0.1, transitionSteps: 10 }),
        optim.cosineDecaySchedule({ initValue: 0.1, decaySteps: 30 }),
      ],
      [10],
    ),
  sgdrSchedule: () => optim.sgdrSchedule([cycle, { ...cycle, peakValue: 0.05, decaySteps: 30 }]),
};

const cyclicModes: Readonly<Record<string, optim.CyclicMode>> = {
  triangular: "triangular",
  triangular2: "triangular2",
  exp_range: "expRange",
};

const plateauOptions = (attrs: Attrs, rate: number): optim.ReduceOnPlateauOptions => {
  const threshold = attrs.numberOr("threshold", 1e-4);
  const relative = !attrs.has("threshold_mode") || attrs.string("threshold_mode") === "rel";
  return {
    factor: attrs.numberOr("factor", 0.1),
    patience: attrs.numberOr("patience", 10) + 1,
    cooldown: attrs.numberOr("cooldown", 0),
    minScale: attrs.numberOr("min_lr", 0) / rate,
    rtol: relative ? threshold : 0,
    atol: relative ? 0 : threshold,
    mode: attrs.has("mode") && attrs.string("mode") === "max" ? "max" : "min",
  };
};

export const torchSchedules: Schedules = {
  StepLR: (attrs, rate) =>
    optim.stepDecaySchedule({ initValue: rate, stepSize: attrs.number("step_size"), decayRate: attrs.numberOr("gamma", 0.1) }),
  MultiStepLR: (attrs, rate) =>
    optim.multiStepDecaySchedule({ initValue: rate, milestones: attrs.numbers("milestones"), decayRate: attrs.numberOr("gamma", 0.1) }),
  ExponentialLR: (attrs, rate) => optim.exponentialDecay({ initValue: rate, transitionSteps: 1, decayRate: attrs.number("gamma") }),
  CosineAnnealingLR: (attrs, rate) =>
    optim.cosineAnnealingSchedule({ initValue: rate, halfPeriod: attrs.number("T_max"), endValue: attrs.numberOr("eta_min", 0) }),
  CosineAnnealingWarmRestarts: (attrs, rate) =>
    optim.cosineWarmRestartsSchedule({
      initValue: rate,
      decaySteps: attrs.number("T_0"),
      cycleFactor: attrs.numberOr("T_mult", 1),
      endValue: attrs.numberOr("eta_min", 0),
    }),
  LinearLR: (attrs, rate) =>
    optim.linearSchedule({
      initValue: rate * attrs.numberOr("start_factor", 1 / 3),
      endValue: rate * attrs.numberOr("end_factor", 1),
      transitionSteps: attrs.numberOr("total_iters", 5),
    }),
  ConstantLR: (attrs, rate) => {
    const factor = attrs.numberOr("factor", 1 / 3);
    const boundariesAndScales = { [attrs.numberOr("total_iters", 5)]: 1 / factor };
    return optim.piecewiseConstantSchedule({ initValue: rate * factor, boundariesAndScales });
  },
  PolynomialLR: (attrs, rate) =>
    optim.polynomialSchedule({
      initValue: rate,
      endValue: 0,
      power: attrs.numberOr("power", 1),
      transitionSteps: attrs.numberOr("total_iters", 5),
    }),
  OneCycleLR: (attrs) =>
    optim.oneCycleSchedule({
      peakValue: attrs.number("max_lr"),
      totalSteps: attrs.number("total_steps"),
      pctStart: attrs.numberOr("pct_start", 0.3),
      divFactor: attrs.numberOr("div_factor", 25),
      finalDivFactor: attrs.numberOr("final_div_factor", 1e4),
      threePhase: attrs.booleanOr("three_phase", false),
      interpolate: attrs.has("anneal_strategy") && attrs.string("anneal_strategy") === "linear" ? "linear" : "cosine",
    }),
  CyclicLR: (attrs) => {
    const stepsUp = attrs.numberOr("step_size_up", 2000);
    return optim.cyclicSchedule({
      baseValue: attrs.number("base_lr"),
      peakValue: attrs.number("max_lr"),
      stepsUp,
      stepsDown: attrs.numberOr("step_size_down", stepsUp),
      mode: cyclicModes[attrs.has("mode") ? attrs.string("mode") : "triangular"],
      gamma: attrs.numberOr("gamma", 1),
    });
  },
  ReduceLROnPlateau: (attrs, rate) => {
    const rule = optim.reduceOnPlateau(plateauOptions(attrs, rate));
    return { rate, init: () => rule.init([]), next: (state, value) => rule.update([], state, [], { value })[1] };
  },
};
