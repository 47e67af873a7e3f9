// checkGrads on functions whose derivatives are right in difficult ways, and on planted faults of every kind.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  NotDifferentiableError,
  customVjp,
  jit,
  lax,
  nn,
  numpy as np,
  stopGradient,
  type DType,
  type NDArray,
  type Shape,
} from "../../src/index.js";
import { GradientCheckError, type GradientOptions, arrays, checkGrads, randomPrograms } from "../../src/testing/index.js";
import { deep } from "../property/settings.js";
import { doubleWith, scaledIdentity, sineWith, wrongAtSecondOrder } from "./faults.js";

const vector = (...values: number[]): NDArray => np.array(values, { dtype: "float64" });
const matrix = np.array(
  [
    [0.3, -1.2, 0.5],
    [0.8, 2, -0.4],
  ],
  { dtype: "float64" },
);

/** The error of a check that must fail. */
function failure(f: (...args: never[]) => unknown, args: readonly NDArray[], options?: GradientOptions): GradientCheckError {
  try {
    checkGrads(f, args as never, options);
  } catch (error) {
    if (error instanceof GradientCheckError) return error;
    throw error;
  }
  throw new Error("not caught");
}

describe("checkGrads lets pass what is right", () => {
  const smooth: Record<string, [(x: NDArray) => unknown, NDArray]> = {
    "a linear function": [(x) => x.mul(3), vector(0.1, -7)],
    "a cube at zero": [(x) => x.mul(x).mul(x), vector(0, 0.7)],
    "a steep exponential": [(x) => np.exp(x.mul(50)), vector(0.1, 0.7)],
    "a very steep one": [(x) => np.exp(x.mul(500)), vector(0.1, 0.7)],
    "a nearly flat function": [(x) => np.sin(x).mul(1e-10), vector(0.4, 1.5)],
    "a nearly flat function far from zero": [(x) => np.sin(x).mul(1e-10).add(1), vector(0.4, 1.5)],
    cancellation: [(x) => x.add(1e8).sub(1e8), vector(1.2, 0, -3)],
    "nothing but rounding": [(x) => x.mul(3).sub(x.mul(2)).sub(x), vector(1.23456789, 1.2, 0)],
    "elements of very different size": [(x) => np.log(x), vector(1e-8, 1e8)],
    "their sum": [(x) => np.log(x).sum(), vector(1e-8, 1e8)],
    softmax: [(x) => nn.softmax(x), vector(0.4, 1.5, 3)],
    "a large array": [(x) => np.tanh(x).sum(), np.linspace(-3, 3, 5000)],
    "a compiled function": [jit((x: NDArray) => np.tanh(x).sum()), vector(0.4, 1.5)],
    "an empty array": [(x) => x.mul(2), np.zeros([0, 3])],
    "a scalar": [(x) => ({ y: x.mul(x) }), np.array(3)],
  };
  it.each(Object.keys(smooth))("%s", (name) => {
    const [f, x] = smooth[name];
    const { kinks, unresolved, ignored } = checkGrads(f, [x]);
    expect({ kinks, unresolved, ignored }).toEqual({ kinks: [], unresolved: [], ignored: [] });
  });

  it("a function that computes in float32 inside", () => {
    const x = vector(0.4, 1.5);
    expect(checkGrads((y: NDArray) => np.sin(y.astype("float32")).mul(vector(1.1, 2.2)), [x]).kinks).toEqual([]);
    expect(checkGrads((y: NDArray) => np.sin(y.astype("float32")).astype("float64").mul(np.exp(y)).sum(), [x]).kinks).toEqual([]);
  });

  it("derivatives in float32, whose values are compared in float64", () => {
    const { checks } = checkGrads((x: NDArray) => np.sin(x).mul(np.array([1.1, 2.2])), [vector(0.4, 1.5)], { dtype: "float32" });
    expect(checks.every(({ verdict }) => verdict === "agrees")).toBe(true);
    expect(
      failure(
        sineWith((dx, x) => dx.mul(np.cos(x)).mul(1.01)),
        [vector(0.4)],
        { dtype: "float32" },
      ).message,
    ).toContain("analytic");
  });

  it("the edge of a domain", () => {
    expect(checkGrads((x: NDArray) => np.power(x, 2.5), [vector(0, 1)], { order: 1 }).kinks).toEqual([]);
  });

  it("trees with numbers, integers, and leaves that are no arrays", () => {
    const f = (p: { w: NDArray; x: NDArray; b: number; mode: string }, n: NDArray) => ({
      a: np.dot(p.w, p.x),
      b: [np.multiply(p.w, p.b), n.add(1)],
      none: null,
    });
    const args = [{ w: vector(1, 2), x: vector(3, 4.5), b: 2, mode: "train" }, np.array([1, 2], { dtype: "int32" })] as const;
    const { checks } = checkGrads(f, [...args]);
    expect(new Set(checks.flatMap(({ leaves }) => leaves))).toEqual(new Set(["argument 0.b", "argument 0.w", "argument 0.x"]));
    expect(new Set(checks.map(({ modes }) => modes.join()))).toEqual(
      new Set(["forward", "reverse", "forward,forward", "forward,reverse", "reverse,forward", "reverse,reverse"]),
    );
  });

  it("leaves of very different size, and a tree of many", () => {
    const f = (p: Record<string, NDArray>): NDArray => Object.values(p).reduce((sum, x) => np.add(sum, np.sin(x)), np.array(0));
    expect(
      checkGrads((p: Record<string, NDArray>) => np.add(p["a"].mul(1e9), np.tanh(p["b"])), [{ a: vector(1e-9), b: vector(1e3) }]).kinks,
    ).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`w${i}`, vector(0.1 * i)]));
    expect(checkGrads(f, [many], { order: 1 }).kinks).toEqual([]);
  });

  it("and finds the slope 2 of a right remainder", () => {
    const { checks } = checkGrads((x: NDArray) => np.sin(x), [vector(0.4, 1.5)], { order: 1 });
    for (const { slope } of checks) expect(slope).toBeCloseTo(2, 1);
  });
});

