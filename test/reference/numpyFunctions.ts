// What computes the numpy.* cases of functions.json.

import type { NDArray } from "../../src/core/array.js";
import * as np from "../../src/numpy/index.js";
import type { Attrs } from "./attrs.js";
import type { Mapping, Mappings } from "./functions.js";

type Unary = (x: NDArray) => NDArray;
type Binary = (x: NDArray, y: NDArray) => NDArray;
type Reduction = (x: NDArray, axis: number | number[] | null, options: { readonly keepdims: boolean }) => NDArray;

const plain =
  <T extends (...xs: NDArray[]) => NDArray>(f: T): Mapping =>
  () =>
    f;

const table = <F>(functions: Readonly<Record<string, F>>, mapping: (f: F) => Mapping): Mappings =>
  Object.fromEntries(Object.entries(functions).map(([name, f]) => [`numpy.${name}`, mapping(f)]));

const unary: Readonly<Record<string, Unary>> = {
  sin: np.sin,
  cos: np.cos,
  tan: np.tan,
  tanh: np.tanh,
  sinh: np.sinh,
  cosh: np.cosh,
  arctan: np.arctan,
  arcsinh: np.arcsinh,
  arcsin: np.arcsin,
  arccos: np.arccos,
  arctanh: np.arctanh,
  arccosh: np.arccosh,
  exp: np.exp,
  expm1: np.expm1,
  exp2: np.exp2,
  log: np.log,
  log2: np.log2,
  log10: np.log10,
  log1p: np.log1p,
  square: np.square,
  sqrt: np.sqrt,
  cbrt: np.cbrt,
  reciprocal: np.reciprocal,
  abs: np.abs,
  negative: np.negative,
  sign: np.sign,
  floor: np.floor,
  ceil: np.ceil,
  rint: np.rint,
  trunc: np.trunc,
  sinc: np.sinc,
  nan_to_num: (x) => np.nanToNum(x),
  deg2rad: np.deg2rad,
  rad2deg: np.rad2deg,
  tril: (x) => np.tril(x),
  triu: (x) => np.triu(x),
};

const binary: Readonly<Record<string, Binary>> = {
  add: np.add,
  subtract: np.subtract,
  multiply: np.multiply,
  divide: np.divide,
  maximum: np.maximum,
  minimum: np.minimum,
  arctan2: np.arctan2,
  hypot: np.hypot,
  logaddexp: np.logaddexp,
  logaddexp2: np.logaddexp2,
  remainder: np.remainder,
  fmod: np.fmod,
  power: np.power,
  copysign: np.copysign,
  heaviside: np.heaviside,
  equal: np.equal,
  not_equal: np.notEqual,
  greater: np.greater,
  greater_equal: np.greaterEqual,
  less: np.less,
  less_equal: np.lessEqual,
  matmul: (x, y) => np.matmul(x, y),
  dot: (x, y) => np.dot(x, y),
  outer: np.outer,
};

const reductions: Readonly<Record<string, Reduction>> = {
  sum: np.sum,
  mean: np.mean,
  prod: np.prod,
  max: np.max,
  min: np.min,
  var: np.var,
  std: np.std,
};

const reduction =
  (f: Reduction): Mapping =>
  (attrs) => {
    const [axis, keepdims] = [attrs.axes("axis"), attrs.booleanOr("keepdims", false)];
    return (x) => f(x, axis, { keepdims });
  };

type AlongAxis = (axis: number) => (...xs: NDArray[]) => NDArray;

const alongAxis: Readonly<Record<string, AlongAxis>> = {
  argmax: (axis) => (x) => np.argmax(x, axis),
  argmin: (axis) => (x) => np.argmin(x, axis),
  all: (axis) => (x) => np.all(x, axis),
  any: (axis) => (x) => np.any(x, axis),
  cumsum: (axis) => (x) => np.cumsum(x, axis),
  cumprod: (axis) => (x) => np.cumprod(x, axis),
  sort: (axis) => (x) => np.sort(x, axis),
  argsort: (axis) => (x) => np.argsort(x, axis),
  flip: (axis) => (x) => np.flip(x, axis),
  concatenate:
    (axis) =>
    (...xs) =>
      np.concatenate(xs, axis),
  stack:
    (axis) =>
    (...xs) =>
      np.stack(xs, axis),
  take: (axis) => (x, indices) => np.take(x, indices, axis),
  takeAlongAxis: (axis) => (x, indices) => np.takeAlongAxis(x, indices, axis),
};

/** A function whose attributes are read before it is called. */
const withAttrs =
  <T>(read: (attrs: Attrs) => T, f: (options: T) => (...xs: NDArray[]) => NDArray): Mapping =>
  (attrs) =>
    f(read(attrs));

const others: Mappings = {
  "numpy.reshape": withAttrs(
    (a) => a.numbers("shape"),
    (shape) => (x) => np.reshape(x, shape),
  ),
  "numpy.transpose": withAttrs(
    (a) => a.numbers("axes"),
    (axes) => (x) => np.transpose(x, axes),
  ),
  "numpy.roll": withAttrs(
    (a) => [a.number("shift"), a.number("axis")] as const,
    ([shift, axis]) =>
      (x) =>
        np.roll(x, shift, axis),
  ),
  "numpy.tile": withAttrs(
    (a) => a.numbers("reps"),
    (reps) => (x) => np.tile(x, reps),
  ),
  "numpy.repeat": withAttrs(
    (a) => [a.number("repeats"), a.number("axis")] as const,
    ([repeats, axis]) =>
      (x) =>
        np.repeat(x, repeats, axis),
  ),
  "numpy.pad": withAttrs(
    (a) => a.pairs("padWidth"),
    (width) => (x) => np.pad(x, width),
  ),
  "numpy.clip": withAttrs(
    (a) => [a.number("min"), a.number("max")] as const,
    ([min, max]) =>
      (x) =>
        np.clip(x, min, max),
  ),
  "numpy.where": plain((condition, x, y) => np.where(condition, x, y)),
  "numpy.tensordot": withAttrs(
    (a) => a.numberLists("axes"),
    (axes) => (x, y) => np.tensordot(x, y, axes),
  ),
  "numpy.einsum": withAttrs(
    (a) => a.string("subscripts"),
    (subscripts) =>
      (...xs) =>
        np.einsum(subscripts, ...xs),
  ),
};

export const numpyFunctions: Mappings = {
  ...table(unary, plain),
  ...table(binary, plain),
  ...table(reductions, reduction),
  ...table(alongAxis, (f) => withAttrs((attrs) => attrs.number("axis"), f)),
  ...others,
};
