// Transforms in pipes, function first and options first, with the types that come out. The assertions on types hold when
// this file typechecks.

import { pipe } from "fp-ts/lib/function.js";
import { expect, test, describe } from "vitest";
import {
  type ArrayLike,
  CotangentError,
  type NDArray,
  checkpoint,
  evalShape,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  makeJaxpr,
  valueAndGrad,
  vjp,
  vmap,
} from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { type Equal, assert } from "../tree/types.js";
import { contents, f64, i32 } from "./arrays.js";

interface Layer {
  w: NDArray;
  b: NDArray;
}
interface Params {
  readonly layers: Layer[];
  readonly scale: NDArray | null;
}
type Args<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: infer _) => infer R ? R : never;

const loss = (p: Params, x: NDArray): NDArray => reduceSum(add(mul(p.layers[0].w, x), p.layers[0].b));
const withAux = (p: Params, x: NDArray): [NDArray, { count: NDArray; steps: number }] => [loss(p, x), { count: i32(1), steps: 3 }];
const params: Params = { layers: [{ w: f64(1, 2), b: f64(3, 4) }], scale: null };
const x = f64(5, 6);
const expected = { ".layers[0].b": [1, 1], ".layers[0].w": [5, 6] };

describe("grad", () => {
  test("gives back the type of its argument, by name", () => {
    const g = grad(loss);
    assert<Equal<Result<typeof g>, Params>>();
    assert<Equal<Args<typeof g>, [p: Params, x: ArrayLike]>>();
    expect(contents(g(params, x))).toEqual(expected);
  });

  test("argnums: a number, a tuple, a variable", () => {
    const second = grad(loss, { argnums: 1 });
    assert<Equal<Result<typeof second>, NDArray>>();
    const both = grad(loss, { argnums: [0, 1] });
    assert<Equal<Result<typeof both>, [Params, NDArray]>>();
    const swapped = grad(loss, { argnums: [1, 0] });
    assert<Equal<Result<typeof swapped>, [NDArray, Params]>>();
    const first = grad(loss, {});
    assert<Equal<Result<typeof first>, Params>>();
    expect([second(params, x).toArray(), swapped(params, x)[0].toArray(), both(params, x).length]).toEqual([[1, 2], [1, 2], 2]);
  });

  test("hasAux", () => {
    const g = grad(withAux, { hasAux: true });
    assert<Equal<Result<typeof g>, [grads: Params, aux: { count: NDArray; steps: NDArray }]>>();
    const v = valueAndGrad(withAux, { hasAux: true, argnums: 1 });
    assert<Equal<Result<typeof v>, [value: [value: NDArray, aux: { count: NDArray; steps: NDArray }], grads: NDArray]>>();
    expect(v(params, x)[0][1].steps.item()).toBe(3);
    expect(g(params, x)[1].count.toArray()).toEqual([1]);
  });

  test("a function that returns a number", () => {
    const g = valueAndGrad((y: NDArray) => (y.ndim === 0 ? y : 1));
    assert<Equal<Result<typeof g>, [value: NDArray, grads: NDArray]>>();
    expect(g(2)[1].item()).toBe(1);
  });

  test("again and again", () => {
    const third = grad(grad(grad((y: NDArray) => mul(y, mul(y, y)))));
    assert<Equal<typeof third extends (y: ArrayLike) => NDArray ? true : false, true>>();
    expect(third(1).item()).toBe(6);
  });
});

