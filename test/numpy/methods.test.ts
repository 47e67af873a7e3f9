// The methods of arrays: each gives what its function gives, on arrays and inside of transforms.

import { describe, expect, it } from "vitest";
import { ConcreteArray, NDArray } from "../../src/core/array.js";
import { Tracer } from "../../src/core/trace.js";
import { grad, jit, numpy, vmap } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";
import { expectClose } from "../close.js";
import type { ArrayMethods } from "../../src/numpy/methods.js";

const x = np.array([
  [0.5, 1.25, 2.5],
  [3, 0.25, 1],
]);
const y = np.array([2, 1, 0.5]);

type Case = readonly [method: (x: NDArray) => NDArray, f: (x: NDArray) => NDArray];

// A method without its case does not compile.
const cases: Record<Exclude<keyof ArrayMethods, "at" | typeof Symbol.iterator>, Case> = {
  add: [(a) => a.add(y), (a) => np.add(a, y)],
  sub: [(a) => a.sub(y), (a) => np.subtract(a, y)],
  mul: [(a) => a.mul(y), (a) => np.multiply(a, y)],
  div: [(a) => a.div(y), (a) => np.divide(a, y)],
  floorDivide: [(a) => a.floorDivide(y), (a) => np.floorDivide(a, y)],
  mod: [(a) => a.mod(y), (a) => np.mod(a, y)],
  pow: [(a) => a.pow(3), (a) => np.power(a, 3)],
  neg: [(a) => a.neg(), np.negative],
  abs: [(a) => a.neg().abs(), np.abs],
  sign: [(a) => a.neg().sign(), (a) => np.sign(np.negative(a))],
  square: [(a) => a.square(), np.square],
  sqrt: [(a) => a.sqrt(), np.sqrt],
  exp: [(a) => a.exp(), np.exp],
  log: [(a) => a.log(), np.log],
  sin: [(a) => a.sin(), np.sin],
  cos: [(a) => a.cos(), np.cos],
  tanh: [(a) => a.tanh(), np.tanh],
  maximum: [(a) => a.maximum(y), (a) => np.maximum(a, y)],
  minimum: [(a) => a.minimum(y), (a) => np.minimum(a, y)],
  clip: [(a) => a.clip(null, 1), (a) => np.clip(a, null, 1)],
  round: [(a) => a.round(1), (a) => np.round(a, 1)],
  floor: [(a) => a.floor(), np.floor],
  ceil: [(a) => a.ceil(), np.ceil],
  equal: [(a) => a.equal(1), (a) => np.equal(a, 1)],
  notEqual: [(a) => a.notEqual(1), (a) => np.notEqual(a, 1)],
  greater: [(a) => a.greater(1), (a) => np.greater(a, 1)],
  greaterEqual: [(a) => a.greaterEqual(1), (a) => np.greaterEqual(a, 1)],
  less: [(a) => a.less(1), (a) => np.less(a, 1)],
  lessEqual: [(a) => a.lessEqual(1), (a) => np.lessEqual(a, 1)],
  sum: [(a) => a.sum(0, { keepdims: true }), (a) => np.sum(a, 0, { keepdims: true })],
  prod: [(a) => a.prod(1), (a) => np.prod(a, 1)],
  mean: [(a) => a.mean(1), (a) => np.mean(a, 1)],
  var: [(a) => a.var(0, { ddof: 1 }), (a) => np.var(a, 0, { ddof: 1 })],
  std: [(a) => a.std(0), (a) => np.std(a, 0)],
  max: [(a) => a.max(0), (a) => np.max(a, 0)],
  min: [(a) => a.min(0), (a) => np.min(a, 0)],
  argmax: [(a) => a.argmax(1), (a) => np.argmax(a, 1)],
  argmin: [(a) => a.argmin(), (a) => np.argmin(a)],
  all: [(a) => a.less(3).all(1), (a) => np.all(np.less(a, 3), 1)],
  any: [(a) => a.less(0.5).any(1), (a) => np.any(np.less(a, 0.5), 1)],
  cumsum: [(a) => a.cumsum(1), (a) => np.cumsum(a, 1)],
  cumprod: [(a) => a.cumprod(), (a) => np.cumprod(a)],
  dot: [(a) => a.dot(y), (a) => np.dot(a, y)],
  matmul: [(a) => a.matmul(a.T), (a) => np.matmul(a, np.transpose(a))],
  reshape: [(a) => a.reshape([3, -1]), (a) => np.reshape(a, [3, 2])],
  ravel: [(a) => a.ravel(), np.ravel],
  flatten: [(a) => a.flatten(), np.ravel],
  transpose: [(a) => a.transpose([1, 0]), (a) => np.transpose(a)],
  T: [(a) => a.T, (a) => np.transpose(a)],
  swapaxes: [(a) => a.swapaxes(0, 1), (a) => np.swapaxes(a, 0, 1)],
  squeeze: [(a) => a.sum(0, { keepdims: true }).squeeze(0), (a) => np.sum(a, 0)],
  expandDims: [(a) => a.expandDims(1), (a) => np.expandDims(a, 1)],
  broadcastTo: [(a) => a.broadcastTo([2, 2, 3]), (a) => np.broadcastTo(a, [2, 2, 3])],
  repeat: [(a) => a.repeat(2, 1), (a) => np.repeat(a, 2, 1)],
  tile: [(a) => a.tile([2, 1]), (a) => np.tile(a, [2, 1])],
  diagonal: [(a) => a.diagonal({ offset: 1 }), (a) => np.diagonal(a, { offset: 1 })],
  take: [(a) => a.take(np.arange(2), 1), (a) => np.take(a, np.arange(2), 1)],
  sort: [(a) => a.sort(0), (a) => np.sort(a, 0)],
  argsort: [(a) => a.argsort(), (a) => np.argsort(a)],
  astype: [(a) => a.astype("int32"), (a) => np.astype(a, "int32")],
};

