// Line searches and L-BFGS: the conditions that steps satisfy, what happens where none does, and hard functions.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim, valueAndGrad, vmap } from "../../src/index.js";
import { arrayOf, elements } from "../ops/rules.js";

const wide = (...xs: number[]): NDArray => arrayOf("float64", xs);
const at = (x: NDArray, i: number): NDArray => np.take(x, i, 0);
const rosenbrock = (x: NDArray): NDArray =>
  at(x, 1)
    .sub(at(x, 0).square())
    .square()
    .mul(100)
    .add(np.subtract(1, at(x, 0)).square());

type Loss = (x: NDArray) => NDArray;
const told = (loss: Loss, params: NDArray): optim.Extras<NDArray> => {
  const [value, gradient] = valueAndGrad(loss)(params);
  return { value, grad: gradient, valueFn: loss };
};

/** One search from `start` downhill: the step, and the state. */
function searched<State>(search: optim.GradientTransformation<NDArray, State>, loss: Loss, start: NDArray): [NDArray, State] {
  return [...search.update(grad(loss)(start).neg(), search.init(start), start, told(loss, start))];
}

/** Steps of an optimizer with all extras. */
function minimised<State>(optimizer: optim.GradientTransformation<NDArray, State>, loss: Loss, start: NDArray, steps: number): NDArray {
  const step = jit((params: NDArray, state: State): readonly [NDArray, State] => {
    const [value, gradient] = valueAndGrad(loss)(params);
    const [updates, next] = optimizer.update(gradient, state, params, { value, grad: gradient, valueFn: loss });
    return [optim.applyUpdates(params, updates), next];
  });
  let [params, state] = [start, optimizer.init(start)];
  for (let i = 0; i < steps; i++) [params, state] = step(params, state) as readonly [NDArray, State];
  return params;
}

const hard: readonly (readonly [string, Loss, NDArray])[] = [
  ["Rosenbrock's valley", rosenbrock, wide(-1.2, 1)],
  ["a steep exponential", (x) => np.exp(x.mul(4)).sub(x).sum(), wide(3, -2)],
  ["a flat quartic", (x) => x.square().square().sum(), wide(10, 0.1)],
  [
    "a function with waves",
    (x) =>
      x
        .square()
        .add(np.sin(x.mul(6)).mul(0.3))
        .sum(),
    wide(2, -3),
  ],
];

describe.each(hard)("zoom on %s", (_, loss, start) => {
  it("finds a step that satisfies both Wolfe conditions", () => {
    const search = optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 30, curvRtol: 0.5, approxDecRtol: null });
    const [updates, { value, info, hyperparams }] = searched(search, loss, start);
    const [before, gradient] = valueAndGrad(loss)(start);
    const [after, gradientAfter] = valueAndGrad(loss)(start.add(updates));
    const step = hyperparams.learningRate.item();
    const slope = -gradient.square().sum().item();
    const slopeAfter = gradientAfter.mul(gradient.neg()).sum().item();
    expect(step).toBeGreaterThan(0);
    expect(after.item()).toBeLessThanOrEqual(before.item() + 1e-4 * step * slope);
    expect(Math.abs(slopeAfter)).toBeLessThanOrEqual(0.5 * Math.abs(slope));
    expect(value.item()).toBeCloseTo(after.item(), 12);
    expect([info.decreaseError.item(), info.curvatureError.item()]).toEqual([0, 0]);
    expect(info.numLinesearchSteps.item()).toBeLessThan(30);
  });

  it("takes L-BFGS to the minimum", () => {
    const found = minimised(optim.lbfgs<NDArray>(), loss, start, 60);
    const gradient = Math.max(...elements(grad(loss)(found)).map(Math.abs));
    expect(gradient).toBeLessThan(1e-6);
  });
});

describe("backtracking", () => {
  it("finds the first of the falling steps that Armijo's condition holds for", () => {
    const search = optim.scaleByBacktrackingLinesearch<NDArray>({ maxBacktrackingSteps: 40, decreaseFactor: 0.5, slopeRtol: 0.1 });
    const [start, gradient] = [wide(-1.2, 1), grad(rosenbrock)(wide(-1.2, 1))];
    const [, { hyperparams, info }] = searched(search, rosenbrock, start);
    const holds = (step: number): boolean =>
      rosenbrock(start.sub(gradient.mul(step))).item() <= rosenbrock(start).item() - 0.1 * step * gradient.square().sum().item();
    const step = hyperparams.learningRate.item();
    expect([holds(step), holds(2 * step)]).toEqual([true, false]);
    expect(info.numLinesearchSteps.item()).toBe(1 - Math.log2(step));
  });

  it("begins with more than the last step, up to the largest", () => {
    const search = optim.scaleByBacktrackingLinesearch<NDArray>({ maxBacktrackingSteps: 40, maxLearningRate: 0.3 });
    const bowl: Loss = (x) => x.square().sum();
    const state = { ...search.init(wide(1)), hyperparams: { learningRate: arrayOf("float64", [0.1], []) } };
    const [, first] = search.update(wide(-2), state, wide(1), told(bowl, wide(1)));
    expect(first.hyperparams.learningRate.item()).toBeCloseTo(0.15, 14);
    const [, second] = search.update(
      wide(-2),
      { ...first, hyperparams: { learningRate: arrayOf("float64", [0.29], []) } },
      wide(1),
      told(bowl, wide(1)),
    );
    expect(second.hyperparams.learningRate.item()).toBe(0.3);
  });
});

