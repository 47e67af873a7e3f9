// reduceOnPlateau against PyTorch's rule as plain numbers, over random measures; averages; what has no measure.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../../src/index.js";
import { arrayOf, elements } from "../../ops/rules.js";

const scalar = (x: number): NDArray => arrayOf("float64", [x], []);

/** The scales that follow the measures. */
function scalesOf(options: optim.ReduceOnPlateauOptions, measures: readonly number[], compiled = false): number[] {
  const rule = optim.reduceOnPlateau<readonly []>(options);
  const plain = (state: optim.ReduceOnPlateauState, value: NDArray): optim.ReduceOnPlateauState => rule.update([], state, [], { value })[1];
  const next = compiled ? jit(plain) : plain;
  let state = rule.init([]);
  return measures.map((x) => (state = next(state, scalar(x))).hyperparams.plateauScale.item());
}

interface Torch {
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: "rel" | "abs";
  readonly cooldown: number;
  readonly minLr: number;
  readonly mode: "min" | "max";
}

/** The rates after each step of PyTorch's scheduler, from 1 on. */
function torchRates(options: Torch, measures: readonly number[]): number[] {
  const { factor, patience, threshold, thresholdMode, cooldown, minLr, mode } = options;
  const sign = mode === "min" ? -1 : 1;
  let [rate, best, bad, resting] = [1, -sign * Infinity, 0, 0];
  return measures.map((x) => {
    const bound = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    if (sign * x > sign * bound) [best, bad] = [x, 0];
    else bad++;
    if (resting > 0) [resting, bad] = [resting - 1, 0];
    if (bad > patience) [rate, resting, bad] = [Math.max(rate * factor, minLr), cooldown, 0];
    return rate;
  });
}

const measures = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 20, maxLength: 40 });
const torch = fc.record<Torch>({
  factor: fc.constantFrom(0.5, 0.25),
  patience: fc.integer({ min: 0, max: 3 }),
  threshold: fc.constantFrom(0, 0.1, 0.5),
  thresholdMode: fc.constantFrom("rel", "abs"),
  cooldown: fc.integer({ min: 0, max: 3 }),
  minLr: fc.constantFrom(0, 0.1),
  mode: fc.constantFrom("min", "max"),
});

describe("reduceOnPlateau", () => {
  it("follows PyTorch's rule, whose patience is one less", () => {
    fc.assert(
      fc.property(torch, measures, (given, xs) => {
        const { factor, patience, threshold, thresholdMode, cooldown, minLr, mode } = given;
        const [rtol, atol] = thresholdMode === "rel" ? [threshold, 0] : [0, threshold];
        const scales = scalesOf({ factor, patience: patience + 1, rtol, atol, cooldown, minScale: minLr, mode }, xs);
        expect(scales).toEqual(torchRates(given, xs));
      }),
      { numRuns: 40 },
    );
  });

  it("scales the updates of the very value that ends a plateau, in their dtype; compiled too", () => {
    const rule = optim.reduceOnPlateau<NDArray>({ factor: 0.5, patience: 2 });
    let state = rule.init(np.ones([2]));
    const factors = [3, 3, 3, 3, 2].map((value) => {
      const [updates, next] = rule.update(np.ones([2]), state, undefined, { value });
      state = next;
      expect(updates.dtype).toBe("float32");
      return elements(updates)[0];
    });
    expect(factors).toEqual([1, 1, 0.5, 0.5, 0.5]);
    expect(scalesOf({ factor: 0.5, patience: 2 }, [3, 3, 3, 3, 2, 2, 2], true)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]);
  });

  it("averages values into measures", () => {
    const options = { factor: 0.5, patience: 1, rtol: 0, accumulationSize: 2 };
    for (const compiled of [false, true]) {
      expect(scalesOf(options, [1, 3, 0, 4, 1, 1, 9, -9, 5, 5], compiled)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25]);
    }
  });

  it("NaN is no improvement, and a scale that is least stays", () => {
    expect(scalesOf({ factor: 0.5, patience: 1, minScale: 0.4 }, [NaN, NaN, NaN])).toEqual([0.5, 0.4, 0.4]);
  });

  it("goes into a chain, which hands it the value", () => {
    const optimizer = optim.chain(optim.sgd({ learningRate: 1 }), optim.reduceOnPlateau({ factor: 0.5, patience: 1 }));
    const [, state] = optimizer.update(np.ones([1]), optimizer.init(np.ones([1])), undefined, { value: 1 });
    expect(elements(optimizer.update(np.ones([1]), state, undefined, { value: 1 })[0])).toEqual([-0.5]);
    const applied = optim.appliedHyperparams(optimizer.update(np.ones([1]), state, undefined, { value: 1 })[1]);
    expect([applied["learningRate"].item(), applied["plateauScale"].item()]).toEqual([1, 0.5]);
  });

  it("refuses no value, several, and options out of their range", () => {
    const rule = optim.reduceOnPlateau<NDArray>();
    const x = np.ones([1]);
    expect(() => rule.update(x, rule.init(x))).toThrow("reduceOnPlateau: expected value among the extras, got nothing");
    expect(() => rule.update(x, rule.init(x), x, { value: np.ones([2]) })).toThrow("expected one number as value, got float32[2]");
    expect(() => optim.reduceOnPlateau({ factor: 1 })).toThrow("expected factor between 0 and 1, got 1");
    expect(() => optim.reduceOnPlateau({ patience: 0 })).toThrow("expected patience, an integer of at least 1, got 0");
    expect(() => optim.reduceOnPlateau({ rtol: -1 })).toThrow("expected rtol from 0 up to, not including, 1, got -1");
    const wrong: object = { mode: "least" };
    expect(() => optim.reduceOnPlateau(wrong)).toThrow(`expected mode "min" or "max", got least`);
    const misspelt: object = { minLr: 0 };
    expect(() => optim.reduceOnPlateau(misspelt)).toThrow("expected options among factor, patience, rtol, atol");
  });
});
