// Policies of checkpoint: what is kept is not computed again, and what is not kept is; the derivatives are the same.

import { pipe } from "fp-ts/lib/function.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CheckpointPolicy,
  type ClosedJaxpr,
  type NDArray,
  OptionError,
  checkpoint,
  checkpointName,
  checkpointPolicies,
  customVjp,
  grad,
  hessian,
  jit,
  lax,
  makeJaxpr,
  numpy as np,
  setDebug,
  valueAndGrad,
  vmap,
} from "../../src/index.js";
import { innerPrograms } from "../../src/core/check.js";
import type { Jaxpr } from "../../src/core/jaxpr.js";
import { optimise } from "../../src/optimise/optimise.js";
import { expectClose, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));
afterAll(() => void setDebug({ checkJaxprs: false }));

/** How often a primitive stands in a program, programs inside included. */
const count = (jaxpr: Jaxpr, name: string): number =>
  jaxpr.equations.reduce(
    (sum, e) => sum + (e.primitive.name === name ? 1 : 0) + innerPrograms(e.params).reduce((inner, p) => inner + count(p, name), 0),
    0,
  );

const w = np.array(
  [
    [0.3, -0.5],
    [0.2, 0.7],
  ],
  { dtype: "float64" },
);
const x = np.array([0.4, -0.2], { dtype: "float64" });

/** Two layers: two products, two sines, values with names. */
const layers = (v: NDArray, y: NDArray): NDArray => {
  const product = checkpointName(np.matmul(v, y), "product");
  const hidden = checkpointName(np.sin(product), "hidden");
  return np.sin(np.matmul(v, hidden));
};
const summed = (f: typeof layers) => (v: NDArray, y: NDArray) => f(v, y).sum();
const gradientOf = (policy: CheckpointPolicy | undefined): ClosedJaxpr =>
  makeJaxpr(grad(summed(checkpoint(layers, policy === undefined ? {} : { policy }))))(w, x);

const { saveOnlyTheseNames, saveAnyNamesButThese, saveAnythingExceptTheseNames, saveFromBothPolicies } = checkpointPolicies;

/** Policies, with how many products and sines the gradient's program has. Forward there are 2 of each; backward 1 more product. */
const policies: Record<string, readonly [policy: CheckpointPolicy | undefined, products: number, sines: number]> = {
  none: [undefined, 2 + 1 + 2, 2 + 1],
  nothingSaveable: [checkpointPolicies.nothingSaveable, 2 + 1 + 2, 2 + 1],
  everythingSaveable: [checkpointPolicies.everythingSaveable, 2 + 1, 2],
  dotsSaveable: [checkpointPolicies.dotsSaveable, 2 + 1, 2 + 1],
  dotsWithNoBatchDimsSaveable: [checkpointPolicies.dotsWithNoBatchDimsSaveable, 2 + 1, 2 + 1],
  "saveOnlyTheseNames(product)": [saveOnlyTheseNames("product"), 2 + 1 + 1, 2 + 1],
  "saveOnlyTheseNames(hidden)": [saveOnlyTheseNames("hidden"), 2 + 1 + 2, 2],
  "saveOnlyTheseNames(product, hidden)": [saveOnlyTheseNames("product", "hidden"), 2 + 1 + 1, 2],
  "saveAnyNamesButThese(hidden)": [saveAnyNamesButThese("hidden"), 2 + 1 + 1, 2 + 1],
  "saveAnythingExceptTheseNames(hidden)": [saveAnythingExceptTheseNames("hidden"), 2 + 1, 2],
  "saveFromBothPolicies(dots, hidden)": [saveFromBothPolicies(checkpointPolicies.dotsSaveable, saveOnlyTheseNames("hidden")), 2 + 1, 2],
};