describe("checkGrads reports", () => {
  const kinked: Record<string, [(x: NDArray) => NDArray, NDArray]> = {
    abs: [(x) => np.abs(x), vector(0, 1)],
    "the sum of abs": [(x) => np.abs(x).sum(), vector(0, 1e-5, -1e-3)],
    relu: [(x) => nn.relu(x), vector(0, 0.7, -1)],
    max: [(x) => np.max(x), vector(1.2, 1.2, 0)],
    floor: [(x) => np.floor(x), vector(1, 1.5)],
  };
  it.each(Object.keys(kinked))("the kink of %s", (name) => {
    const [f, x] = kinked[name];
    expect(checkGrads(f, [x]).kinks.length).toBeGreaterThan(0);
    expect(failure(f, [x], { kinks: "fail" }).message).toContain("to exist, got a kink:");
  });

  it("both sides of a kink", () => {
    expect(failure((x: NDArray) => np.abs(x), [vector(2, 0)], { kinks: "fail" }).message).toContain(
      "the derivative of the result[1] with respect to argument 0[1], in forward mode (order 1), to exist, got a kink: -1 to the left, 1 to the right, analytic 0",
    );
  });

  it("no kink that is near, but not at the point", () => {
    expect(checkGrads((x: NDArray) => np.abs(x).sum(), [vector(0.001, -0.01, 1)]).kinks).toEqual([]);
    expect(checkGrads((x: NDArray) => np.floor(x).add(x), [vector(1.2, 0.3)]).kinks).toEqual([]);
  });

  it("what differences cannot decide", () => {
    const { unresolved } = checkGrads((x: NDArray) => np.sin(x).mul(1e-12).add(1e6), [vector(0.4, 1.5)], { order: 1 });
    expect(unresolved.length).toBeGreaterThan(0);
  });

  it("arguments without influence", () => {
    const f = (x: NDArray, _y: NDArray): NDArray => x.mul(2);
    expect(checkGrads(f, [vector(1), vector(2)]).ignored).toEqual(["argument 1"]);
    expect(failure(f, [vector(1), vector(2)], { ignored: "fail" }).message).toContain(
      "expected a value that depends on argument 1, got one that does not",
    );
  });
});

