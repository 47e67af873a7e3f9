// Gradients at the ends of float32: squares of 1e30 overflow there, those of 1e-30 vanish. Updates and states stay finite,
// go the right way, and the optimizer goes on afterwards; what is not finite stays to be seen.

import { describe, expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../src/index.js";
import { treeLeaves } from "../../src/tree/index.js";
import { elements } from "../ops/rules.js";

type Optimizer = optim.GradientTransformation<NDArray, unknown>;

const rows: Readonly<Record<string, () => Optimizer>> = {
  adam: () => optim.adam({ learningRate: 0.1 }),
  adamw: () => optim.adamw({ learningRate: 0.1 }),
  amsgrad: () => optim.amsgrad({ learningRate: 0.1 }),
  adamax: () => optim.adamax({ learningRate: 0.1 }),
  nadam: () => optim.nadam({ learningRate: 0.1 }),
  "nadam, warming up": () => optim.nadam({ learningRate: 0.1, momentumDecay: 0.004 }),
  radam: () => optim.radam({ learningRate: 0.1 }),
  yogi: () => optim.yogi({ learningRate: 0.1 }),
  adabelief: () => optim.adabelief({ learningRate: 0.1 }),
  rmsprop: () => optim.rmsprop({ learningRate: 0.1 }),
  "rmsprop, centred": () => optim.rmsprop({ learningRate: 0.1, centered: true, momentum: 0.9 }),
  adagrad: () => optim.adagrad({ learningRate: 0.1 }),
  adadelta: () => optim.adadelta(),
  lion: () => optim.lion({ learningRate: 0.1 }),
  lamb: () => optim.lamb({ learningRate: 0.1 }),
  lars: () => optim.lars({ learningRate: 0.1 }),
  novograd: () => optim.novograd({ learningRate: 0.1 }),
  sm3: () => optim.sm3({ learningRate: 0.1 }),
  adafactor: () => optim.adafactor({ learningRate: 0.1 }),
  "adafactor, factored": () => optim.adafactor({ learningRate: 0.1, minDimSizeToFactor: 2 }),
  rprop: () => optim.rprop({ learningRate: 0.1 }),
};

const expectFinite = (tree: unknown): void => {
  for (const leaf of treeLeaves(tree)) expect(elements(leaf as NDArray).every(Number.isFinite)).toBe(true);
};

describe.each(Object.entries(rows))("%s", (name, make) => {
  const p = np.array([
    [1, -2],
    [0.5, 3],
  ]);

  it.each([1e30, 1e-30])("stays finite on gradients of %d, and goes on", (size) => {
    const optimizer = make();
    const step = jit((g: NDArray, state: unknown) => optimizer.update(g, state, p));
    let state = optimizer.init(p);
    const g = np.array([
      [size, -size],
      [-size, size],
    ]);
    for (let i = 0; i < 5; i++) {
      const [updates, next] = step(g, state);
      expectFinite([updates, next]);
      state = next;
      // Weight decay goes where the parameters are.
      if (size > 1 && i > 0 && !["adamw", "lion"].includes(name)) {
        expect(elements(updates).map(Math.sign)).toEqual([-1, 1, 1, -1]);
      }
    }
    const [updates, next] = step(np.ones([2, 2]), state);
    expectFinite([updates, next]);
  });
});

describe("gradients that are not finite", () => {
  it.each(["adam", "adamw", "rmsprop", "adagrad", "adamax"])("%s shows them", (name) => {
    const optimizer = rows[name]();
    for (const bad of [Infinity, NaN]) {
      const g = np.array([bad, 1]);
      const [updates, state] = optimizer.update(g, optimizer.init(g), g);
      expect(
        treeLeaves([updates, state])
          .flatMap((leaf) => elements(leaf as NDArray))
          .every(Number.isFinite),
      ).toBe(false);
    }
  });

  it("Adam's first step is the learning rate for finite gradients of every size", () => {
    for (const size of [1, 1e10, 1e18, 1e30, 3.4e38]) {
      const optimizer = optim.adam<NDArray>({ learningRate: 0.5 });
      expect(optimizer.update(np.array(size), optimizer.init(np.array(0)))[0].item()).toBeCloseTo(-0.5, 5);
    }
  });
});
