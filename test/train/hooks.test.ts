// Hooks: when they are due, what they see of each other, what they say, and that their memory survives an interruption.

import { describe, expect, test } from "vitest";
import { numpy as np, type NDArray, setDebug } from "../../src/index.js";
import * as train from "../../src/train/index.js";

interface State {
  readonly step: NDArray;
}
type Metrics = { readonly loss: NDArray };

const start: State = { step: np.array(0, { dtype: "int32" }) };
/** The loss of each step is the batch itself. */
const step: train.Step<State, number, Metrics> = (state, batch) => [{ step: state.step.add(1) }, { loss: np.array(batch) }];

const loaderOf = (losses: readonly number[], perEpoch: number): train.Loader<number> => ({
  perEpoch,
  *from(first) {
    for (let i = first; ; i++) yield losses[i];
  },
});

const run = (losses: readonly number[], hooks: readonly train.Hook<State, Metrics>[]) =>
  train.fit(start, losses, step, { hooks, steps: losses.length });

test("each is told every so many steps, or at the ends of epochs", async () => {
  const seen: number[][] = [[], []];
  const hooks = [
    train.each<State, Metrics>(2, (m) => void seen[0].push(m.step)),
    train.each<State, Metrics>("epoch", (m) => void seen[1].push(m.step)),
  ];
  await train.fit(start, loaderOf([1, 2, 3, 4, 5, 6, 7], 3), step, { steps: 7, hooks });
  expect(seen).toEqual([
    [2, 4, 6],
    [3, 6],
  ]);
  for (const every of [0, 1.5, -1])
    expect(() => train.each(every, () => undefined)).toThrow(`each: expected every: a number of steps from 1, or "epoch", got ${every}.`);
});

test("what is measured is seen by the hooks after it, in this step only; checkpoints come last", async () => {
  const seen: unknown[] = [];
  const last: train.Hook<State, Metrics> = {
    name: "last",
    last: true,
    start: () => ({ step: ({ measured, stop }) => void seen.push({ ...measured }, stop) }),
  };
  const first = train.evaluate<State>({ every: 2, run: async ({ step }) => ({ twice: step.mul(2) }) });
  const second = train.each<State, Metrics>(1, ({ measured }) => ({ measured: { more: (measured["twice"] ?? 0) + 1 } }));
  await run([1, 2, 3], [last, first, second]);
  expect(seen).toEqual([{ more: 1 }, undefined, { twice: 4, more: 5 }, undefined, { twice: 6, more: 7 }, undefined]);
});

test("what is measured has a name of its own, so that nobody takes one number for the other", async () => {
  const confusing = train.evaluate<State>({ every: 2, run: () => ({ loss: 1 }) });
  await expect(run([1, 2], [confusing])).rejects.toThrow(
    'fit: expected names of their own for what hooks measure, got "loss", which the step tells too.\n  call it "heldOut loss", for example.',
  );
});

describe("log", () => {
  test("writes means since the line before, and what was measured", async () => {
    const lines: string[] = [];
    const measure = train.evaluate<State>({ every: 2, run: () => ({ accuracy: 0.5 }) });
    await run(
      [1, 2, 3, 5, 1e-5],
      [measure, train.log({ every: 2, write: (line) => lines.push(line) }), train.log({ every: 5, write: (line) => lines.push(line) })],
    );
    expect(lines).toEqual([
      "step 2/5  loss 1.5000  accuracy 0.5000",
      "step 4/5  loss 4.0000  accuracy 0.5000",
      "step 5/5  loss 2.2000  accuracy 0.5000",
    ]);
  });

  test("counts epochs", async () => {
    const lines: string[] = [];
    const losses = Array.from({ length: 20 }, () => 0.0001);
    await train.fit(start, loaderOf(losses, 2), step, {
      epochs: 10,
      hooks: [train.log({ every: "epoch", write: (line) => lines.push(line) })],
    });
    expect([lines[0], lines[9]]).toEqual(["epoch  1/10  loss 1.000e-4", "epoch 10/10  loss 1.000e-4"]);
  });
});

