// Surgery on states: what is written changes, the rest is shared, the original stays, and no draft survives.

import { isDraft } from "immer";
import { expect, test } from "vitest";
import { grad, jit, numpy as np, type NDArray } from "../../src/index.js";
import { edit } from "../../src/train/index.js";
import { freshState, makeData, makeStep } from "./model.js";

const containers = (x: unknown): object[] => {
  if (typeof x !== "object" || x === null || (Object.getPrototypeOf(x) !== Object.prototype && !Array.isArray(x))) return [];
  return [x, ...Object.values(x).flatMap(containers)];
};

test("changes what is written, and shares the rest", () => {
  const state = freshState();
  const old = state.params.layers[0].w;
  const next = edit(state, (draft) => {
    draft.params.layers[0].w = draft.params.layers[0].w.mul(0.5);
    draft.params.layers.push({ w: np.ones([1, 1]), b: np.zeros([1]) });
  });
  expect(next.params.layers).toHaveLength(3);
  expect(next.params.layers[0].w.toArray()).toEqual(old.mul(0.5).toArray());
  expect(state.params.layers[0].w).toBe(old);
  expect(state.params.layers).toHaveLength(2);
  expect(next.params.layers[1]).toBe(state.params.layers[1]);
  expect(next.optimizerState).toBe(state.optimizerState);
  expect(next.key).toBe(state.key);
});

test("containers come back frozen, arrays as they are", () => {
  const next = edit(freshState(), (draft) => {
    draft.extra = np.array(7);
    draft.params.layers[1].b = np.ones([1]);
  });
  expect(Object.isFrozen(next) && Object.isFrozen(next.params) && Object.isFrozen(next.params.layers[1])).toBe(true);
  expect(Object.isFrozen(next.extra)).toBe(false);
  expect(() => {
    // @ts-expect-error The state is readonly to the types, too.
    next.extra = np.array(1);
  }).toThrow(TypeError);
});

test("no draft survives, whatever the recipe computes with it", () => {
  const double = jit((layer: { w: NDArray; b: NDArray }) => ({ w: layer.w.mul(2), b: layer.b }));
  const state = freshState();
  const next = edit(state, (draft) => {
    draft.params.layers[0] = double(draft.params.layers[0]);
    draft.params.layers[1] = { ...draft.params.layers[0] };
    draft.params.layers.reverse();
  });
  expect(containers(next).some((x) => isDraft(x))).toBe(false);
  expect(containers(next).length).toBeGreaterThan(5);
  expect(next.params.layers[0].w.toArray()).toEqual(state.params.layers[0].w.mul(2).toArray());
  const loss = (params: typeof next.params): NDArray => params.layers[0].w.square().sum();
  expect(jit(grad(loss))(next.params).layers[0].w.toArray()).toEqual(next.params.layers[0].w.mul(2).toArray());
});

test("an edited state trains on, traced no second time", () => {
  const step = makeStep();
  const data = makeData();
  const [state] = step(freshState(), data.at(0, 0));
  const edited = edit(state, (draft) => {
    draft.params.layers[0].b = np.zeros([16]);
  });
  const [next] = step(edited, data.at(0, 1));
  expect(next.step.item()).toBe(2);
  expect(step.traces).toHaveLength(1);
});

test("an edit that changes nothing is the same state", () => {
  const state = freshState();
  expect(edit(state, () => undefined)).toBe(state);
});

test("refuses recipes that return something, or wait", () => {
  const wrong = (_: object): void => ({ params: 1 }) as unknown as undefined;
  expect(() => edit(freshState(), wrong)).toThrow(
    "edit: expected a recipe that changes the draft and returns nothing, got one that returns something.",
  );
  const late = async (): Promise<void> => {
    await Promise.resolve();
    throw new Error("nobody hears of this");
  };
  expect(() => edit(freshState(), late)).toThrow(
    "edit: expected a recipe that changes the draft and returns nothing, got an asynchronous one.",
  );
});
