// What wrappers say of arguments that are none, where types have been bypassed: a transformation that was not called, nothing at
// all, another object.

import { describe, expect, it } from "vitest";
import { type NDArray, numpy as np, optim } from "../../src/index.js";
import { TypeMismatchError } from "../../src/core/errors.js";
import * as train from "../../src/train/index.js";

type Any = optim.TreeTransformation<unknown>;

const sgd = (): Any => optim.sgd({ learningRate: 0.1 });
const always = (): boolean => true;

/** Everything that takes a transformation, with the name of the argument. */
const wrappers: Readonly<Record<string, readonly [argument: string, make: (inner: Any) => unknown]>> = {
  chain: ["part 2", (inner) => optim.chain(sgd(), inner)],
  andThen: ["part 1", (inner) => optim.andThen(sgd())(inner)],
  masked: ["inner", (inner) => optim.masked(inner, true)],
  multiSteps: ["inner", (inner) => optim.multiSteps(inner, 2)],
  partition: ['the part "rest"', (inner) => optim.partition({ all: sgd(), rest: inner }, "all")],
  lookahead: ["fast", (inner) => optim.lookahead(inner, { syncPeriod: 2, slowStepSize: 0.5 })],
  applyIfFinite: ["inner", (inner) => optim.applyIfFinite(inner, 2)],
  conditionallyTransform: ["inner", (inner) => optim.conditionallyTransform(inner, (step) => step.less(2))],
  conditionallyMask: ["inner", (inner) => optim.conditionallyMask(inner, (step) => step.less(2))],
  injectHyperparams: ["what make gives", (inner) => optim.injectHyperparams(() => inner, { learningRate: 0.1 }).init(np.ones([2]))],
  sam: ["optimizer", (inner) => optim.sam(inner, sgd())],
  "sam's adversary": ["adversary", (inner) => optim.sam(sgd(), inner)],
  scheduleFree: ["inner", (inner) => optim.scheduleFree(inner, { learningRate: 0.1 })],
  transformation: ["rules", (inner) => optim.transformation(inner)],
  initState: ["optimizer", (inner) => train.initState(np.ones([2]), inner)],
  makeStep: ["optimizer", (inner) => train.makeStep((w: NDArray) => w.square().sum(), inner)],
};

describe.each(Object.entries(wrappers))("%s", (name, [argument, make]) => {
  const op = { andThen: "chain", "sam's adversary": "sam" }[name] ?? name;

  it("asks for a call of what makes the transformation", () => {
    const uncalled = optim.adam as unknown as Any;
    expect(() => make(uncalled)).toThrow(TypeMismatchError);
    expect(() => make(uncalled)).toThrow(
      `${op}: expected ${argument}, a transformation with init and update, got the function adam.\n  call it: adam({ … }) gives a transformation.`,
    );
    expect(() => make(always as unknown as Any)).toThrow("got the function always");
  });

  it.each([
    { given: undefined, shown: "nothing" },
    { given: null, shown: "null" },
    { given: {}, shown: "an object" },
    { given: { init: always }, shown: "an object" },
    { given: 3, shown: "a number" },
  ])("refuses $shown", ({ given, shown }) => {
    expect(() => make(given as unknown as Any)).toThrow(
      `${op}: expected ${argument}, a transformation with init and update, got ${shown}.\n  pass what optim.adam({ … }) and the like give.`,
    );
  });
});

describe("other arguments of wrappers", () => {
  it("lookahead asks for both sets of parameters", () => {
    const both = optim.lookahead(sgd(), { syncPeriod: 2, slowStepSize: 0.5 });
    const plain = { w: np.ones([2]) } as unknown as optim.LookaheadParams<unknown>;
    const says = "lookahead: expected parameters { fast, slow }, got an object.\n  make them with optim.lookaheadParams(params).";
    expect(() => both.init(plain)).toThrow(says);
    expect(() => both.update(plain, both.init(optim.lookaheadParams(plain)), plain)).toThrow(says);
  });

  it("are refused by name", () => {
    const options = { shouldSkip: true } as unknown as optim.MultiStepsOptions;
    expect(() => optim.multiSteps(sgd(), 2, options)).toThrow("multiSteps: expected shouldSkip, a function, got a boolean.");
    const none = undefined as unknown as optim.ScheduleFreeOptions;
    expect(() => optim.scheduleFree(sgd(), none)).toThrow("scheduleFree: expected an options object with names among learningRate");
    const mask = undefined as unknown as optim.Mask;
    expect(() => optim.masked(sgd(), mask).init({ w: np.ones([2]) })).toThrow("masked: expected a prefix that fits the tree: at mask");
  });
});
