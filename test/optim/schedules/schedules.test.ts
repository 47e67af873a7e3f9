// Schedules: what holds for all of them, those that the reference values do not cover against their definitions, and misuse.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim, vmap } from "../../../src/index.js";
import { arrayOf, elements } from "../../ops/rules.js";

type Exports = typeof optim;
/** The names of all functions of `optim` that make a schedule. */
type Made<K extends keyof Exports> = Exports[K] extends (...args: never[]) => infer R ? R : never;
type ScheduleName = {
  [K in keyof Exports]: [Made<K>] extends [never] ? never : [Made<K>, optim.StepSchedule] extends [optim.StepSchedule, Made<K>] ? K : never;
}[keyof Exports];

const peak = { initValue: 0.02, peakValue: 0.1 };
const linear = optim.linearSchedule({ initValue: 1, endValue: 0.5, transitionSteps: 10 });
// In float64: of an int32 step alone NumPy makes float32.
const own: optim.Schedule = (step) => np.divide(1, step.astype("float64").add(1));

/** One of each; a schedule without a row does not compile. */
const table: Readonly<Record<ScheduleName, optim.StepSchedule>> = {
  constantSchedule: optim.constantSchedule(0.1),
  linearSchedule: linear,
  polynomialSchedule: optim.polynomialSchedule({ initValue: 1, endValue: 0.1, power: 1.5, transitionSteps: 20, transitionBegin: 3 }),
  warmupConstantSchedule: optim.warmupConstantSchedule({ ...peak, warmupSteps: 4 }),
  exponentialDecay: optim.exponentialDecay({ initValue: 1, transitionSteps: 3, decayRate: 0.9, endValue: 0.5 }),
  stepDecaySchedule: optim.stepDecaySchedule({ initValue: 1, stepSize: 4 }),
  multiStepDecaySchedule: optim.multiStepDecaySchedule({ initValue: 1, milestones: [9, 3], decayRate: 0.5 }),
  inverseSqrtSchedule: optim.inverseSqrtSchedule({ peakValue: 0.1, warmupSteps: 5 }),
  piecewiseConstantSchedule: optim.piecewiseConstantSchedule({ initValue: 1, boundariesAndScales: { 5: 0.5, 10: 0.1 } }),
  piecewiseInterpolateSchedule: optim.piecewiseInterpolateSchedule({
    interpolateType: "cosine",
    initValue: 1,
    boundariesAndScales: { 5: 0.5, 10: 0.1 },
  }),
  cosineDecaySchedule: optim.cosineDecaySchedule({ initValue: 1, decaySteps: 20, alpha: 0.1, exponent: 2 }),
  cosineAnnealingSchedule: optim.cosineAnnealingSchedule({ initValue: 1, halfPeriod: 7, endValue: 0.1 }),
  cosineWarmRestartsSchedule: optim.cosineWarmRestartsSchedule({ initValue: 1, decaySteps: 3, cycleFactor: 2 }),
  warmupCosineDecaySchedule: optim.warmupCosineDecaySchedule({ ...peak, warmupSteps: 4, decaySteps: 20, endValue: 0.01 }),
  warmupExponentialDecaySchedule: optim.warmupExponentialDecaySchedule({ ...peak, warmupSteps: 4, transitionSteps: 5, decayRate: 0.5 }),
  sgdrSchedule: optim.sgdrSchedule([
    { ...peak, warmupSteps: 2, decaySteps: 8 },
    { ...peak, warmupSteps: 0, decaySteps: 9 },
  ]),
  linearOnecycleSchedule: optim.linearOnecycleSchedule({ transitionSteps: 20, peakValue: 1 }),
  cosineOnecycleSchedule: optim.cosineOnecycleSchedule({ transitionSteps: 20, peakValue: 1 }),
  oneCycleSchedule: optim.oneCycleSchedule({ totalSteps: 20, peakValue: 1, threePhase: true }),
  oneCycleMomentumSchedule: optim.oneCycleMomentumSchedule({ totalSteps: 20 }),
  cyclicSchedule: optim.cyclicSchedule({ baseValue: 0.1, peakValue: 1, stepsUp: 3, stepsDown: 5, mode: "expRange", gamma: 0.9 }),
  joinSchedules: optim.joinSchedules([linear, own, 0.25], [4, 9]),
  addSchedules: optim.addSchedules(linear, own, 0.5),
  multiplySchedules: optim.multiplySchedules(linear, own),
  scaleSchedule: optim.scaleSchedule(own, 0.1),
  shiftSchedule: optim.shiftSchedule(own, 3),
  repeatSchedule: optim.repeatSchedule(own, 4),
  clampSchedule: optim.clampSchedule(own, { min: 0.2, max: 0.5 }),
  multiplicativeSchedule: optim.multiplicativeSchedule({
    initValue: 0.1,
    factor: (step) => np.divide(step.astype("float64"), step.add(1)),
  }),
};

