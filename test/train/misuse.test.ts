// What training says of hooks and functions that are none, where types have been bypassed, and of measurements that are no numbers.

import { describe, expect, test } from "vitest";
import { type NDArray, numpy as np, optim } from "../../src/index.js";
import { TypeMismatchError } from "../../src/core/errors.js";
import * as train from "../../src/train/index.js";

interface State {
  readonly step: NDArray;
}
type Metrics = { readonly loss: NDArray };
type Hook = train.Hook<State, Metrics>;

const start: State = { step: np.array(0, { dtype: "int32" }) };
const step: train.Step<State, number, Metrics> = (state, batch) => [{ step: state.step.add(1) }, { loss: np.array(batch) }];
const run = (...hooks: readonly unknown[]) => train.fit(start, [1, 2], step, { hooks: hooks as readonly Hook[], steps: 2 });

const none = 3 as unknown as never;

test.each([
  { says: "each: expected f, a function, got a number.", make: () => train.each(1, none) },
  { says: "evaluate: expected run, a function, got a number.", make: () => train.evaluate({ every: 1, run: none }) },
  { says: "log: expected write, a function, got a number.", make: () => train.log({ every: 1, write: none }) },
  {
    says: "earlyStop: expected onBest, a function, got a number.",
    make: () => train.earlyStop({ metric: "x", patience: 1, onBest: none }),
  },
  { says: "checkpoints: expected warn, a function, got a number.", make: () => train.checkpoints({ folder: "x", every: 1, warn: none }) },
  { says: "latestCheckpoint: expected warn, a function, got a number.", make: () => train.latestCheckpoint("x", start, { warn: none }) },
  { says: "makeStep: expected loss, a function, got a number.", make: () => train.makeStep(none, optim.sgd({ learningRate: 1 })) },
  {
    says: "makeStep: expected nextExtra, a function, got a number.",
    make: () => train.makeStep((w: NDArray) => w, optim.sgd({ learningRate: 1 }), { nextExtra: none }),
  },
  {
    says: "evaluate: expected an options object with names among every, run, got nothing.",
    make: () => train.evaluate(undefined as never),
  },
  { says: "log: expected an options object with names among every, write, got nothing.", make: () => train.log(undefined as never) },
])("$says", ({ says, make }) => {
  expect(make).toThrow(says);
});

describe("fit", () => {
  test("asks for a call of what makes a hook", async () => {
    await expect(run(train.log({ every: 2, write: () => undefined }), train.history)).rejects.toThrow(
      "fit: expected hook 2, a hook with start, got the function history.\n  call it: history({ … }) gives a hook.",
    );
  });

  test("refuses hooks that are none", async () => {
    await expect(run(undefined)).rejects.toThrow(
      "fit: expected hook 1, a hook with start, got nothing.\n  pass what train.log({ … }) and the like give.",
    );
    const single = train.history() as unknown as readonly Hook[];
    await expect(train.fit(start, [1], step, { hooks: single })).rejects.toThrow("fit: expected a list of hooks, got an object.");
    await expect(run({ name: "idle", start: () => undefined })).rejects.toThrow(
      "fit: expected what idle starts, a hook at work with step, got nothing.",
    );
  });
});

describe("evaluate", () => {
  const measuring = (measured: unknown) => run(train.evaluate<State>({ every: 1, run: () => measured as Record<string, NDArray> }));

  test("names what is no single number", async () => {
    await expect(measuring({ accuracy: 1, perClass: np.ones([3]) })).rejects.toThrow(TypeMismatchError);
    await expect(measuring({ accuracy: 1, perClass: np.ones([3]) })).rejects.toThrow(
      "evaluate: expected run to give a number, or an array of one element, for each name, got an array float32[3] as perClass.\n" +
        "  reduce what is measured to one number: { accuracy: right.mean() }.",
    );
    await expect(measuring({ accuracy: "high" })).rejects.toThrow("got a string as accuracy.");
  });

  test("refuses what has no names", async () => {
    await expect(measuring(undefined)).rejects.toThrow("got undefined.");
    await expect(measuring(np.array(1))).rejects.toThrow("got an array float32[].");
    await expect(measuring([1])).rejects.toThrow("got a JavaScript list.");
  });

  test("takes numbers, and arrays of one element", async () => {
    const history = train.history();
    await run(train.evaluate<State>({ every: 1, run: () => ({ a: 1, b: np.array([2]), c: true }) }), history);
    expect(history.rows[0].values).toMatchObject({ a: 1, b: 2, c: 1 });
  });
});