describe("checkGrads catches", () => {
  const right = (dx: NDArray, x: NDArray): NDArray => dx.mul(np.cos(x));
  const oneElement = (factor: number) => (dx: NDArray, x: NDArray) =>
    right(dx, x).mul(x.shape.length === 2 ? np.ones([2, 3], { dtype: "float64" }).at(1, 2).set(factor) : 1);
  const faults: Record<string, [(x: NDArray) => NDArray, string]> = {
    "a missing factor": [sineWith((dx) => dx), "in forward mode (order 1)"],
    "a factor that is a little off": [sineWith((dx, x) => right(dx, x).mul(1.00002)), "in forward mode (order 1)"],
    "a wrong sign": [sineWith((dx, x) => right(dx, x).neg()), "analytic"],
    "a gradient of zero": [sineWith((dx) => dx.mul(0)), "to be numeric"],
    "one wrong element": [sineWith(oneElement(1.0001)), "the result[1, 2] with respect to argument 0[1, 2]"],
    "one wrong element in a sum": [(x) => sineWith(oneElement(1.01))(x).sum(), "the result with respect to argument 0[1, 2]"],
    "elements in the wrong order": [sineWith((dx, x) => np.flip(right(dx, x), 1)), "analytic 0 "],
    "a wrong second order": [wrongAtSecondOrder(1.001), "in forward over forward mode (order 2)"],
    "a wrong transpose": [doubleWith((ct) => ct.mul(2.001)), "in reverse mode (order 1)"],
    "a gradient that was stopped": [(x) => np.sin(stopGradient(x)).mul(x), "in forward mode (order 1)"],
  };
  it.each(Object.keys(faults))("%s", (name) => {
    const [f, text] = faults[name];
    expect(failure(f, [matrix]).message).toContain(text);
  });

  it("a transposed gradient, by its shape, where the library's own operations refuse it", () => {
    expect(() =>
      checkGrads(
        sineWith((dx, x) => right(dx, x).T),
        [matrix],
      ),
    ).toThrow("for float64[3,2]");
  });

  it("a wrong transpose when reverse mode is checked alone", () => {
    const f = doubleWith((ct) => ct.mul(-2));
    expect(failure(f, [matrix], { modes: ["reverse"] }).message).toContain("to be numeric");
    expect(checkGrads(f, [matrix], { modes: ["forward"] }).kinks).toEqual([]);
  });

  it("one wrong element among thousands, and names it", () => {
    const x = np.linspace(-3, 3, 3000, { dtype: "float64" });
    const wrong = np.ones([3000], { dtype: "float64" }).at(777).set(1.5);
    const f = sineWith((dx, y) => right(dx, y).mul(y.ndim === 1 && y.size === 3000 ? wrong : 1));
    expect(failure((y: NDArray) => f(y).sum(), [x], { order: 1 }).message).toContain("argument 0[777]");
  });

  it("one wrong leaf of a large tree, and names it", () => {
    const bad = sineWith((dx, x) => right(dx, x).mul(1.001));
    const tree = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`w${i}`, vector(0.1 * i, 1)]));
    const f = (p: Record<string, NDArray>): NDArray =>
      Object.entries(p).reduce((sum, [k, x]) => np.add(sum, k === "w23" ? bad(x) : np.sin(x)), np.array(0));
    expect(failure(f as never, [tree as never], { order: 1 }).message).toContain("argument 0.w23[");
  });

  it("a fault in a leaf that others drown", () => {
    const bad = sineWith((dx, x) => right(dx, x).mul(1.001));
    const f = (x: NDArray, y: NDArray): NDArray => np.add(x.mul(1e5), bad(y)).sum();
    expect(failure(f, [vector(1), vector(0.5)]).message).toContain("argument 1[0]");
  });

  it("a fault in a nearly flat function, and in a float32 one", () => {
    expect(failure((x: NDArray) => sineWith((dx, y) => right(dx, y).mul(1.1))(x).mul(1e-10), [vector(0.4)]).message).toContain("analytic");
    expect(failure((x: NDArray) => np.sin(x.astype("float32")).mul(stopGradient(x)), [vector(0.4)]).message).toContain("analytic");
  });

  it("values and derivatives that are not finite", () => {
    expect(failure((x: NDArray) => np.log(x), [vector(-1, 1)]).message).toContain("expected a finite value at the result, got NaN");
    expect(failure((x: NDArray) => np.sqrt(x), [vector(0, 1)]).message).toContain("got analytic Infinity");
  });

  it("a function that changes", () => {
    let calls = 0;
    expect(failure((x: NDArray) => x.mul(calls++), [vector(1)]).message).toContain(
      "a function that gives the same value twice, at the result",
    );
  });
});