describe("earlyStop", () => {
  test.each([
    { what: "the loss stands still", options: { metric: "loss", patience: 2 }, losses: [3, 2, 2, 2, 1], stops: 4 },
    {
      what: "it becomes better by too little",
      options: { metric: "loss", patience: 2, minDelta: 0.5 },
      losses: [3, 2.8, 2.6, 1],
      stops: 3,
    },
    { what: "it must grow and does not", options: { metric: "loss", patience: 1, mode: "max" as const }, losses: [1, 2, 1, 3], stops: 3 },
    { what: "it is NaN", options: { metric: "loss", patience: 2 }, losses: [NaN, NaN, 1], stops: 2 },
    { what: "never, while it becomes better now and then", options: { metric: "loss", patience: 2 }, losses: [3, 3, 2, 2, 1], stops: 5 },
    { what: "never, for a number that nobody measures", options: { metric: "other", patience: 1 }, losses: [1, 1, 1], stops: 3 },
  ])("when $what", async ({ options, losses, stops }) => {
    const result = await run(losses, [train.earlyStop(options)]);
    expect(result.step).toBe(stops);
    const why = stops === losses.length ? "all steps are done" : /^loss has not been better than [\w.-]+ for \d times$/;
    expect(result.reason).toMatch(why);
  });

  test("tells of the best state, by a measured number", async () => {
    const best: number[][] = [];
    const hooks = [
      train.evaluate<State>({ every: 1, run: ({ step }) => ({ distance: 10 - step.item() }) }),
      train.earlyStop<State>({ metric: "distance", patience: 1, onBest: ({ step }, value) => void best.push([step.item(), value]) }),
    ];
    await run([1, 1, 1], hooks);
    expect(best).toEqual([
      [1, 9],
      [2, 8],
      [3, 7],
    ]);
  });

  test("says so where nobody measured its number", async () => {
    const warned: string[] = [];
    const before = setDebug({ warn: (message) => void warned.push(message) });
    await run([3, 2, 1], [train.earlyStop({ metric: "los", patience: 1 })]).finally(() => setDebug(before));
    expect(warned).toEqual([expect.stringContaining("nothing in this run measured los; measure it by a hook before this one")]);
  });

  test("refuses to wait for nothing", () => {
    expect(() => train.earlyStop({ metric: "loss", patience: 0 })).toThrow(
      "earlyStop: expected a patience from 1 and a minDelta from 0, got 0 and 0.",
    );
  });
});

test("history has every number, and NaN where there was one", async () => {
  const history = train.history();
  await run([1, NaN, Infinity], [train.evaluate<State>({ every: 2, run: () => ({ accuracy: 1 }) }), history]);
  expect(history.rows).toEqual([
    { step: 1, values: { loss: 1 } },
    { step: 2, values: { loss: NaN, accuracy: 1 } },
    { step: 3, values: { loss: Infinity, accuracy: 1 } },
  ]);
});

test("history gives one number as a series, of the steps that have it", async () => {
  const history = train.history();
  await run([1, 2, 4, 8], [train.evaluate<State>({ every: 2, run: () => ({ accuracy: 0.5 }) }), history]);
  expect(history.series("accuracy")).toEqual([
    [2, 0.5],
    [4, 0.5],
  ]);
  expect(history.series("loss").map(([step]) => step)).toEqual([1, 2, 3, 4]);
  expect(history.series("toString")).toEqual([]);
});

test("memories make a resumed run stop where an uninterrupted one does, with the same history", async () => {
  const losses = [3, 2, 2.5, 2, 2.5, NaN, 2, 1];
  const plan = () => ({ history: train.history(), stop: train.earlyStop<State>({ metric: "loss", patience: 4 }) });
  const whole = plan();
  const ended = await run(losses, [whole.history, whole.stop]);
  expect(ended.step).toBe(6);
  for (const interruption of [1, 3, 5]) {
    let memories: Readonly<Record<string, train.Json>> = {};
    const keep: train.Hook<State, Metrics> = {
      name: "keep",
      last: true,
      start: () => ({
        step: (moment) => {
          memories = JSON.parse(JSON.stringify(moment.memories()));
        },
      }),
    };
    const first = plan();
    const { state } = await run(losses.slice(0, interruption), [first.history, first.stop, keep]);
    const second = plan();
    const resumed = await train.fit(state, losses.slice(interruption), step, { memories, hooks: [second.history, second.stop] });
    expect([resumed.step, resumed.reason]).toEqual([ended.step, ended.reason]);
    expect(second.history.rows).toEqual(whole.history.rows);
  }
});