describe("what is computed again", () => {
  test.each(Object.entries(policies))("%s", (_, [policy, products, sines]) => {
    const { jaxpr } = gradientOf(policy);
    // Products of the gradient with respect to the weights are outer products, written as products of their own.
    const outer = count(makeJaxpr(grad(summed(layers)))(w, x).jaxpr, "dot_general") - 3;
    expect([count(jaxpr, "dot_general") - outer, count(jaxpr, "sin")]).toEqual([products, sines]);
  });

  test("inside of jitted functions too", () => {
    const products = (policy: CheckpointPolicy): number =>
      count(makeJaxpr(grad(summed(checkpoint(jit(layers), { policy }))))(w, x).jaxpr, "dot_general");
    expect(products(checkpointPolicies.dotsSaveable)).toBe(products(checkpointPolicies.nothingSaveable) - 2);
  });

  test("products with batch axes are told from those without", () => {
    const scores = (q: NDArray, k: NDArray): NDArray =>
      np
        .sin(
          lax.dotGeneral(q, k, [
            [[1], [1]],
            [[0], [0]],
          ]),
        )
        .sum()
        .add(np.sin(np.matmul(q, k.T)).sum());
    const q = np.ones([2, 3]);
    const again = (policy: CheckpointPolicy): number =>
      count(makeJaxpr(grad((y: NDArray) => checkpoint(scores, { policy })(y, q)))(q).jaxpr, "dot_general");
    const none = again(checkpointPolicies.nothingSaveable);
    expect(again(checkpointPolicies.dotsSaveable)).toBe(none - 2);
    expect(again(checkpointPolicies.dotsWithNoBatchDimsSaveable)).toBe(none - 1);
  });

  test("kept values cross from the forward call to the backward one; a barrier stands before what is computed again", () => {
    const { jaxpr } = gradientOf(saveOnlyTheseNames("product"));
    const [forward, backward] = jaxpr.equations.filter((e) => e.primitive.name === "checkpoint");
    const crossing = backward.inputs.filter((atom) => forward.outputs.some((v) => v === atom));
    expect(crossing.map((atom) => atom.aval.shape)).toEqual([[2]]);
    expect(count(jaxpr, "optimization_barrier")).toBe(1);
    expect(count(gradientOf(checkpointPolicies.everythingSaveable).jaxpr, "optimization_barrier")).toBe(0);
    const bare = makeJaxpr(grad(summed(checkpoint(layers, { preventCse: false }))))(w, x).jaxpr;
    expect(count(bare, "optimization_barrier")).toBe(0);
  });

  test("the optimiser leaves it so", () => {
    const chain = (y: NDArray): NDArray => np.sin(np.sin(np.sin(y)));
    const sines = (f: (y: NDArray) => NDArray): number =>
      count(optimise(makeJaxpr(valueAndGrad((y: NDArray) => f(y).sum()))(x)).jaxpr, "sin");
    expect(sines(chain)).toBe(3);
    expect(sines(checkpoint(chain))).toBe(3 + 2);
    expect(sines(checkpoint(chain, { policy: checkpointPolicies.everythingSaveable }))).toBe(3);
  });

  test("a policy of one's own is asked about primitives by name", () => {
    const asked: string[] = [];
    gradientOf(({ name }) => {
      asked.push(name);
      return name === "sin";
    });
    expect(new Set(asked)).toEqual(new Set(["cos", "name", "sin", "dot_general"]));
  });
});

describe("the same derivatives", () => {
  test.each(Object.entries(policies))("%s", (_, [policy]) => {
    const f = checkpoint(layers, policy === undefined ? {} : { policy });
    const [of, plain] = [summed(f), summed(layers)];
    expectClose(grad(of)(w, x), grad(plain)(w, x), 1e-13);
    expectClose(jit(grad(of))(w, x), grad(plain)(w, x), 1e-13);
    expectClose(hessian((y: NDArray) => of(w, y))(x), hessian((y: NDArray) => plain(w, y))(x), 1e-12);
    expectClose(
      grad((y: NDArray) => grad((z: NDArray) => of(w, z))(y).sum())(x),
      grad((y: NDArray) => grad((z: NDArray) => plain(w, z))(y).sum())(x),
      1e-12,
    );
    const xs = np.stack([x, x.mul(2)]);
    const batch = vmap(grad(of, { argnums: 1 }), { inAxes: [null, 0] });
    expectClose(batch(w, xs), vmap(grad(plain, { argnums: 1 }), { inAxes: [null, 0] })(w, xs), 1e-13);
  });

  test("a rule of the user's inside is still used in second derivatives", () => {
    const f: (y: NDArray) => NDArray = customVjp((y: NDArray) => y.mul(y), {
      forward: (y) => [f(y), y],
      backward: (y, ct) => [ct.mul(y).mul(10)],
    });
    const g = (policy: CheckpointPolicy) => (y: NDArray) => checkpoint((z: NDArray) => f(z).sin(), { policy })(y).sum();
    const second = (h: (y: NDArray) => NDArray): NDArray => grad((y: NDArray) => grad(h)(y).sum())(x);
    const plain = second((y) => f(y).sin().sum());
    for (const policy of [checkpointPolicies.everythingSaveable, checkpointPolicies.nothingSaveable])
      expectClose(second(g(policy)), plain, 1e-13);
  });

  test("in a scan, with the barrier left out", () => {
    const chain = (body: typeof layers) => (y: NDArray) =>
      lax.scan((carry: NDArray, _: NDArray): [NDArray, null] => [body(w, carry), null], y, np.zeros([5]))[0].sum();
    const body = checkpoint(layers, { policy: checkpointPolicies.dotsSaveable, preventCse: false });
    expectClose(grad(chain(body))(x), grad(chain(layers))(x), 1e-13);
    expectClose(jit(grad(chain(body)))(x), grad(chain(layers))(x), 1e-13);
  });
});

