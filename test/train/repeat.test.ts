// Many steps in one call: the same as one by one, on stacked batches and on one, with what each step tells; and what it refuses.

import { describe, expect, test } from "vitest";
import { type NDArray, DonatedError, numpy as np, optim, random } from "../../src/index.js";
import { ShapeError } from "../../src/core/errors.js";
import * as train from "../../src/train/index.js";
import { treeLeavesWithPath, treeMap } from "../../src/tree/index.js";
import { elements } from "../ops/rules.js";
import { type Batch, freshState, makeData, makeStep } from "./model.js";

type State = ReturnType<typeof freshState>;

const batches = (count: number): Batch[] => Array.from({ length: count }, (_, i) => makeData().at(0, i));
const stacked = (list: readonly Batch[]): Batch => ({
  x: np.stack(list.map(({ x }) => x)),
  y: np.stack(list.map(({ y }) => y)),
});

function expectSameState(found: State, wanted: State): void {
  const others = new Map(treeLeavesWithPath(wanted).map(([path, leaf]) => [String(path), leaf]));
  for (const [path, leaf] of treeLeavesWithPath(found)) {
    const other = others.get(String(path));
    if (typeof leaf !== "object" || typeof other !== "object") throw new Error(`no array at ${String(path)}`);
    expect(leaf.dtype).toBe(other.dtype);
    expect(elements(leaf)).toEqual(elements(other).map((x) => expect.closeTo(x, 5)));
  }
}

describe("repeat", () => {
  test("does on stacked batches what the step does one by one, and stacks what it tells", () => {
    const [step, list] = [makeStep(), batches(5)];
    let state = freshState();
    const losses = list.map((batch) => {
      const [next, metrics] = step(state, batch);
      state = next;
      return metrics.loss.item();
    });
    const steps = train.repeat(makeStep());
    const [last, metrics] = steps(freshState(), stacked(list));
    expectSameState(last, state);
    expect(last.step.item()).toBe(5);
    expect(metrics.loss.shape).toEqual([5]);
    expect(elements(metrics.loss)).toEqual(losses.map((x) => expect.closeTo(x, 5)));
    expect(metrics.aux.shape).toEqual([5]);
    steps(last, stacked(list));
    expect(steps.traces).toHaveLength(1);
  });

  test("does so many steps on one batch, each with a key of its own", () => {
    const [step, [batch]] = [makeStep(), batches(1)];
    let state = freshState();
    for (let i = 0; i < 4; i++) [state] = step(state, batch);
    const [last, { loss }] = train.repeat(step, { steps: 4 })(freshState(), batch);
    expectSameState(last, state);
    expect(loss.shape).toEqual([4]);
    expect(new Set(elements(loss)).size).toBe(4);
  });

  test("goes on where steps one by one have stopped, and the other way round", () => {
    const [step, [batch]] = [makeStep(), batches(1)];
    const three = train.repeat(step, { steps: 3 });
    const [first] = three(step(freshState(), batch)[0], batch);
    const [second] = step(three(freshState(), batch)[0], batch);
    expectSameState(first, second);
  });

  test("may have the state's memory, also of a step that may", () => {
    const [batch] = batches(1);
    const copy = (): State => treeMap((leaf) => leaf.add(0), freshState());
    const wanted = train.repeat(makeStep(), { steps: 2 })(copy(), batch)[0];
    const given = copy();
    const [last] = train.repeat(makeStep(true), { steps: 2, donate: true })(given, batch);
    expectSameState(last, wanted);
    expect(() => given.params.layers[0].w.add(1).toArray()).toThrow(DonatedError);
    const kept = copy();
    train.repeat(makeStep(true), { steps: 2 })(kept, batch);
    expect(kept.params.layers[0].w.add(1).shape).toEqual([2, 16]);
  });

  test("refuses what makes no sense", () => {
    const step = makeStep();
    for (const steps of [0, 1.5, -1]) {
      expect(() => train.repeat(step, { steps })).toThrow(`repeat: expected steps, an integer of at least 1, got ${steps}.`);
    }
    expect(() => train.repeat(3 as never)).toThrow("repeat: expected step, a function, got a number.");
    // @ts-expect-error A misspelt option.
    expect(() => train.repeat(step, { step: 3 })).toThrow("repeat: expected options among steps, donate, got step.");
    const { x } = stacked(batches(2));
    const { y } = stacked(batches(3));
    expect(() => train.repeat(step)(freshState(), { x, y })).toThrow(ShapeError);
    expect(() => train.repeat(step)(freshState(), { x, y })).toThrow("repeat: ");
    const widening: train.Step<{ w: NDArray }, NDArray, null> = ({ w }, b) => [{ w: w.mul(b) }, null];
    const wide = np.ones([3], { dtype: "float64" });
    expect(() => train.repeat(widening)({ w: np.array(1) }, wide)).toThrow(/repeat: [\s\S]*\.w/);
  });

  test("is refused by fit, which takes steps one by one", async () => {
    const run = train.fit(freshState(), makeData(), train.repeat(makeStep(), { steps: 3 }), { steps: 3 });
    await expect(run).rejects.toThrow(
      "fit: expected a state whose step is 1 after the step, got 3.\n  let the step function add 1 to state.step; train.repeat is for loops",
    );
  });

  test("types: state and metrics are those of the step", () => {
    const state = train.initState({ w: random.normal(random.key(0), [2]) }, optim.sgd({ learningRate: 0.1 }));
    const step = train.makeStep(({ w }: { w: NDArray }, x: NDArray) => w.mul(x).sum(), optim.sgd({ learningRate: 0.1 }));
    const [next, { loss }] = train.repeat(step, { steps: 3 })(state, np.ones([2]));
    const [w, losses]: [NDArray, NDArray] = [next.params.w, loss];
    expect([w.shape, losses.shape]).toEqual([[2], [3]]);
  });
});
