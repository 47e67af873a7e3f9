// checkVmap, checkJit, checkTransforms and assertClose: what is right passes, each kind of fault is named.

import { describe, expect, it } from "vitest";
import { numpy as np, random, vmap, type NDArray } from "../../src/index.js";
import { aval } from "../../src/core/aval.js";
import { typedArray } from "../../src/core/dtype.js";
import { batched, constant, primitive } from "../../src/core/primitive.js";
import { bind } from "../../src/core/trace.js";
import { NotCloseError, TransformCheckError, assertClose, checkJit, checkTransforms, checkVmap } from "../../src/testing/index.js";

/** Twice its argument, with a batching rule that gives another value where the batch does not lie in front. */
const wrongBatching = primitive("wrong_batching")<object>({
  type: ([a]) => [aval(a.shape, a.dtype)],
  derivative: constant,
  batch: batched((_, [x], [dim]) => [dim === 1 ? x.mul(3) : x.mul(2), dim]),
  reference: ([a]) => [
    {
      ...a,
      data: typedArray(
        a.dtype,
        Array.from(a.data, (v) => 2 * v),
      ),
    },
  ],
});

describe("checkVmap", () => {
  it("tries every way to map the arguments", () => {
    const { inAxes } = checkVmap((x: NDArray, y: NDArray) => np.dot(x, y), [np.array([1, 2]), np.array([3, 4])]);
    expect(inAxes).toHaveLength(8);
    expect(inAxes).toEqual(
      expect.arrayContaining([
        [0, null],
        [null, 1],
        [1, 0],
      ]),
    );
  });

  it("takes trees, integers, numbers, keys, and leaves that are no arrays", () => {
    const f = (p: { w: NDArray; mode: string }, n: NDArray, s: NDArray): NDArray => np.take(p.w, n).mul(s).add(p.mode.length);
    checkVmap(f, [{ w: np.array([1, 2, 3]), mode: "sum" }, np.array([2, 0], { dtype: "int32" }), 2]);
    checkVmap((key: NDArray) => random.normal(key, [3]), [random.key(1)]);
  });

  it("draws the ways where there are too many, the same ones for the same seed", () => {
    const xs = Array.from({ length: 5 }, () => np.ones([2, 2]));
    const ways = (seed: number): unknown =>
      checkVmap((list: NDArray[]) => list.reduce((a, b) => a.add(b)), [xs], { combinations: 10, seed }).inAxes;
    expect(ways(1)).toEqual(ways(1));
    expect(ways(1)).not.toEqual(ways(2));
  });

  it("names the combination, the leaf and the element", () => {
    const f = (x: NDArray, _y: NDArray) => ({ out: bind(wrongBatching, [x], {}) });
    expect(() => checkVmap(f, [np.array([1, 2]), np.array(0)])).toThrow(TransformCheckError);
    expect(() => checkVmap(f, [np.array([1, 2]), np.array(0)])).toThrow(
      /vmap over 3 examples with inAxes \(argument 0: 1, argument 1: \w+\)(?: and outAxes -1)? to give what a loop over the examples gives, [\d.]+ at the result\.out\[\d, \d\], got/,
    );
  });

  it("refuses options that make no sense", () => {
    expect(() => checkVmap((x: NDArray) => x, [np.ones([2])], { batch: 0 })).toThrow("checkVmap: expected batch: at least 1, got 0");
    expect(() => checkVmap((x: NDArray) => x, [np.ones([2])], { rtol: -1 })).toThrow("rtol: a number that is not negative");
  });
});

describe("checkJit", () => {
  it("runs twice from one trace, with other values, and donated", () => {
    expect(checkJit((x: NDArray, y: NDArray) => [x.mul(y), x], [np.array([1, 2]), 3])).toEqual({ traces: 1 });
  });

  it("finds what changes from call to call", () => {
    let calls = 0;
    expect(() => checkJit((x: NDArray) => ({ y: x.mul(calls++) }), [np.array([1, 2])])).toThrow(
      /the first call of jit to give what the function itself gives, 0 at the result\.y\[\d\], got \d \(2 of 2 elements are apart/,
    );
  });

  it("finds what was read while tracing", () => {
    // The first call is eager, the second is the trace, the third is eager again.
    let calls = 0;
    const f = (x: NDArray): NDArray => x.add(calls++ >= 2 ? 1 : 0);
    expect(() => checkJit(f, [np.array([1, 2])])).toThrow("a call of jit on other values to give what the function itself gives");
  });
});

describe("checkTransforms", () => {
  it("runs all of them", () => {
    const report = checkTransforms((x: NDArray) => np.tanh(x).sum(), [np.array([0.3, -1])]);
    expect(report.jit).toEqual({ traces: 1 });
    expect(report.vmap?.inAxes).toEqual([[0], [1]]);
    expect(report.grads?.checks.length).toBeGreaterThan(0);
  });

  it("leaves out derivatives where there are none, and what it is told to", () => {
    expect(checkTransforms((x: NDArray) => np.greater(x, 0), [np.array([0.3, -1])]).grads).toBeUndefined();
    expect(checkTransforms((x: NDArray) => x.mul(2), [np.array([0.3])], { vmap: false, jit: false, grads: false })).toEqual({});
  });

  it("finds a wrong batching rule", () => {
    expect(() => checkTransforms((x: NDArray) => bind(wrongBatching, [x], {}), [np.array([0.3, -1])])).toThrow("checkVmap of");
    expect(vmap((x: NDArray) => bind(wrongBatching, [x], {}))(np.ones([2, 2])).toArray()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });
});

describe("assertClose", () => {
  it("takes what is close, NaN and infinities too", () => {
    assertClose({ a: [np.array([1, Infinity, NaN])] }, { a: [np.array([1 + 1e-7, Infinity, NaN])] });
    assertClose(np.array(1), 1);
    assertClose(np.array([1]), np.array([1 + 2 ** -23]), { ulp: 1 });
  });

  it("names the leaf and the element that is furthest apart", () => {
    expect(() => assertClose({ a: [np.array([1, 2, 3])] }, { a: [np.array([1.1, 2.5, 3])] })).toThrow(NotCloseError);
    expect(() => assertClose({ a: [np.array([1, 2, 3])] }, { a: [np.array([1.1, 2.5, 3])] })).toThrow(
      "assertClose: expected 2.5 at actual.a[0][1], got 2 (2 of 3 elements are apart, this one the most).",
    );
    expect(() => assertClose(np.array([1]), np.array([1 + 2 ** -22]), { ulp: 1 })).toThrow("actual[0]");
    expect(() => assertClose(np.array([1, 2], { dtype: "int32" }), np.array([1, 3], { dtype: "int32" }))).toThrow(
      "expected 3 at actual[1], got 2",
    );
  });

  it("refuses other shapes, dtypes and structures", () => {
    expect(() => assertClose(np.ones([2]), np.ones([3]))).toThrow("expected float32[3] at actual, got float32[2]");
    expect(() => assertClose(np.ones([2]), np.ones([2], { dtype: "float64" }))).toThrow("expected float64[2] at actual, got float32[2]");
    expect(() => assertClose({ a: 1 }, { b: 1 })).toThrow("assertClose: expected trees of the same structure");
  });
});
