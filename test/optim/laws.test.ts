// The laws of every optimizer and building block of the table.

import { describe, expect, expectTypeOf, it } from "vitest";
import { grad, jit, lax, numpy as np, optim, vmap } from "../../src/index.js";
import {
  allFinite,
  bitsOf,
  descend,
  expectArrays,
  expectNear,
  leavesOf,
  mapTree,
  noiseLike,
  parameters,
  quadratic,
  restored,
  shapesOf,
  stacked,
  unstacked,
  update,
  zerosLike,
} from "./lawTools.js";
import { type OptimizerName, type Row, table } from "./table.js";

const rows = Object.entries<Row>(table);
type Step = (params: unknown, state: unknown) => readonly [params: unknown, state: unknown];

const initial = (row: Row) => {
  const [optimizer, params] = [row.make(), parameters(row.matrices)];
  const step: Step = (p, s) => descend(optimizer, p, s);
  return { optimizer, params, state: optimizer.init(params), grads: noiseLike(params, 5), step };
};

/** A step compiled once for each row. */
const compiledSteps = new Map<Row, Step>();
function compiledStep(row: Row): Step {
  const known = compiledSteps.get(row) ?? jit(initial(row).step);
  compiledSteps.set(row, known);
  return known;
}

it("the table has a row for whatever makes a transformation", () => {
  // The type of its keys demands it; what is checked here is that this type finds them.
  expectTypeOf<"chain" | "adam" | "scaleByAdam" | "ema" | "multiSteps" | "lbfgs" | "setToZero">().toExtend<OptimizerName>();
  expectTypeOf<Extract<"globalNorm" | "applyUpdates" | "softmaxCrossEntropy" | "andThen", OptimizerName>>().toBeNever();
  const names = Object.keys(optim).filter((name) => name.startsWith("scaleBy"));
  expect(names.filter((name) => !(name in table))).toEqual([]);
});

