// Every elementwise function of one and two operands, for arrays of each kind: eager, jit, vmap and vmap of jit agree,
// scalars beside arrays included; and forward mode agrees with reverse mode.

import { describe, expect, it } from "vitest";
import type { ArrayLike, NDArray } from "../../src/core/array.js";
import { jit, jvp, vjp, vmap } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

type Unary = (x: ArrayLike) => NDArray;
type Binary = (x: ArrayLike, y: ArrayLike) => NDArray;

const unary: Record<string, Unary> = {
  sin: np.sin,
  cos: np.cos,
  tan: np.tan,
  arcsin: np.arcsin,
  arccos: np.arccos,
  arctan: np.arctan,
  sinh: np.sinh,
  cosh: np.cosh,
  tanh: np.tanh,
  arcsinh: np.arcsinh,
  arctanh: np.arctanh,
  deg2rad: np.deg2rad,
  rad2deg: np.rad2deg,
  exp: np.exp,
  exp2: np.exp2,
  expm1: np.expm1,
  log1p: np.log1p,
  cbrt: np.cbrt,
  square: np.square,
  abs: np.abs,
  fabs: np.fabs,
  negative: np.negative,
  positive: np.positive,
  sign: np.sign,
  reciprocal: np.reciprocal,
  sinc: np.sinc,
  floor: np.floor,
  ceil: np.ceil,
  trunc: np.trunc,
  rint: np.rint,
  round: (x) => np.round(x, 1),
  nanToNum: (x) => np.nanToNum(x),
  isnan: np.isnan,
  isfinite: np.isfinite,
  signbit: np.signbit,
  logicalNot: np.logicalNot,
  power: (x) => np.power(x, 3),
  clip: (x) => np.clip(x, -0.25, 0.5),
  modf: (x) => np.modf(x)[0],
};

const binary: Record<string, Binary> = {
  add: np.add,
  subtract: np.subtract,
  multiply: np.multiply,
  divide: np.divide,
  remainder: np.remainder,
  fmod: np.fmod,
  floorDivide: np.floorDivide,
  maximum: np.maximum,
  minimum: np.minimum,
  fmax: np.fmax,
  fmin: np.fmin,
  hypot: np.hypot,
  arctan2: np.arctan2,
  logaddexp: np.logaddexp,
  logaddexp2: np.logaddexp2,
  copysign: np.copysign,
  heaviside: np.heaviside,
  equal: np.equal,
  notEqual: np.notEqual,
  less: np.less,
  greaterEqual: np.greaterEqual,
  logicalAnd: np.logicalAnd,
  isclose: (x, y) => np.isclose(x, y),
  logicalXor: np.logicalXor,
  where: (x, y) => np.where(np.greater(x, y), x, y),
  power: (x, y) => np.power(np.exp(x), y),
  nextafter: np.nextafter,
  interp: (x, y) => np.interp(x, np.array([-1, 0, 1]), np.multiply(np.array([0, 1, 4]), np.sum(y))),
};

const wave = (shape: readonly number[], phase: number): NDArray => {
  const size = shape.reduce((n, k) => n * k, 1);
  return np
    .sin(np.multiply(np.arange(1, size + 1, 1, { dtype: "float64" }), phase))
    .mul(0.9)
    .reshape(shape);
};

const expectSame = (actual: NDArray, expected: NDArray): void => {
  expect(actual.aval).toEqual(expected.aval);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  a.forEach((v, i) =>
    expect(Math.abs(v - b[i]) <= 1e-14 * Math.max(1, Math.abs(b[i])) || Object.is(v, b[i]), `element ${i}: ${v}, ${b[i]}`).toBe(true),
  );
};

describe("one operand", () => {
  it.each(Object.entries(unary))("%s", (_, f) => {
    const x = wave([3, 4], 1.3);
    const examples = np.stack(np.unstack(x).map(f));
    expectSame(jit(f)(x), f(x));
    expectSame(vmap(f)(x), examples);
    expectSame(vmap(jit(f))(x), examples);
    expectSame(vmap(vmap(f))(x), f(x));
    expect(f(np.zeros([0, 2])).shape).toEqual([0, 2]);
    expect(f(0.3).shape).toEqual([]);
    expect(f(0.3).aval.weak).toBeUndefined();
  });
});

describe("two operands", () => {
  const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [2]],
    [[2], [2, 3]],
    [
      [2, 1],
      [2, 3],
    ],
    [
      [2, 4, 1],
      [2, 3],
    ],
  ];

  it.each(Object.entries(binary))("%s", (_, f) => {
    for (const [a, b] of shapes) {
      const [x, y] = [wave(a, 1.3), wave(b, 0.7)];
      // The first axis of both is the batch; examples broadcast against each other.
      const examples = np.stack(np.unstack(x).map((row, i) => f(row, np.unstack(y)[i])));
      expectSame(vmap(f)(x, y), examples);
      expectSame(vmap(jit(f))(x, y), examples);
      const [one, other] = [np.unstack(x)[0], np.unstack(y)[1]];
      expectSame(jit(f)(one, other), f(one, other));
      expectSame(vmap(f, { inAxes: [0, null] })(x, other), np.stack(np.unstack(x).map((row) => f(row, other))));
    }
  });
});

describe("forward against reverse mode", () => {
  const float = (x: NDArray): boolean => x.dtype === "float64";
  const dot = (x: NDArray, y: NDArray): number => np.sum(np.multiply(x, y)).item();

  it.each([...Object.entries(unary), ...Object.entries(binary)])("%s", (_, f) => {
    const [x, y, dx, dy] = [wave([2, 3], 1.3), wave([3], 0.7), wave([2, 3], 2.1), wave([3], 0.4)];
    if (!float(f(x, y))) return;
    const [out, dout] = jvp(f as Binary, [x, y], [dx, dy]);
    const ct = wave(out.shape, 3.3);
    const [, pull] = vjp(f as Binary, [x, y]);
    const [cx, cy] = pull(ct) as [NDArray, NDArray];
    expect(dot(dx, cx) + dot(dy, cy)).toBeCloseTo(dot(dout, ct), 10);
  });
});