test("with options alone it waits for its function", () => {
  const f = pipe(layers, checkpoint({ policy: checkpointPolicies.dotsSaveable }), summed, grad, jit);
  expectClose(f(w, x), grad(summed(layers))(w, x), 1e-13);
});

test("names and barriers pass values and trees on", () => {
  const tree = { a: x, b: [w, 2] as [NDArray, number] };
  const named = checkpointName(tree, "tree");
  expectClose(named.a, x);
  expectClose(grad((y: NDArray) => checkpointName(y, "y").mul(3).sum())(x), [3, 3]);
  const held = lax.optimizationBarrier({ a: x, w });
  expectClose(held.w.reshape([4]), [0.3, -0.5, 0.2, 0.7]);
  expectClose(jit(grad((y: NDArray) => lax.optimizationBarrier(y).mul(3).sum()))(x), [3, 3]);
  expectClose(vmap((y: NDArray) => lax.optimizationBarrier([y, x])[0].mul(2))(x), [0.8, -0.4]);
});

test("refusals", () => {
  expect(() => untyped(checkpoint)(layers, { policy: "dots" })).toThrow(OptionError);
  expect(() => untyped(checkpoint)(layers, { policy: "dots" })).toThrow(
    "checkpoint: expected policy: a function, and preventCse: true or false, got policy: dots.",
  );
  expect(() => untyped(checkpoint)(layers, { preventCse: 1 })).toThrow("got preventCse: 1");
  expect(() => untyped(checkpoint)({ polisy: 1 })).toThrow("checkpoint: expected options among policy, preventCse, got polisy.");
  expect(() => saveOnlyTheseNames()).toThrow(
    "checkpointPolicies.saveOnlyTheseNames: expected names, as they were given to checkpointName, got none.",
  );
  expect(() => untyped(saveAnyNamesButThese)("a", 3)).toThrow("got 3");
  expect(() => untyped(checkpointName)(x, 3)).toThrow("checkpointName: expected a name that is a text, got 3.");
  expect(() => checkpointName(x, "")).toThrow("got an empty one");
});

test.each([
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number", () => 1],
  ["an object", async () => true],
  ["a function", saveFromBothPolicies],
])("a policy that returns %s is refused, by the application and its line", (received, policy) => {
  const f = checkpoint((y: NDArray) => np.sin(np.sin(y)).sum(), { policy: untyped(policy) as unknown as CheckpointPolicy });
  for (const g of [grad(f), jit(grad(f)), grad(jit(f))]) {
    expect(() => g(x)).toThrow(OptionError);
    expect(() => g(x)).toThrow(
      new RegExp(
        `^checkpoint: expected a policy that returns true or false for each application, got ${received} for cos\\.[^]*checkpointPolicies`,
      ),
    );
  }
  // Forward mode keeps nothing, so nobody asks.
  expectClose(f(x), np.sin(np.sin(x)).sum());
});

test("a combination of policies asks for booleans too", () => {
  const forgetful = untyped(() => undefined) as unknown as CheckpointPolicy;
  const policy = saveFromBothPolicies(forgetful, checkpointPolicies.everythingSaveable);
  expect(() => gradientOf(policy)).toThrow("got undefined for");
});

test("a policy in the place of the options", () => {
  for (const [policy, received] of [
    ["dotsSaveable", "a string"],
    [checkpointPolicies.dotsSaveable, "a function"],
  ]) {
    expect(() => untyped(checkpoint)(layers, policy)).toThrow(OptionError);
    expect(() => untyped(checkpoint)(layers, policy)).toThrow(
      `checkpoint: expected an options object with names among policy, preventCse, got ${String(received)}.\n  give a policy as an option: checkpoint(f, { policy: checkpointPolicies.dotsSaveable }).`,
    );
  }
});