const steps = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const valuesOf = (schedule: optim.StepSchedule, count: number): number[] => steps(count).map((i) => schedule(i).item());
const ints = (xs: readonly number[]): NDArray => np.array([...xs], { dtype: "int32" });

function expectValues(schedule: optim.StepSchedule, value: (step: number) => number, count = 40): void {
  valuesOf(schedule, count).forEach((x, i) => expect(x, `step ${i}`).toBeCloseTo(value(i), 12));
}

describe("every schedule", () => {
  it.each(Object.entries(table))("%s gives the same for numbers, scalars, arrays of steps, compiled and batched", (_, schedule) => {
    const at = ints(steps(24));
    const each = valuesOf(schedule, 24);
    expect(schedule(3).aval).toMatchObject({ shape: [], dtype: "float64" });
    const compiled = jit((step: NDArray) => schedule(step));
    const ways = [
      elements(schedule(at)),
      elements(schedule(at.astype("float64"))),
      elements(vmap((step: NDArray) => schedule(step))(at)),
      elements(jit(vmap((step: NDArray) => schedule(step)))(at)),
      steps(24).map((i) => compiled(ints([i]).reshape([])).item()),
    ];
    for (const way of ways) way.forEach((x, i) => expect(x).toBeCloseTo(each[i], 13));
    expect(each.every(Number.isFinite)).toBe(true);
  });

  it.each(Object.entries(table))("%s is applied by an optimizer to the last bit, and leaves float32 weights float32", (_, schedule) => {
    const optimizer = optim.sgd({ learningRate: schedule });
    let state = optimizer.init(np.ones([2]));
    for (let i = 0; i < 3; i++) {
      const [updates, next] = optimizer.update(np.ones([2]), state);
      state = next;
      expect(updates.dtype).toBe("float32");
      expect(elements(updates)[0]).toBe(-Math.fround(schedule(i).item()));
      expect(optim.appliedHyperparams(state)["learningRate"].item()).toBe(schedule(i).item());
    }
  });
});

