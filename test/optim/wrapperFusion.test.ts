// What wrappers add to a compiled update: passes over each leaf. One is least; a length or a check of all leaves is one more.

import { expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../src/index.js";

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

/** Loops over the 561 elements of `w`, and over the 19 of `b`. */
function passes(optimizer: optim.GradientTransformation<unknown, unknown>): readonly [w: number, b: number] {
  const params: Params = { w: np.ones([33, 17]), b: np.ones([19]) };
  const step = jit((p: Params, state: unknown, g: Params) => {
    const [updates, next] = optimizer.update(g, state, p);
    return [optim.applyUpdates(p, updates), next] as const;
  });
  const loops = step.lower(params, optimizer.init(params), params).loops?.fused.split("\n") ?? [];
  const count = (...headers: readonly string[]): number => loops.filter((line) => headers.includes(line)).length;
  return [count("for i < 33, j < 17", "for i < 561"), count("for i < 19")];
}

const adam = (): optim.TreeTransformation<unknown> => optim.adam({ learningRate: 0.1 });

it.each([
  ["clip", optim.chain(optim.clip(1), adam()), 1],
  ["zeroNans", optim.chain(optim.zeroNans(), adam()), 1],
  ["ema", optim.chain(optim.ema({ decay: 0.9 }), adam()), 1],
  ["masked", optim.masked(adam(), true), 1],
  ["multiSteps", optim.multiSteps(adam(), 4), 1],
  ["injectHyperparams", optim.injectHyperparams(optim.adam, { learningRate: 0.1 }), 1],
  ["scheduleFreeAdamw", optim.scheduleFreeAdamw(), 1],
  ["applyIfFinite", optim.applyIfFinite(adam(), 3), 2],
  ["clipByGlobalNorm", optim.chain(optim.clipByGlobalNorm(1), adam()), 2],
  ["clipByBlockRms", optim.chain(optim.clipByBlockRms(1), adam()), 2],
  ["prodigy", optim.prodigy(), 2],
] satisfies [string, optim.GradientTransformation<unknown, unknown>, number][])("%s: passes over each leaf", (_, optimizer, wanted) => {
  expect(passes(optimizer)).toEqual([wanted, wanted]);
});