describe.each(rows)("%s", (_, row) => {
  it("keeps its state in a tree of arrays, whose shapes and dtypes stay", () => {
    const { optimizer, params, state, grads } = initial(row);
    expectArrays(state);
    const [updates, next] = update(optimizer, grads, state, params);
    expectArrays(next);
    expect(shapesOf(next)).toEqual(shapesOf(state));
    expect(shapesOf(updates)).toEqual(shapesOf(params));
    expectArrays(updates);
  });

  it("is pure: the same in, the same out, and what came in is unchanged", () => {
    const { optimizer, params, state, grads } = initial(row);
    const before = [params, state, grads].map(bitsOf);
    const first = update(optimizer, grads, state, params).map(bitsOf);
    expect(update(optimizer, grads, state, params).map(bitsOf)).toEqual(first);
    expect(update(row.make(), grads, row.make().init(params), params).map(bitsOf)).toEqual(first);
    expect([params, state, grads].map(bitsOf)).toEqual(before);
  });

  it("compiled, and with its arguments donated, gives what it gives eagerly", () => {
    const { optimizer, params, state, step } = initial(row);
    const [compiled, donating] = [compiledStep(row), jit(step, { donateArgnums: [0, 1] })];
    let [eager, fast, given] = [step(params, state), compiled(params, state), donating(restored(params), optimizer.init(params))];
    for (let i = 0; i < 2; i++) {
      [eager, fast, given] = [step(...eager), compiled(...fast), donating(...given)];
      expectNear(fast, eager, row.tolerance ?? 1e-5);
      expect(bitsOf(given)).toEqual(bitsOf(fast));
    }
    expect(donating.cacheSize).toBe(1);
    // What an eager step gives may be donated, too: no array is in it twice.
    expectArrays(donating(...step(restored(params), optimizer.init(params))));
    // What the optimizer itself holds has not been given away.
    expect(bitsOf(optimizer.init(params))).toEqual(bitsOf(state));
  });

  it("batched over parameters, states and gradients gives what a loop gives", () => {
    const { optimizer, params } = initial(row);
    const gradients = [1, 2, 3].map((seed) => noiseLike(params, seed));
    const places = [4, 5, 6].map((seed) => noiseLike(params, seed));
    const twice = (g: unknown, s: unknown, p: unknown): readonly [unknown, unknown] =>
      update(optimizer, g, update(optimizer, g, s, p)[1], p);
    const states = vmap((p: unknown) => optimizer.init(p))(stacked(places));
    const batched = vmap(twice)(stacked(gradients), states, stacked(places));
    gradients.forEach((g, k) => {
      expectNear(unstacked(batched, k), twice(g, optimizer.init(places[k]), places[k]), row.tolerance ?? 1e-5);
    });
  });

  it("in lax.scan, compiled, gives what a loop gives", () => {
    const { params, state, step } = initial(row);
    const scanned = jit((p: unknown, s: unknown) => {
      const [last] = lax.scan(([at, now]: readonly [unknown, unknown]) => [step(at, now), 0], [p, s], null, { length: 3 });
      return last;
    });
    expectNear(scanned(params, state), step(...step(...step(params, state))), row.tolerance ?? 1e-5);
  });

  it("does on zero gradients what it should", () => {
    const { optimizer, params, state } = initial(row);
    const zeros = zerosLike(params);
    const [first, next] = update(optimizer, zeros, state, params);
    const [second] = update(optimizer, zeros, next, params);
    for (const updates of [first, second]) {
      expect(allFinite(updates)).toBe(true);
      if (row.onZeros === "nothing")
        expect(
          leavesOf(updates)
            .flatMap((u) => [...u.toTypedArray()])
            .every((x) => x === 0),
        ).toBe(true);
      if (row.onZeros === "decay") expectDecay(updates, params);
    }
  });

  it("stays finite in float32 on gradients of 1e-30 and of 1e30", () => {
    const { optimizer, params } = initial(row);
    const single = mapTree((leaf) => leaf.astype("float32"), params);
    for (const magnitudes of [
      [1e-30, 1e30, 1],
      [1e30, 1e-30, 1],
    ]) {
      let state = optimizer.init(single);
      for (const magnitude of magnitudes) {
        const [updates, next] = update(optimizer, noiseLike(single, 9, magnitude), state, single);
        expect(allFinite(updates)).toBe(true);
        expect(allFinite(next)).toBe(true);
        state = next;
      }
    }
  });

  it("leaves masked leaves untouched, and keeps nothing for them", () => {
    const { optimizer, params, grads } = initial(row);
    const kept = (path: readonly (string | number)[]): boolean => path[0] === "deep";
    const masked = optim.masked(optimizer, kept);
    const part = (tree: unknown): unknown => ({ deep: (tree as { deep: unknown }).deep });
    const [updates, state] = update(masked, grads, masked.init(params), params);
    const [alone, aloneState] = update(optimizer, part(grads), optimizer.init(part(params)), part(params));
    // A search looks at the loss, to which the left-out leaves add a constant, and so another rounding.
    if (row.searches === true) expectNear(part(updates), alone, 1e-5);
    else expect(bitsOf(part(updates))).toEqual(bitsOf(alone));
    expect(bitsOf({ ...(updates as object), deep: 0 })).toEqual(bitsOf({ ...(grads as object), deep: 0 }));
    const show = row.searches === true ? shapesOf : bitsOf;
    expect(leavesOf(state).map(show)).toEqual(leavesOf(aloneState).map(show));
  });

  it("resumed from what was saved goes on as if nothing had happened, bit for bit", () => {
    const { params, state } = initial(row);
    const step = compiledStep(row);
    let [whole, halved] = [step(...step(params, state)), step(...step(params, state))];
    halved = [restored(halved[0]), restored(halved[1])];
    for (let i = 0; i < 3; i++) [whole, halved] = [step(...whole), step(...halved)];
    expect(bitsOf(halved)).toEqual(bitsOf(whole));
  });

  it("takes trees without leaves", () => {
    const optimizer = row.make();
    const nothing = { list: [], record: {} };
    const [updates, state] = update(optimizer, nothing, optimizer.init(nothing), nothing);
    expect(updates).toEqual(nothing);
    expectArrays(state);
  });

  it.skipIf(row.matrices === true)("takes one scalar, or one vector, as the whole tree", () => {
    for (const params of [np.array(2, { dtype: "float64" }), np.array([1, -1])]) {
      const optimizer = row.make();
      const [updates, state] = update(optimizer, params, optimizer.init(params), params);
      expect(shapesOf(updates)).toEqual(shapesOf(params));
      expect(shapesOf(state)).toEqual(shapesOf(optimizer.init(params)));
    }
  });

  it("takes leaves without elements", () => {
    const optimizer = row.make();
    const hollow = {
      rows: np.zeros([0, 2]),
      columns: np.zeros([3, 0]),
      none: np.zeros([0, 0]),
      ...(row.matrices === true ? {} : { one: np.zeros([0]) }),
    };
    const [updates, state] = update(optimizer, hollow, optimizer.init(hollow), hollow);
    expect(shapesOf(updates)).toEqual(shapesOf(hollow));
    expect(shapesOf(state)).toEqual(shapesOf(optimizer.init(hollow)));
  });

  it("has derivatives with respect to the gradients", () => {
    const { optimizer, params, state, grads } = initial(row);
    const total = (g: unknown): ReturnType<typeof quadratic> => quadratic(update(optimizer, g, state, params)[0]);
    const cotangents = grad(total)(grads);
    expect(shapesOf(cotangents)).toEqual(shapesOf(grads));
    expect(allFinite(cotangents)).toBe(true);
    if (row.rootAtZero !== true) expect(allFinite(grad(total)(zerosLike(grads)))).toBe(true);
  });

  it.skipIf(row.descends === "none")("goes down a convex quadratic", () => {
    const { params } = initial(row);
    const directed = optim.chain(row.make(), optim.scale(-(row.factor ?? 0.05)));
    const optimizer = row.descends === "direction" ? directed : row.make();
    const step = row.descends === "direction" ? jit((p: unknown, s: unknown) => descend(directed, p, s)) : compiledStep(row);
    let [place, state] = [params, optimizer.init(params)];
    for (let i = 0; i < (row.steps ?? 40); i++) [place, state] = step(place, state);
    expect(quadratic(place).item()).toBeLessThan(0.5 * quadratic(params).item());
  });
});

/** Each leaf's updates are a non-positive or non-negative multiple of its parameters, the same for all its elements; not all zero. */
function expectDecay(updates: unknown, params: unknown): void {
  const [us, ps] = [leavesOf(updates), leavesOf(params)];
  const ratios = us.map((u, k) => {
    const [x, p] = [[...u.toTypedArray()], [...ps[k].toTypedArray()]];
    const ratio = x[0] / p[0];
    x.forEach((v, i) => expect(v).toBeCloseTo(ratio * p[i], 6));
    return ratio;
  });
  expect(ratios.some((ratio) => ratio !== 0)).toBe(true);
}