describe("the failure", () => {
  const wrong = sineWith((dx, x) => dx.mul(np.cos(x)).mul(2));

  it("says what, where, analytic and numeric values, slope and seed", () => {
    const error = failure(
      function layer(x: NDArray) {
        return { y: wrong(x) };
      },
      [vector(0.5)],
      { seed: 7 },
    );
    expect(error.tag).toBe("gradient-check");
    expect(error.message).toMatch(
      /^checkGrads of layer: expected the derivative of the result\.y\[0\] with respect to argument 0\[0\], in forward mode \(order 1\), to be numeric 0\.87758256\d* ± \S+, got analytic 1\.755165124 \(along direction 0 of seed 7; the remainder falls with slope 1\.00, where 2 is right\)\.\n/,
    );
    expect(error.message).toContain("the same directions come again with { seed: 7 }");
    expect(error.report.checks.at(-1)).toMatchObject({ verdict: "disagrees", order: 1, modes: ["forward"], direction: 0 });
  });

  it("is the same for the same seed, and another direction for another", () => {
    const message = (seed: number): number | undefined => failure(wrong, [vector(0.5)], { seed }).report.checks.at(-1)?.analytic;
    expect(message(1)).toBe(message(1));
    expect(message(1)).not.toBe(message(2));
  });

  it("takes the seed of the environment", () => {
    process.env["COTANGENT_SEED"] = "11";
    try {
      expect(checkGrads((x: NDArray) => x, [vector(1)]).seed).toBe(11);
      expect(checkGrads((x: NDArray) => x, [vector(1)], { seed: 2 }).seed).toBe(2);
    } finally {
      delete process.env["COTANGENT_SEED"];
    }
  });

  it("refuses options and functions that make no sense", () => {
    const f = (x: NDArray): NDArray => x;
    const x = [vector(1)] as [NDArray];
    expect(() => checkGrads(f, x, { order: 0 })).toThrow("checkGrads: expected order: 1, 2 or more, got 0");
    expect(() => checkGrads(f, x, { modes: [] })).toThrow("modes: a list of forward and reverse");
    expect(() => checkGrads(f, x, { directions: 0 })).toThrow("directions: at least 1");
    expect(() => checkGrads(f, x, { eps: -1 })).toThrow("eps: a positive number");
    expect(() => checkGrads(f, x, { tolerances: { rtol: -1 } })).toThrow("tolerances.rtol");
    // @ts-expect-error A misspelt option.
    expect(() => checkGrads(f, x, { ordre: 1 })).toThrow("got ordre");
    expect(() => checkGrads(f, [np.array([1], { dtype: "int32" })])).toThrow("no floating-point argument");
    expect(() => checkGrads((y: NDArray) => y.astype("int32"), x)).toThrow("no floating-point result");
  });
});