describe("pipes", () => {
  test("functions first", () => {
    const step = pipe(loss, grad, jit);
    assert<Equal<Result<typeof step>, Params>>();
    assert<Equal<Args<typeof step>, [p: Params, x: ArrayLike]>>();
    expect(contents(step(params, x))).toEqual(expected);
    expect(step.cacheSize).toBe(1);
    const both = pipe(loss, valueAndGrad, jit);
    assert<Equal<Result<typeof both>, [value: NDArray, grads: Params]>>();
    expect(both(params, x)[0].item()).toBe(24);
  });

  test("options first", () => {
    const step = pipe(loss, valueAndGrad({ argnums: [0, 1] }), jit({ donateArgnums: 0 }));
    assert<Equal<Result<typeof step>, [value: NDArray, grads: [Params, NDArray]]>>();
    const own: Params = { layers: [{ w: f64(1, 2), b: f64(3, 4) }], scale: null };
    const [value, [dp, dx]] = step(own, x);
    expect([value.item(), contents(dp), dx.toArray()]).toEqual([24, expected, [1, 2]]);
    expect(() => own.layers[0].w.toArray()).toThrow("donated");
  });

  test("vmap, jit and their options", () => {
    const f = (y: NDArray, z: NDArray): { sum: NDArray } => ({ sum: add(y, z) });
    const g = pipe(f, vmap({ inAxes: [0, null] }), jit);
    assert<Equal<Result<typeof g>, { sum: NDArray }>>();
    expect(g(f64(1, 2), 10).sum.toArray()).toEqual([11, 12]);
  });

  test("every transform takes its place", () => {
    const f = (y: NDArray): NDArray => reduceSum(mul(y, mul(y, y)));
    const h = pipe(f, checkpoint, jacrev, jacfwd({ argnums: 0 }), jit({}));
    assert<Equal<Result<typeof h>, NDArray>>();
    expect(h(f64(1, 2)).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
    const pair = pipe((y: NDArray, z: NDArray) => mul(y, z), jacrev({ argnums: [1, 0] }));
    assert<Equal<Result<typeof pair>, [NDArray, NDArray]>>();
    expect(pair(f64(2), f64(3)).map((j) => j.toArray())).toEqual([[[2]], [[3]]]);
    expect(pipe(f, hessian({ argnums: 0 }), jit)(f64(1, 2)).toArray()).toEqual(h(f64(1, 2)).toArray());
    expect(pipe(f, grad({ argnums: 0 }), vmap, makeJaxpr)(mul(f64(1, 2), 1)).outAvals[0].shape).toEqual([2]);
  });
});

test("the other transforms", () => {
  const f = (p: Layer): { y: NDArray; pair: [NDArray, number] } => ({ y: mul(p.w, p.b), pair: [p.w, 1] });
  type Out = { y: NDArray; pair: [NDArray, NDArray] };
  const primal: Layer = { w: f64(2), b: f64(3) };

  const compiled = jit(f);
  assert<Equal<Result<typeof compiled>, Out>>();
  const same = jit((p: Layer) => p);
  assert<Equal<Result<typeof same>, Layer>>();
  const batched = vmap(f);
  assert<Equal<Result<typeof batched>, Out>>();
  const saved = checkpoint(f);
  assert<Equal<Result<typeof saved>, Out>>();

  const pushed = jvp(f, [primal], [primal]);
  assert<Equal<typeof pushed, [out: Out, tangent: Out]>>();
  const [out, pullback] = vjp(f, [primal]);
  assert<Equal<typeof out, Out>>();
  assert<Equal<Result<typeof pullback>, [p: Layer]>>();
  const [, push] = linearize(f, [primal]);
  assert<Equal<Result<typeof push>, Out>>();
  const shapes = evalShape(f, primal);
  assert<Equal<typeof shapes, Out>>();

  const block = jacrev(f);
  assert<Equal<Result<typeof block>, { y: Layer; pair: [Layer, Layer] }>>();
  const blocks = jacfwd((y: NDArray, p: Layer) => mul(y, p.w), { argnums: [1, 0] });
  assert<Equal<Result<typeof blocks>, [Layer, NDArray]>>();
  const second = hessian((p: Layer) => reduceSum(mul(p.w, p.b)));
  assert<Equal<Result<typeof second>, { w: Layer; b: Layer }>>();

  expect(contents(pullback(out)[0])).toEqual({ ".b": [12], ".w": [20] });
  expect(contents(second(primal))).toEqual({ ".b.b": [[0]], ".b.w": [[1]], ".w.b": [[1]], ".w.w": [[0]] });
});

test("what the types refuse", () => {
  const wrong = [
    // @ts-expect-error a number is no function
    () => grad(3),
    // @ts-expect-error no such option
    () => grad(loss, { argnum: 0 }),
    // @ts-expect-error a string is no array
    () => grad(loss)(params, "x"),
    // @ts-expect-error an argument is missing
    () => jit(loss)(params),
    // @ts-expect-error the tangents need the arguments' structure
    () => jvp(loss, [params, x], [x, x]),
    // @ts-expect-error no such option
    () => vmap({ axes: 0 }),
  ];
  for (const call of wrong) expect(call).toThrow(CotangentError);
});
