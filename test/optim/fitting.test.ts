// What every optimizer says of gradients that do not fit its state or the parameters, and of leaves that are no floating-point
// numbers: in eager calls and while tracing, with the paths.

import { describe, expect, it } from "vitest";
import { type NDArray, evalShape, numpy as np, optim } from "../../src/index.js";
import { DTypeError, ShapeError, TreeError } from "../../src/core/errors.js";
import { told } from "./lawTools.js";
import { type Optimizer, type Tree, table } from "./table.js";

const params = (): Tree => ({ kernel: np.ones([3, 2]), deep: [np.ones([2, 2], { dtype: "float64" })] });
const ofOtherShape = (): Tree => ({ kernel: np.ones([3, 2]), deep: [np.ones([2, 3], { dtype: "float64" })] });
const ofOtherTree = (): Tree => ({ kernel: np.ones([3, 2]), deep: { first: np.ones([2, 2]) } });
const withIntegers = (): Tree => ({ kernel: np.ones([3, 2]), deep: [np.ones([2, 2], { dtype: "int32" })] });

/** Those that neither keep nor need anything of the parameters' shape: without parameters they have nothing to compare with. */
const alone = new Set(
  ["transformation", "identity", "scale", "scaleByLearningRate", "scaleBySign", "clip", "clipByGlobalNorm", "clipByBlockRms"].concat([
    "centralize",
    "normalize",
    "zeroNans",
    "setToZero",
    "addNoise",
    "masked",
    "freeze",
    "conditionallyTransform",
  ]),
);
/** Those that need the parameters, or the loss, and keep nothing of their shape. */
const needy = new Set(
  ["addDecayedWeights", "scaleByParamBlockNorm", "scaleByParamBlockRms", "scaleByTrustRatio", "adaptiveGradClip"].concat([
    "keepParamsNonnegative",
    "scaleByBacktrackingLinesearch",
    "scaleByPolyak",
    "polyakSgd",
    "reduceOnPlateau",
  ]),
);
/** Those whose arithmetic is right for integers. */
const ofIntegers = new Set(
  ["transformation", "identity", "scaleBySign", "keepParamsNonnegative", "zeroNans", "setToZero"].concat(["freeze", "addDecayedWeights"]),
);