describe("definitions", () => {
  it("one cycle, with three phases and linear, against PyTorch's rule", () => {
    const [total, max, start, end] = [30, 0.5, 0.02, 0.02 / 1e4];
    const top = 0.3 * total - 1;
    const phases: readonly (readonly [number, number, number, number])[] = [
      [0, top, start, max],
      [top, 2 * top, max, start],
      [2 * top, total - 1, start, end],
    ];
    for (const interpolate of ["linear", "cosine"] as const) {
      expectValues(
        optim.oneCycleSchedule({ totalSteps: total, peakValue: max, threePhase: true, interpolate }),
        (t) => {
          const [from, to, a, b] = phases.find(([, to], i) => t <= to || i === 2) ?? phases[2];
          const share = (t - from) / (to - from);
          return interpolate === "linear" ? a + (b - a) * share : b + ((a - b) / 2) * (1 + Math.cos(Math.PI * share));
        },
        total,
      );
    }
    const momentum = optim.oneCycleMomentumSchedule({ totalSteps: 60 });
    expect([0, 17, 59, 80].map((t) => momentum(t).item())).toEqual([0.95, 0.85, 0.95, 0.95].map((x) => expect.closeTo(x, 12)));
    expect(optim.oneCycleSchedule({ totalSteps: 30, peakValue: 0.5 })(500).item()).toBeCloseTo(end, 12);
  });

  it.each([1, 2, 1.5, 3])("warm restarts count cycles of growing length: factor %f", (factor) => {
    const schedule = optim.cosineWarmRestartsSchedule({ initValue: 1, decaySteps: 5, cycleFactor: factor, endValue: 0.1 });
    let [start, length] = [0, 5];
    expectValues(
      schedule,
      (t) => {
        while (t >= start + length) [start, length] = [start + length, length * factor];
        return 0.1 + 0.45 * (1 + Math.cos((Math.PI * (t - start)) / length));
      },
      420,
    );
  });

  it("restarts fall on their steps far out", () => {
    const doubling = optim.cosineWarmRestartsSchedule({ initValue: 1, decaySteps: 3, cycleFactor: 2 });
    for (let n = 1; n < 28; n++) {
      expect(doubling(3 * (2 ** n - 1)).item(), `restart ${n}`).toBe(1);
      expect(doubling(3 * (2 ** n - 1) - 1).item()).toBeLessThan(0.26);
    }
  });

  it("cyclic values of all modes against PyTorch's rule", () => {
    for (const mode of ["triangular", "triangular2", "expRange"] as const) {
      const schedule = optim.cyclicSchedule({ baseValue: 0.01, peakValue: 0.1, stepsUp: 3, stepsDown: 7, mode, gamma: 0.97 });
      expectValues(schedule, (t) => {
        const cycle = Math.floor(1 + t / 10);
        const x = 1 + t / 10 - cycle;
        const height = x <= 0.3 ? x / 0.3 : (x - 1) / (0.3 - 1);
        const scale = { triangular: 1, triangular2: 2 ** (1 - cycle), expRange: 0.97 ** t }[mode];
        return 0.01 + 0.09 * height * scale;
      });
    }
    const momentum = optim.cyclicSchedule({ baseValue: 0.9, peakValue: 0.8, stepsUp: 4 });
    expect([0, 4, 8].map((t) => momentum(t).item())).toEqual([0.9, 0.8, 0.9]);
  });

  it("the inverse square root, with and without a rise", () => {
    expectValues(optim.inverseSqrtSchedule({ peakValue: 2, warmupSteps: 9 }), (t) => (t < 9 ? (2 * t) / 9 : 2 * Math.sqrt(9 / t)));
    expectValues(optim.inverseSqrtSchedule({ peakValue: 2, warmupSteps: 9, initValue: 2 }), (t) => 2 * Math.sqrt(9 / Math.max(t, 9)));
  });

  it("combinators", () => {
    const inverse = (t: number): number => 1 / (t + 1);
    expectValues(table.joinSchedules, (t) => (t < 4 ? 1 - t / 20 : t < 9 ? inverse(t - 4) : 0.25));
    expectValues(table.addSchedules, (t) => 1 - Math.min(t, 10) / 20 + inverse(t) + 0.5);
    expectValues(table.multiplySchedules, (t) => (1 - Math.min(t, 10) / 20) * inverse(t));
    expectValues(table.scaleSchedule, (t) => 0.1 * inverse(t));
    expectValues(table.shiftSchedule, (t) => inverse(Math.max(0, t - 3)));
    expectValues(optim.shiftSchedule(own, -2), (t) => inverse(t + 2));
    expectValues(table.repeatSchedule, (t) => inverse(t % 4));
    expectValues(table.clampSchedule, (t) => Math.min(0.5, Math.max(0.2, inverse(t))));
    expectValues(table.multiplicativeSchedule, (t) => 0.1 * inverse(t));
    expectValues(
      optim.multiplySchedules(optim.stepDecaySchedule({ initValue: 1, stepSize: 3 }), 0.5),
      (t) => 0.5 * 0.1 ** Math.floor(t / 3),
    );
  });

  it("a rise of no steps begins at the peak", () => {
    expectValues(optim.warmupConstantSchedule({ ...peak, warmupSteps: 0 }), () => 0.1);
    expect(
      optim
        .warmupCosineDecaySchedule({ ...peak, warmupSteps: 0, decaySteps: 10 })(0)
        .item(),
    ).toBe(0.1);
    expectValues(optim.warmupCosineDecaySchedule({ initValue: 0, peakValue: 0, warmupSteps: 2, decaySteps: 10 }), () => 0);
  });

  it("steps before the beginning have the first value", () => {
    const first = [
      table.linearSchedule,
      table.polynomialSchedule,
      table.exponentialDecay,
      table.cosineDecaySchedule,
      table.cosineWarmRestartsSchedule,
    ];
    for (const schedule of first) expect(schedule(-5).item()).toBe(1);
  });

  it("values may be arrays, with derivatives and in batches", () => {
    const value = (init: NDArray, rate: NDArray): NDArray =>
      optim.exponentialDecay({ initValue: init, decayRate: rate, transitionSteps: 2 })(6);
    const [a, b] = [arrayOf("float64", [2], []), arrayOf("float64", [0.5], [])];
    const [dInit, dRate] = grad(value, { argnums: [0, 1] })(a, b);
    expect([value(a, b).item(), dInit.item(), dRate.item()]).toEqual([0.25, 0.125, 1.5].map((x) => expect.closeTo(x, 12)));
    const ends = vmap((end: NDArray) => optim.warmupCosineDecaySchedule({ ...peak, warmupSteps: 2, decaySteps: 6, endValue: end })(9));
    expect(elements(ends(arrayOf("float64", [0.5, 0.25])))).toEqual([0.5, 0.25].map((x) => expect.closeTo(x, 12)));
  });
});

