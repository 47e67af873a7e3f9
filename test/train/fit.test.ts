// Training as a fold: what a step is told, what fit does with batches, hooks and errors, and that an interrupted run ends with the
// bits of an uninterrupted one.

import { describe, expect, test } from "vitest";
import { grad, numpy as np, optim, random, type NDArray } from "../../src/index.js";
import * as train from "../../src/train/index.js";
import { type Batch, bitsOf, freshState, makeData, makeStep, type optimizer, type Params, predict } from "./model.js";

const quadratic = (w: NDArray, target: NDArray): NDArray => w.sub(target).square().sum();
const sgd = optim.sgd({ learningRate: 0.25 });

describe("makeStep", () => {
  test("is the optimizer's update of the loss's gradient", () => {
    const step = train.makeStep(quadratic, sgd);
    const state = train.initState(np.array([1, 2]), sgd, { key: random.key(1) });
    const target = np.array([0, 4]);
    const [next, metrics] = step(state, target);
    const by = grad(quadratic)(state.params, target).mul(-0.25);
    expect(next.params.toArray()).toEqual(state.params.add(by).toArray());
    expect(metrics.loss.item()).toBe(5);
    expect(metrics.aux).toBe(null);
    expect([next.step.item(), next.step.dtype, next.extra]).toEqual([1, "int32", null]);
    expect(next.key.toArray()).toEqual(random.key(1).toArray());
    expect(state.params.toArray()).toEqual([1, 2]);
  });

  test("hands on aux, and makes the next extra of it", () => {
    const step = train.makeStep((w: NDArray, x: NDArray) => [quadratic(w, x), { seen: x.sum() }] as const, sgd, {
      hasAux: true,
      nextExtra: (count: NDArray, { aux, params, step }) => count.add(aux.seen).add(params.sum().mul(0)).add(step),
    });
    const [next, { aux }] = step(train.initState(np.array([1, 2]), sgd, { extra: np.array(10) }), np.array([3, 4]));
    expect(aux.seen.item()).toBe(7);
    expect(next.extra.item()).toBe(18);
  });

  test("each step has a key of its own, drawn from the run's", () => {
    const drawn = train.makeStep((w: NDArray, _: NDArray, { key }) => [w.sum(), random.uniform(key, [])] as const, sgd, { hasAux: true });
    const draw = (seed: number): number[] => {
      let state = train.initState(np.array([1]), sgd, { key: random.key(seed) });
      return [0, 1, 2].map(() => {
        const [next, { aux }] = drawn(state, np.array(0));
        state = next;
        return aux.item();
      });
    };
    expect(new Set([...draw(1), ...draw(2)]).size).toBe(6);
    expect(draw(1)).toEqual(draw(1));
    expect(drawn.traces).toHaveLength(1);
  });

  test("gives the optimizer the loss, to be evaluated anywhere", () => {
    const halving: optim.GradientTransformation<NDArray, null> = {
      init: () => null,
      update: (grads, state, params, extras) => {
        if (params === undefined || extras?.valueFn === undefined || extras.gradFn === undefined) throw new Error("no extras");
        // A line search of one try: half a step where it is better than a whole one.
        const [whole, half] = [grads.mul(-1), grads.mul(-0.5)];
        const better = extras.valueFn(params.add(half)).less(extras.valueFn(params.add(whole)));
        return [np.where(better, half, whole).add(extras.gradFn(params).mul(0)), state];
      },
    };
    const [next] = train.makeStep(quadratic, halving)(train.initState(np.array([8]), halving), np.array([3]));
    expect(next.params.toArray()).toEqual([3]);
  });

  test("with donation the old state is gone, and says so", () => {
    const step = train.makeStep(quadratic, sgd, { donate: true });
    const state = train.initState(np.array([1, 2]), sgd);
    const [next] = step(state, np.array([0, 0]));
    expect(next.params.toArray()).toEqual([0.5, 1]);
    expect(() => state.params.toArray()).toThrow("donated to");
  });

  test("refuses options that do not exist", () => {
    // @ts-expect-error A misspelt option.
    expect(() => train.makeStep(quadratic, sgd, { hasaux: true })).toThrow(
      "makeStep: expected options among hasAux, donate, nextExtra, got hasaux.",
    );
    // @ts-expect-error A misspelt option.
    expect(() => train.initState(np.array([1]), sgd, { seed: 1 })).toThrow("initState: expected options among key, extra, got seed.");
  });
});