describe("a function of one mode", () => {
  const x = vector(0.3, 0.8);
  const reverseOnly = customVjp((y: NDArray) => y.mul(y).sum(), {
    forward: (y) => [y.mul(y).sum(), y],
    backward: (y, ct) => [y.mul(2).mul(ct)],
  });
  const forwardOnly = (y: NDArray): NDArray =>
    lax.whileLoop(
      (z: NDArray) => z.sum().less(10),
      (z: NDArray) => z.mul(2),
      y,
    );
  const neither = (y: NDArray): NDArray => reverseOnly(forwardOnly(y));

  it.each([
    ["reverse", "a rule for reverse mode", reverseOnly],
    ["forward", "a loop without a bound", forwardOnly],
  ] as const)("%s: %s is refused with the mode that works, which does", (mode, _, f) => {
    for (const options of [{}, { modes: [mode === "forward" ? "reverse" : "forward"] }] as const) {
      expect(() => checkGrads(f, [x], options)).toThrow(NotDifferentiableError);
      expect(() => checkGrads(f, [x], options)).toThrow(
        new RegExp(`; or check ${mode} mode alone, with modes: \\["${mode}"\\]\\.\n {2}at: .*checkGrads\\.test\\.ts`),
      );
    }
    expect(checkGrads(f, [x], { modes: [mode] }).checks.length).toBeGreaterThan(0);
  });

  it("neither: nothing is suggested", () => {
    expect(() => checkGrads(neither, [x])).toThrow(NotDifferentiableError);
    expect(() => checkGrads(neither, [x])).not.toThrow("mode alone");
  });
});

describe("over random programs", () => {
  // Where the operands of max touch at a tie, the mean of their second derivatives is no derivative of any side.
  const apart = (dtype: DType, shape: Shape): fc.Arbitrary<NDArray> =>
    arrays(shape, { dtype, min: -2, max: 2, distinct: true, noZeros: true });
  const isFloat = (x: NDArray): boolean => x.dtype === "float64";

  it.each([
    ["smooth ones", { kinks: false }, 1],
    ["any", { dtypes: ["float64", "int32", "bool"] }, 1],
    ["smooth ones to second order", { kinks: false, maxSteps: 8 }, 2],
    ["any to second order", { maxSteps: 8, inputs: apart }, 2],
  ] as const)("there is no false alarm: %s", (_, options, order) => {
    fc.assert(
      fc.property(randomPrograms({ maxSteps: 14, ...options }), ({ run, inputs }) => {
        fc.pre(inputs.some(isFloat) && run(...inputs).some(isFloat));
        checkGrads(run, [...inputs], { order, directions: 1 });
      }),
      deep ? { numRuns: 1000 } : { numRuns: order === 1 ? 25 : 8, seed: 5 },
    );
  });

  it("a planted error is caught", () => {
    let caught = 0;
    const faulty = scaledIdentity(1.01);
    fc.assert(
      fc.property(randomPrograms({ kinks: false, maxSteps: 5, outputs: 1 }), ({ run, inputs }) => {
        const f = (...xs: NDArray[]): NDArray[] => run(...xs).map((y) => np.tanh(faulty(y)));
        const { checks } = checkGrads(run, [...inputs], { order: 1, directions: 1 });
        // A value that does not depend on the inputs has no gradient that could be wrong.
        fc.pre(checks.some(({ analytic }) => Math.abs(analytic) > 1e-3));
        expect(() => checkGrads(f, [...inputs], { order: 1, directions: 1 })).toThrow(GradientCheckError);
        caught++;
      }),
      deep ? { numRuns: 1000 } : { numRuns: 15, seed: 6 },
    );
    expect(caught).toBeGreaterThanOrEqual(15);
  });
});
