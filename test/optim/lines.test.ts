// The user's line of an optimizer's equations: that of the call of `update`, however much code of the library lies between;
// functions of the user's in the middle keep their own.

import { describe, expect, test } from "vitest";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { type NDArray, grad, jit, makeJaxpr, numpy as np, optim, vmap } from "../../src/index.js";

type Params = { readonly w: NDArray; readonly b: NDArray };

const params: Params = { w: np.ones([3, 2]), b: np.zeros([2]) };

/** The lines of all equations of a program, without the file and the column. */
function linesOf({ jaxpr }: ClosedJaxpr): number[] {
  const lines = jaxpr.equations.map(({ source }) => /lines\.test\.ts:(\d+):\d+$/.exec(source.line ?? "")?.[1]);
  expect(lines).not.toContain(undefined);
  return [...new Set(lines.map(Number))].sort((a, b) => a - b);
}

/** The number of the line that this is called on, and what stands there. */
function here<T>(value: T): readonly [line: number, value: T] {
  const line = /lines\.test\.ts:(\d+):\d+/.exec((new Error().stack ?? "").split("\n")[2]);
  return [Number(line?.[1]), value];
}

describe("equations belong to the line", () => {
  const chain = optim.chain(optim.clipByGlobalNorm(1), optim.masked(optim.adam({ learningRate: 0.1 }), { w: true, b: false }));
  const optimizers: Readonly<Record<string, optim.GradientTransformation<Params, unknown>>> = {
    adamw: optim.adamw({ learningRate: 1e-3 }),
    "a chain in wrappers": optim.applyIfFinite(chain, 3),
    muon: optim.muon({ learningRate: 1e-3 }),
  };

  test.each(Object.entries(optimizers))("of the update: %s", (_, optimizer) => {
    const state = optimizer.init(params);
    let called = 0;
    const program = makeJaxpr((g: Params) => {
      const [line, [updates]] = here(optimizer.update(g, state, params));
      called = line;
      return updates;
    })(params);
    expect(linesOf(program)).toEqual([called]);
  });

  test("of a schedule of the user's", () => {
    let called = 0;
    const optimizer = optim.sgd({
      learningRate: (count: NDArray) => {
        const [line, rate] = here(count.mul(0.5));
        called = line;
        return rate;
      },
    });
    const state = optimizer.init(params);
    const program = makeJaxpr((g: Params) => optimizer.update(g, state, params)[0])(params);
    const lines = linesOf(program);
    expect(lines).toContain(called);
    expect(lines).toHaveLength(2);
  });

  test("of the transform, for a function of the library", () => {
    const x = np.ones([2, 3]);
    const loss = (y: NDArray): NDArray => jit(vmap(vmap(np.tanh)))(y).sum();
    expect(linesOf(makeJaxpr(grad(loss))(x)).length).toBeGreaterThan(0);
  });
});