/** A state that only counts, and remembers what it was given. */
const counting = (): train.Step<{ step: NDArray; seen: number[] }, number, { loss: NDArray }> => (state, batch) => [
  { step: state.step.add(1), seen: [...state.seen, batch] },
  { loss: np.array(batch) },
];
const start = { step: np.array(0, { dtype: "int32" }), seen: [] as number[] };

describe("fit", () => {
  test("folds over lists, generators and asynchronous batches alike", async () => {
    const later = async function* () {
      for (const n of [1, 2, 3]) {
        await Promise.resolve();
        yield n;
      }
    };
    for (const batches of [[1, 2, 3], new Set([1, 2, 3]), later()]) {
      const result = await train.fit(start, batches, counting());
      expect([result.state.seen, result.step, result.reason]).toEqual([[1, 2, 3], 3, "there are no more batches"]);
    }
  });

  test("stops after so many steps, asks for no batch more, and closes the source", async () => {
    let asked = 0;
    let closed = false;
    const source = function* () {
      try {
        for (;;) yield ++asked;
      } finally {
        closed = true;
      }
    };
    const result = await train.fit(start, source(), counting(), { steps: 4 });
    expect([result.state.seen, result.reason, asked, closed]).toEqual([[1, 2, 3, 4], "all steps are done", 4, true]);
    const again = await train.fit(result.state, source(), counting(), { steps: 4 });
    expect([again.state, again.reason, asked]).toEqual([result.state, "all steps were done before", 4]);
  });

  test("a loader is asked from the state's own step on, for whole epochs", async () => {
    const loader: train.Loader<number> = {
      perEpoch: 3,
      *from(step) {
        for (let i = step; ; i++) yield i;
      },
    };
    const moments: unknown[] = [];
    const hooks = [train.each(1, ({ step, epoch, endsEpoch, total }) => void moments.push([step, epoch, endsEpoch, total]))];
    const result = await train.fit({ ...start, step: np.array(2, { dtype: "int32" }) }, loader, counting(), { epochs: 2, hooks });
    expect(result.state.seen).toEqual([2, 3, 4, 5]);
    expect(moments).toEqual([
      [3, 0, true, 6],
      [4, 1, false, 6],
      [5, 1, false, 6],
      [6, 1, true, 6],
    ]);
    expect((await train.fit(start, loader, counting(), { epochs: 9, steps: 2 })).state.seen).toEqual([0, 1]);
  });

  test("lets the event loop turn while it trains", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const slow: ReturnType<typeof counting> = (state, batch) => {
      const until = performance.now() + 30;
      while (performance.now() < until);
      return counting()(state, batch);
    };
    await train.fit(start, [1, 2, 3, 4, 5, 6], slow);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  test("errors of steps, batches and hooks come through, after hooks and batches have been closed", async () => {
    for (const place of ["step", "batch", "hook", "start"]) {
      const log: string[] = [];
      const source = function* () {
        try {
          yield 1;
          if (place === "batch") throw new Error("batch");
          yield 2;
        } finally {
          log.push("closed");
        }
      };
      const hook: train.Hook = { name: "a", start: () => ({ step: () => undefined, end: () => void log.push("ended") }) };
      const failing: train.Hook = {
        name: "b",
        start: () => {
          if (place === "start") throw new Error("start");
          return {
            step: ({ step }) => {
              if (place === "hook" && step === 2) throw new Error("hook");
            },
          };
        },
      };
      const step: ReturnType<typeof counting> = (state, batch) => {
        if (place === "step" && batch === 2) throw new Error("step");
        return counting()(state, batch);
      };
      await expect(train.fit(start, source(), step, { hooks: [hook, failing] })).rejects.toThrow(place);
      expect(log.toSorted(), place).toEqual(place === "start" ? ["ended"] : ["closed", "ended"]);
    }
  });

  test("refuses what makes no sense", async () => {
    const step = counting();
    await expect(train.fit(start, [1], step, { epochs: 2 })).rejects.toThrow(
      "fit: expected a loader where epochs are given, got other batches.",
    );
    await expect(train.fit(start, { perEpoch: 1, from: () => [1] }, step)).rejects.toThrow("fit: expected steps or epochs, got neither.");
    await expect(train.fit(start, [1], step, { steps: -1 })).rejects.toThrow("fit: expected steps: a whole number from 0, got -1.");
    // @ts-expect-error A misspelt option.
    await expect(train.fit(start, [1], step, { hook: [] })).rejects.toThrow("got hook.");
    const forgetful: typeof step = (state) => [state, { loss: np.array(0) }];
    await expect(train.fit(start, [1], forgetful)).rejects.toThrow("fit: expected a state whose step is 1 after the step, got 0.");
    // @ts-expect-error No batches.
    await expect(train.fit(start, 3, step)).rejects.toThrow("fit: expected a loader or an iterable of batches, got a number.");
    // @ts-expect-error No state.
    await expect(train.fit({ params: 1 }, [1], step)).rejects.toThrow(
      "fit: expected a state whose step is an int32 scalar, got undefined.",
    );
    // @ts-expect-error No step.
    await expect(train.fit(start, [1], undefined)).rejects.toThrow("fit: expected a step function, got undefined.");
    const two = [train.history(), train.history()];
    await expect(train.fit(start, [1], step, { hooks: two })).rejects.toThrow(
      "fit: expected hooks with names of their own, got two named history.",
    );
  });
});

describe("training", () => {
  test("learns", async () => {
    const data = makeData();
    const { state } = await train.fit(freshState(), data, makeStep(), { epochs: 30 });
    const all = { x: random.normal(random.key(2), [50, 2]) };
    const error = predict(state.params, all.x)
      .sub(np.sin(all.x.sum(1)))
      .square()
      .mean()
      .item();
    expect(error).toBeLessThan(0.1);
    expect(state.extra.item()).not.toBe(0);
  });

  test("an interrupted run ends with the bits of an uninterrupted one, wherever it stopped, with and without donation", async () => {
    const steps = { keeping: makeStep(), donating: makeStep(true) };
    const whole = await train.fit(freshState(), makeData(), steps.keeping, { steps: 20 });
    for (const [donate, stop] of [
      [false, 1],
      [false, 7],
      [true, 10],
      [true, 19],
    ] as const) {
      const step = donate ? steps.donating : steps.keeping;
      const first = await train.fit(freshState(), makeData(), step, { steps: stop });
      const second = await train.fit(first.state, makeData(), step, { steps: 20 });
      expect(bitsOf(second.state), `${stop}`).toEqual(bitsOf(whole.state));
    }
  });

  test("batches made ahead of time change no bit", async () => {
    const step = makeStep();
    const plain = await train.fit(freshState(), makeData(), step, { epochs: 2 });
    const ahead = await train.fit(freshState(), train.prefetch(makeData(), 3), step, { epochs: 2 });
    expect(bitsOf(ahead.state)).toEqual(bitsOf(plain.state));
  });

  test("types: hooks know the state and the metrics of the run", async () => {
    const seen: number[] = [];
    const hooks = (): train.FitOptions<ReturnType<typeof freshState>, train.StepMetrics<NDArray>>["hooks"] => [
      train.each(1, ({ metrics, state }) => void seen.push(metrics.aux.ndim + state.params.layers.length)),
    ];
    await train.fit(freshState(), makeData(), makeStep(), {
      steps: 1,
      hooks: [
        train.each(1, ({ metrics, state }) => void seen.push(metrics.aux.ndim + state.params.layers.length)),
        train.evaluate({ every: 1, run: ({ extra }) => ({ extra }) }),
        train.earlyStop({ metric: "extra", patience: 9, onBest: ({ params }) => void seen.push(params.layers.length) }),
        ...(hooks() ?? []),
      ],
    });
    expect(seen).toEqual([2, 2, 2]);
  });

  test("types: states, batches and metrics fit together", () => {
    const step = makeStep();
    const state: train.TrainState<Params, optim.StateOf<typeof optimizer>, NDArray> = freshState();
    const batch: Batch = makeData().at(0, 0);
    const [next, { aux }]: readonly [typeof state, train.StepMetrics<NDArray>] = step(state, batch);
    expect([next.params.layers.length, aux.ndim]).toEqual([2, 0]);
    // @ts-expect-error A batch without its targets.
    expect(() => step(state, { x: batch.x })).toThrow("expected an array, a number or a boolean, got undefined");
  });
});