function errorOf(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectPath(error: unknown, kind: new (...parts: never[]) => Error): void {
  expect(error).toBeInstanceOf(kind);
  expect(String(error)).toContain(".deep");
}

describe.each(Object.entries(table).map(([name, row]) => ({ name, row })))("$name", ({ name, row }) => {
  const optimizer: Optimizer = row.make();
  const misfits = [
    { what: "another shape", grads: ofOtherShape(), kind: ShapeError },
    { what: "another tree", grads: ofOtherTree(), kind: TreeError },
  ];

  it.each(misfits)("says where gradients of $what differ from the parameters", ({ grads, kind }) => {
    const state = optimizer.init(params());
    const step = (g: Tree, s: Tree, p: Tree): unknown => optimizer.update(g, s, p, told(params()));
    expectPath(
      errorOf(() => step(grads, state, params())),
      kind,
    );
    expectPath(
      errorOf(() => evalShape(step, grads, state, params())),
      kind,
    );
  });

  it.skipIf(alone.has(name) || needy.has(name)).each(misfits)("says where a state made for $what differs", ({ grads, kind }) => {
    const error = errorOf(() => optimizer.update(grads, optimizer.init(params()), grads, told(params())));
    expectPath(error, kind);
  });

  it.skipIf(ofIntegers.has(name))("refuses leaves of integers by path and dtype, with a way out", () => {
    const tree = withIntegers();
    const error = errorOf(() => optimizer.update(tree, optimizer.init(tree), tree, told(params())));
    expectPath(error, DTypeError);
    expect(String(error)).toContain("int32[2,2] at .deep[0]");
    expect(String(error)).toContain("optim.masked or optim.partition");
  });
});

describe("gradients that do not fit", () => {
  const adam = optim.adam({ learningRate: 0.1 });
  const given = (): { w: NDArray; b: NDArray } => ({ w: np.ones([2, 3]), b: np.zeros([3]) });

  it("are listed with both sides", () => {
    const state = adam.init(given());
    expect(() => adam.update({ w: np.ones([2, 3]), b: np.ones([4]) }, state)).toThrow(
      "update: expected gradients of the shapes in the state, got leaves that differ at\n    .b: float32[3] in the state, float32[4] in the gradients.",
    );
    expect(() => adam.update({ w: np.ones([2, 3]), c: np.ones([3]) }, state)).toThrow(
      "\n    .b: array in the state, missing in the gradients\n    .c: missing in the state, array in the gradients.",
    );
    const sgd = optim.sgd({ learningRate: 0.1 });
    expect(() => sgd.update({ ...given(), b: 1 }, sgd.init(given()), { ...given(), b: np.ones([3]) })).toThrow(
      "\n    .b: float32[3] in the parameters, float32[] in the gradients.",
    );
  });

  it("are shown up to ten", () => {
    const wide = (size: number): Tree => Array.from({ length: 12 }, () => np.ones([size]));
    expect(() => adam.update(wide(3), adam.init(wide(2)))).toThrow(
      "[9]: float32[2] in the state, float32[3] in the gradients\n    and 2 more.",
    );
  });

  it("must have the dtypes of the state; those of the parameters only where there is a state", () => {
    const wide = { ...given(), w: np.ones([2, 3], { dtype: "float64" }) };
    expect(() => adam.update(wide, adam.init(given()), given())).toThrow(
      "update: expected gradients of the dtypes in the state, got leaves that differ at\n    .w: float32[2,3] in the state, float64[2,3] in the gradients.",
    );
    const sgd = optim.sgd({ learningRate: 0.1 });
    expect(sgd.update(wide, sgd.init(given()), given())[0].w.dtype).toBe("float64");
    const momentum = optim.trace({ decay: 0.9 });
    expect(momentum.update(1, momentum.init(np.array(2, { dtype: "float64" })))[0]).toMatchObject({ dtype: "float64" });
  });

  it("are told apart from a state that is none", () => {
    const direction = optim.scaleByAdam();
    for (const none of [undefined, null, 3, {}]) {
      const state = none as unknown as optim.StateOf<typeof direction>;
      expect(() => direction.update(given(), state)).toThrow("update: expected the state of this optimizer, got");
    }
  });
});

describe("leaves of integers", () => {
  const tree = (): { w: NDArray; steps: NDArray } => ({ w: np.ones([2]), steps: np.array([3], { dtype: "int32" }) });

  it("are refused when the state is made", () => {
    expect(() => optim.adam({ learningRate: 0.1 }).init(tree())).toThrow(
      "scaleByAdam: expected floating-point parameters, got int32[1] at .steps.",
    );
    const decay = optim.addDecayedWeights(0.1, { mask: true });
    expect(() => decay.update(tree(), decay.init(tree()), tree())).toThrow(
      "addDecayedWeights: expected floating-point parameters that decay, got int32[1] at .steps.",
    );
  });

  it("are left alone by masked and partition, as the error says", () => {
    const isFloat = (_: unknown, leaf: NDArray): boolean => leaf.dtype === "float32";
    const masked = optim.masked(optim.adam({ learningRate: 0.1 }), isFloat);
    const parts = optim.partition({ adam: optim.adam({ learningRate: 0.1 }), none: optim.setToZero() }, (path) =>
      path[0] === "w" ? "adam" : "none",
    );
    expect(masked.update(tree(), masked.init(tree()), tree())[0].steps.toArray()).toEqual([3]);
    expect(parts.update(tree(), parts.init(tree()), tree())[0].steps.toArray()).toEqual([0]);
    const decay = optim.addDecayedWeights(0.5, { mask: isFloat });
    expect(decay.update(tree(), decay.init(tree()), tree())[0].w.toArray()).toEqual([1.5, 1.5]);
  });
});