describe("methods", () => {
  it.each(Object.entries(cases))("%s is its function", (_, [method, f]) => {
    expect(method(x).toArray()).toEqual(f(x).toArray());
    expect(method(x).dtype).toBe(f(x).dtype);
    expectClose(jit(method)(x), f(x));
    const batch = np.stack([x, np.add(x, 1)]);
    const each = np.stack([f(x), f(np.add(x, 1))]);
    expect(np.allclose(vmap(method)(batch).astype("float32"), each.astype("float32"), { rtol: 1e-6 }).toArray()).toBe(true);
  });

  it("chain from left to right, and differentiate", () => {
    const f = (a: NDArray): NDArray => a.mul(2).add(1).tanh().sum(0);
    expect(f(np.array([0, 1])).item()).toBeCloseTo(Math.tanh(1) + Math.tanh(3), 6);
    expect(grad(f)(np.array([0, 1])).toArray()[0 as never]).toBeCloseTo(2 * (1 - Math.tanh(1) ** 2), 6);
  });

  it("at reads and writes", () => {
    expect(x.at(1, 0).get().item()).toBe(3);
    expect(x.at(0).set(0).sum().item()).toBe(4.25);
  });

  it("are on arrays and tracers alike, and do not show in enumeration", () => {
    expect(Object.keys(NDArray.prototype)).toEqual([]);
    for (const key of Object.keys(cases)) {
      expect(key in NDArray.prototype, `method ${key}`).toBe(true);
      expect(Object.hasOwn(ConcreteArray.prototype, key) || Object.hasOwn(Tracer.prototype, key), `method ${key}`).toBe(false);
    }
    for (const key in x) expect(Object.hasOwn(cases, key)).toBe(false);
  });

  it("show in the namespace of numpy, too", () => {
    expect(numpy.add(1, 2).item()).toBe(3);
    expect(numpy.var(np.array([1, 3])).item()).toBe(1);
  });
});

it("iterates over the first axis, traced or not", () => {
  const [first, second] = x;
  expect(first.toArray()).toEqual([0.5, 1.25, 2.5]);
  expect(second.toArray()).toEqual([3, 0.25, 1]);
  const sum = (a: NDArray): NDArray => {
    const [p, q] = a;
    return p.mul(q).sum();
  };
  expect(jit(grad(sum))(x).toArray()).toEqual([
    [3, 0.25, 1],
    [0.5, 1.25, 2.5],
  ]);
  expect(() => [...np.array(1)]).toThrow("unstack");
});
