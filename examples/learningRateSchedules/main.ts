// Learning-rate schedules, printed as a table and drawn without any training: a schedule is a pure function from a step to a value, so
// it can be called with a number, mapped over all steps at once, compiled, and joined with others. In an optimizer the state tells which
// rate was really applied. The schedules are Optax's; PyTorch's have their equivalents here (StepLR, OneCycleLR, …).
//
//   npx tsx examples/learningRateSchedules/main.ts [--steps 100] [--out DIR]
//
// Expected: compiled values are those of single steps, and the rates that an optimizer applies, to 1e-12 of the peak; cosine decay is
// at half of its first value half way (Loshchilov and Hutter 2017, eq. 5), warm-up at its peak where it ends. In 1 s.

import { type NDArray, jit, numpy as np, optim } from "cotangent";
import { type Result, program } from "../shared/program.js";

const PEAK = 0.1;

/** One of each family, over as many steps. */
const schedulesOf = (steps: number) => ({
  linear: optim.linearSchedule({ initValue: PEAK, endValue: 0, transitionSteps: steps }),
  exponential: optim.exponentialDecay({ initValue: PEAK, decayRate: 0.5, transitionSteps: steps / 5 }),
  step: optim.stepDecaySchedule({ initValue: PEAK, stepSize: steps / 5, decayRate: 0.5 }),
  cosine: optim.cosineDecaySchedule({ initValue: PEAK, decaySteps: steps }),
  restarts: optim.cosineWarmRestartsSchedule({ initValue: PEAK, decaySteps: steps / 5, cycleFactor: 2 }),
  warmup: optim.warmupCosineDecaySchedule({ initValue: 0, peakValue: PEAK, warmupSteps: steps / 5, decaySteps: steps }),
  oneCycle: optim.cosineOnecycleSchedule({ transitionSteps: steps, peakValue: PEAK }),
  inverseSqrt: optim.inverseSqrtSchedule({ peakValue: PEAK, warmupSteps: steps / 10 }),
});

/** Any function from a step to a value is a schedule: here a triangle that stays for a while. */
const ownSchedule = (steps: number): optim.Schedule =>
  optim.joinSchedules(
    [
      optim.linearSchedule({ initValue: 0, endValue: PEAK, transitionSteps: steps / 5 }),
      optim.constantSchedule(PEAK),
      (step: NDArray) => np.maximum(0, np.subtract(1, step.div(steps / 5))).mul(PEAK),
    ],
    [steps / 5, (4 * steps) / 5],
  );

function printTable(columns: Readonly<Record<string, readonly number[]>>, steps: number): void {
  const names = Object.keys(columns);
  console.log(`step  ${names.map((name) => name.padStart(13)).join("")}`);
  for (let step = 0; step <= steps; step += steps / 10) {
    console.log(`${String(step).padStart(4)}  ${names.map((name) => columns[name][step].toFixed(5).padStart(13)).join("")}`);
  }
}

/** The rates that gradient descent with this schedule applies, step by step, as its state tells them. */
function appliedRates(schedule: optim.Schedule, steps: number): number[] {
  const optimizer = optim.sgd<NDArray>({ learningRate: schedule });
  const step = jit((state: optim.StateOf<typeof optimizer>) => optimizer.update(np.array(1), state)[1]);
  let state = optimizer.init(np.array(0));
  return Array.from({ length: steps + 1 }, () => {
    state = step(state);
    return optim.appliedHyperparams(state).learningRate.item();
  });
}

export async function run({ steps }: { readonly steps: number }): Promise<Result> {
  const schedules = { ...schedulesOf(steps), own: ownSchedule(steps) };
  const names = Object.keys(schedules) as (keyof typeof schedules)[];
  const all = np.arange(steps + 1, { dtype: "int32" });
  const numbers = [...all.toTypedArray()];
  const valuesOf = (name: keyof typeof schedules): number[] =>
    numbers.map((n) => np.array(schedules[name](np.array(n, { dtype: "int32" }))).item());
  const columns = Object.fromEntries(names.map((name) => [name, valuesOf(name)]));
  printTable(columns, steps);

  const farthest = (found: (name: keyof typeof schedules) => ArrayLike<number>): number =>
    Math.max(...names.flatMap((name) => Array.from(found(name), (x, i) => Math.abs(x - columns[name][i]) / PEAK)));
  return {
    figures: [
      {
        name: "compiled over all steps at once, from one by one",
        value: farthest((name) => jit(schedules[name])(all).toTypedArray()),
        atMost: 1e-12,
      },
      {
        name: "applied by an optimizer, from the schedule",
        value: farthest((name) => appliedRates(schedules[name], steps)),
        atMost: 1e-12,
      },
      {
        name: "cosine decay half way, by its first value",
        value: columns["cosine"][steps / 2] / PEAK,
        atLeast: 0.5 - 1e-9,
        atMost: 0.5 + 1e-9,
      },
      { name: "warm-up where it ends, by its peak", value: columns["warmup"][steps / 5] / PEAK, atLeast: 1 - 1e-9, atMost: 1 + 1e-9 },
    ],
    pictures: {
      "schedules.svg": await optim.plotSchedule(schedules, {
        steps: steps + 1,
        width: 960,
        height: 480,
        title: "Learning-rate schedules",
        label: "learning rate",
      }),
    },
  };
}

await program(import.meta.url, { steps: 100 }, run);
