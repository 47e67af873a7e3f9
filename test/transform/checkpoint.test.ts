// checkpoint: the same values and derivatives to third order, recomputed in the backward pass.

import { describe, expect, test, beforeAll } from "vitest";
import { type NDArray, checkpoint, grad, hessian, jacfwd, jit, jvp, makeJaxpr, valueAndGrad, vmap, setDebug } from "../../src/index.js";
import type { Jaxpr } from "../../src/core/jaxpr.js";
import { innerPrograms } from "../../src/core/check.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { exp } from "../../src/ops/exponential.js";
import { reshape } from "../../src/ops/layout.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { contents, expectClose, f64, i32, untyped } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

/** How often a primitive stands in a program, programs inside included. */
const count = (jaxpr: Jaxpr, name: string): number =>
  jaxpr.equations.reduce(
    (sum, e) => sum + (e.primitive.name === name ? 1 : 0) + innerPrograms(e.params).reduce((inner, p) => inner + count(p, name), 0),
    0,
  );

const block = (x: NDArray): NDArray => sin(mul(exp(sin(x)), x));
const total = (f: (x: NDArray) => NDArray) => (x: NDArray) => reduceSum(f(x));
const x = f64(0.3, -0.7);

describe("values and derivatives are the function's", () => {
  const marked = checkpoint(block);

  test("to third order, in both modes", () => {
    expect(marked(x).toArray()).toEqual(block(x).toArray());
    type Scalar = (x: NDArray) => NDArray;
    const orders: readonly ((f: Scalar) => Scalar)[] = [
      (f) => grad(f),
      (f) => grad(total(grad(f))),
      (f) => grad(total(grad(total(grad(f))))),
      (f) => (y) => jvp(f, [y], [f64(1, 1)])[1],
      (f) => (y) => jvp(grad(f), [y], [f64(1, 0)])[1],
      (f) => grad((y: NDArray) => reduceSum(jvp(f, [y], [f64(1, 0)])[1])),
      (f) => hessian(f),
      (f) => jacfwd(hessian(f)),
    ];
    for (const order of orders) expectClose(order(total(marked))(x), order(total(block))(x), 1e-12);
  });

  test("under vmap and jit, in any order", () => {
    const xs = reshape(f64(0.1, 0.2, 0.3, 0.4), [2, 2]);
    const expected = vmap(grad(total(block)))(xs);
    const g = grad(total(marked));
    for (const f of [vmap(g), jit(vmap(g)), vmap(jit(g)), vmap(grad(total(jit(marked)))), vmap(grad(total(checkpoint(jit(block)))))])
      expectClose(f(xs), expected, 1e-14);
  });

  test("nested", () => {
    const twice = checkpoint((y: NDArray) => marked(marked(y)));
    expectClose(grad(total(twice))(x), grad(total((y: NDArray) => block(block(y))))(x), 1e-13);
    expectClose(hessian(total(twice))(x), hessian(total((y: NDArray) => block(block(y))))(x), 1e-12);
  });

  test("of trees, with integers and numbers among them", () => {
    const f = (p: { w: NDArray; n: NDArray }, s: NDArray): { y: NDArray; n: NDArray } => ({ y: mul(sin(p.w), s), n: p.n });
    const loss = (w: NDArray): [NDArray, NDArray] => {
      const { y, n } = checkpoint(f)({ w, n: i32(3) }, 2);
      return [reduceSum(y), n];
    };
    const [[value, n], dw] = valueAndGrad(loss, { hasAux: true })(x);
    expectClose(value, [2 * (Math.sin(0.3) + Math.sin(-0.7))]);
    expectClose(dw, [2 * Math.cos(0.3), 2 * Math.cos(-0.7)]);
    expect(n.toArray()).toEqual([3]);
  });

  test("closing over what is differentiated", () => {
    const f = (w: NDArray): NDArray => reduceSum(checkpoint((y: NDArray) => sin(mul(y, w)))(f64(1, 2)));
    expectClose(grad(f)(x), [Math.cos(0.3), 2 * Math.cos(-1.4)]);
    expectClose(grad(jit(f))(x), [Math.cos(0.3), 2 * Math.cos(-1.4)]);
    const both = (w: NDArray): NDArray => reduceSum(vmap((s: NDArray) => checkpoint((y: NDArray) => mul(mul(y, w), s))(w))(f64(1, 2)));
    expectClose(grad(both)(x), [6 * 0.3, 6 * -0.7]);
  });

  test("outputs that do not depend on what is differentiated", () => {
    const f = (y: NDArray, z: NDArray): [NDArray, NDArray, NDArray] => [sin(y), exp(z), f64(5)];
    const loss = (y: NDArray): NDArray => checkpoint(f)(y, x).reduce((sum, part) => add(sum, reduceSum(part)), reduceSum(f64(0)));
    expectClose(grad(loss)(x), [Math.cos(0.3), Math.cos(-0.7)]);
  });
});

describe("recomputation", () => {
  const chain = (y: NDArray): NDArray => sin(sin(sin(y)));

  test("the gradient's program computes the block twice: once forward, once backward", () => {
    const plain = makeJaxpr(grad(total(chain)))(x).jaxpr;
    const saved = makeJaxpr(grad(total(checkpoint(chain))))(x).jaxpr;
    expect([count(plain, "sin"), count(saved, "sin")]).toEqual([3, 5]);
    expect([count(plain, "cos"), count(saved, "cos")]).toEqual([3, 3]);
  });

  test("what crosses from forward to backward is the block's input alone", () => {
    const saved = makeJaxpr(grad(total(checkpoint(chain))))(x).jaxpr;
    const calls = saved.equations.filter((e) => e.primitive.name === "checkpoint");
    expect(calls).toHaveLength(2);
    const [forward, backward] = calls;
    expect(backward.inputs).toContain(saved.invars[0]);
    expect(backward.inputs.filter((atom) => forward.outputs.some((v) => v === atom))).toEqual([]);
  });
});

test("refusals", () => {
  expect(() => untyped(checkpoint)(3)).toThrow("checkpoint: expected a function, got a number.");
  expect(() => untyped(checkpoint(block))("x")).toThrow(
    'checkpoint: expected an array, a number or a boolean at arguments[0], got the string "x".\n  let the function close over what is no array; give a policy as an option: checkpoint(f, { policy: checkpointPolicies.dotsSaveable }).',
  );
  expect(contents(checkpoint(() => [])())).toEqual({});
});