describe("misuse", () => {
  const unknown = (options: object): never => options as never;
  it.each<[string, () => unknown, string]>([
    [
      "a missing value",
      () => optim.linearSchedule(unknown({ endValue: 0, transitionSteps: 5 })),
      "linearSchedule: expected initValue as a number or a scalar array, got nothing",
    ],
    ["NaN", () => optim.constantSchedule(NaN), "constantSchedule: expected one finite number as value, got NaN"],
    ["an array that is no scalar", () => optim.constantSchedule(np.ones([2])), "expected one finite number as value, got float32[2]"],
    [
      "a misspelt option",
      () => optim.cosineDecaySchedule(unknown({ initValue: 1, steps: 5 })),
      "cosineDecaySchedule: expected options among initValue, decaySteps, alpha, exponent, got steps",
    ],
    [
      "half a step",
      () => optim.stepDecaySchedule({ initValue: 1, stepSize: 0.5 }),
      "stepDecaySchedule: expected stepSize, an integer of at least 1, got 0.5",
    ],
    [
      "no steps",
      () => optim.linearSchedule({ initValue: 1, endValue: 0, transitionSteps: 0 }),
      "expected transitionSteps, an integer of at least 1, got 0",
    ],
    [
      "a negative rate",
      () => optim.exponentialDecay({ initValue: 1, transitionSteps: 1, decayRate: -1 }),
      "expected decayRate of at least 0, got -1",
    ],
    [
      "a decay within the warm-up",
      () => optim.warmupCosineDecaySchedule({ ...peak, warmupSteps: 5, decaySteps: 5 }),
      "expected decaySteps (they contain the warm-up), an integer of at least 6, got 5",
    ],
    [
      "boundaries that do not fit",
      () => optim.joinSchedules([0.1, 0.2], []),
      "joinSchedules: expected a list of schedules, and the steps at which the second and those after it begin, got 2 schedules and 0 boundaries",
    ],
    ["boundaries that fall", () => optim.joinSchedules([0.1, 0.2, 0.3], [5, 4]), "expected boundaries[1], an integer of at least 5, got 4"],
    ["no schedule", () => optim.scaleSchedule(unknown({}), 2), "scaleSchedule: expected schedule as a schedule or a number, got a object"],
    ["no cycles", () => optim.sgdrSchedule([]), "sgdrSchedule: expected a list of cycles, at least one, got an empty list"],
    [
      "a factor below 0",
      () => optim.piecewiseConstantSchedule({ initValue: 1, boundariesAndScales: { 5: -1 } }),
      "expected a factor of at least 0 at step 5, got -1",
    ],
    [
      "a boundary that is no step",
      () => optim.piecewiseConstantSchedule({ initValue: 1, boundariesAndScales: { 0.5: 1 } }),
      "expected a boundary, an integer of at least 0, got 0.5",
    ],
    [
      "an unknown interpolation",
      () => optim.piecewiseInterpolateSchedule(unknown({ initValue: 1, interpolateType: "cubic" })),
      `expected interpolateType "linear" or "cosine", got cubic`,
    ],
    [
      "an unknown mode",
      () => optim.cyclicSchedule(unknown({ baseValue: 0, peakValue: 1, mode: "square" })),
      "expected mode triangular, triangular2, expRange, got square",
    ],
    [
      "phases without steps",
      () => optim.oneCycleSchedule({ totalSteps: 20, peakValue: 1, pctStart: 0.6, threePhase: true }),
      "expected pctStart that leaves every phase steps of its own, of 20, got 0.6",
    ],
    [
      "cycles that shrink",
      () => optim.cosineWarmRestartsSchedule({ initValue: 1, decaySteps: 5, cycleFactor: 0.5 }),
      "expected cycleFactor of at least 1, got 0.5",
    ],
    [
      "limits the wrong way round",
      () => optim.clampSchedule(0.1, { min: 2, max: 1 }),
      "clampSchedule: expected min, or max, or a min that is not above max, got min 2 and max 1",
    ],
    ["nothing to add", () => optim.addSchedules(), "addSchedules: expected schedules, at least one, got none"],
    [
      "milestones that are no list",
      () => optim.multiStepDecaySchedule(unknown({ initValue: 1, milestones: 5 })),
      "expected milestones as a list of steps, got 5",
    ],
  ])("%s is refused", (_, make, message) => {
    expect(make).toThrow(message);
  });
});