describe("where no step is good", () => {
  const nowhere: Loss = (x) => np.log(x.neg()).sum();
  interface State {
    readonly info: optim.BacktrackingInfo;
    readonly hyperparams: { readonly learningRate: NDArray };
  }
  const searches: Readonly<Record<string, optim.GradientTransformation<NDArray, State>>> = {
    zoom: optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 5 }),
    backtracking: optim.scaleByBacktrackingLinesearch<NDArray>({ maxBacktrackingSteps: 5 }),
  };

  it.each(Object.entries(searches))("%s does not move where the loss is not finite, and begins anew after that", (_, search) => {
    const params = wide(-1e-9);
    // Far uphill of a pole: every step that is tried leaves the domain.
    const [updates, state] = search.update(wide(1e9), search.init(params), params, { value: 0, grad: wide(-1), valueFn: nowhere });
    expect(elements(updates)).toEqual([0]);
    expect(state.info.decreaseError.item()).toBe(Infinity);
    const bowl: Loss = (x) => x.square().sum();
    const [, next] = search.update(wide(-2), state, wide(1), told(bowl, wide(1)));
    expect(next.hyperparams.learningRate.item()).toBeGreaterThan(0);
  });

  it("zoom falls back to the best step with a sufficient decrease", () => {
    // The slope never gets small: the curvature condition cannot be satisfied.
    const [updates, { info }] = searched(optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 4 }), (x) => x.sum(), wide(1));
    expect(updates.item()).toBe(-8);
    expect([info.decreaseError.item(), info.curvatureError.item() > 0]).toEqual([0, true]);
    const limited = optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 9, maxLearningRate: 3 });
    expect(searched(limited, (x) => x.sum(), wide(1))[0].item()).toBe(-3);
  });
});

describe("line searches", () => {
  it("compute value and gradient where they are not told, and give them back", () => {
    const t = optim.lbfgs<NDArray>();
    const start = wide(-1.2, 1);
    const told1 = t.update(grad(rosenbrock)(start), t.init(start), start, told(rosenbrock, start));
    const untold = t.update(grad(rosenbrock)(start), t.init(start), start, { valueFn: rosenbrock });
    expect(elements(untold[0])).toEqual(elements(told1[0]));
    const moved = start.add(untold[0]);
    const read = jit((p: NDArray, s: optim.StateOf<typeof t>) => optim.valueAndGradFromState(rosenbrock)(p, s));
    const [value, gradient] = read(moved, untold[1]);
    expect(value.item()).toBeCloseTo(rosenbrock(moved).item(), 12);
    expect(elements(gradient)[0]).toBeCloseTo(elements(grad(rosenbrock)(moved))[0], 10);
    // Before the first step they are computed.
    expect(read(moved, t.init(start))[0].item()).toBeCloseTo(rosenbrock(moved).item(), 12);
    expect(() => optim.valueAndGradFromState(rosenbrock)(start, optim.sgd({ learningRate: 1 }).init(start))).toThrow(
      "valueAndGradFromState: expected the state of a line search that stores gradients",
    );
  });

  it("can be batched: each example has its own step", () => {
    const search = optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 20 });
    const step = (start: NDArray): NDArray => searched(search, rosenbrock, start)[0];
    const starts = np.array(
      [
        [-1.2, 1],
        [3, 3],
        [0.1, -2],
      ],
      { dtype: "float64" },
    );
    const together = elements(vmap(step)(starts));
    const alone = [0, 1, 2].flatMap((i) => elements(step(np.take(starts, i, 0))));
    together.forEach((x, i) => expect(x).toBeCloseTo(alone[i], 12));
  });

  it("see the other parameters where they are masked", () => {
    type Pair = { a: NDArray; b: NDArray };
    const loss = ({ a, b }: Pair): NDArray => a.sub(b).square().sum();
    const params: Pair = { a: wide(5), b: wide(1) };
    const t = optim.masked(optim.lbfgs<Pair>(), { a: true, b: false });
    const [value, gradient] = valueAndGrad(loss)(params);
    const [updates] = t.update(gradient, t.init(params), params, { value, grad: gradient, valueFn: loss });
    expect(updates.b).toBe(gradient.b);
    expect(loss({ a: params.a.add(updates.a), b: params.b }).item()).toBeLessThan(loss(params).item());
  });

  it("hold the step constant for derivatives", () => {
    const search = optim.scaleByBacktrackingLinesearch<NDArray>({ maxBacktrackingSteps: 20 });
    const start = wide(2);
    const bowl: Loss = (x) => x.square().sum();
    const moved = (u: NDArray): NDArray => search.update(u, search.init(start), start, told(bowl, start))[0].sum();
    const [, { hyperparams }] = search.update(wide(-4), search.init(start), start, told(bowl, start));
    expect(grad(moved)(wide(-4)).item()).toBe(hyperparams.learningRate.item());
  });

  it("refuse what makes no sense", () => {
    expect(() => optim.scaleByZoomLinesearch({ maxLinesearchSteps: 0 })).toThrow(
      "expected maxLinesearchSteps, an integer of at least 1, got 0",
    );
    expect(() => optim.scaleByBacktrackingLinesearch({ maxBacktrackingSteps: 3, decreaseFactor: 1 })).toThrow(
      "decreaseFactor from 0 up to",
    );
    const guess = "best" as "keep";
    expect(() => optim.scaleByZoomLinesearch({ maxLinesearchSteps: 3, initialGuessStrategy: guess })).toThrow(
      'initialGuessStrategy "keep" or "one", got best',
    );
    const t = optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 3 });
    expect(() => t.update(wide(1), t.init(wide(1)), wide(1))).toThrow("scaleByZoomLinesearch: expected valueFn among the extras");
    expect(() => t.update(wide(1), t.init(wide(1)))).toThrow("scaleByZoomLinesearch: expected the parameters");
  });
});
