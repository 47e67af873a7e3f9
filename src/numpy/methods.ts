// Puts the methods on arrays. Each is a function of numpy whose first argument is the array.

import { type ArrayLike, NDArray } from "../core/array.js";
import * as arithmetic from "./arithmetic.js";
import type { ArrayMethods } from "./arrayMethods.js";
import { IndexedArray } from "./at.js";
import * as comparison from "./comparison.js";
import { cumprod, cumsum } from "./cumulative.js";
import { astype } from "./dtypes.js";
import { exp, log, sqrt } from "./exponential.js";
import { diagonal } from "./grids.js";
import { unstack } from "./joining.js";
import { power } from "./power.js";
import { dot, matmul } from "./products.js";
import { repeat, tile } from "./rearranging.js";
import * as reductions from "./reductions.js";
import * as reshaping from "./reshaping.js";
import { ceil, floor, round } from "./rounding.js";
import { argsort, sort } from "./sorting.js";
import { mean, std, variance } from "./statistics.js";
import { take } from "./take.js";
import { cos, sin, tanh } from "./trigonometric.js";

export type { ArrayMethods } from "./arrayMethods.js";

/** A function as a method: its first argument is the array that it is called on. */
const method = <Rest extends readonly unknown[], R>(f: (x: ArrayLike, ...rest: Rest) => R) =>
  function (this: NDArray, ...rest: Rest): R {
    return f(this, ...rest);
  };

const methods: ArrayMethods & ThisType<NDArray> = {
  add: method(arithmetic.add),
  sub: method(arithmetic.subtract),
  mul: method(arithmetic.multiply),
  div: method(arithmetic.divide),
  floorDivide: method(arithmetic.floorDivide),
  mod: method(arithmetic.remainder),
  pow: method(power),
  neg: method(arithmetic.negative),
  abs: method(arithmetic.abs),
  sign: method(arithmetic.sign),
  square: method(arithmetic.square),
  sqrt: method(sqrt),
  exp: method(exp),
  log: method(log),
  sin: method(sin),
  cos: method(cos),
  tanh: method(tanh),
  maximum: method(arithmetic.maximum),
  minimum: method(arithmetic.minimum),
  clip: method(arithmetic.clip),
  round: method(round),
  floor: method(floor),
  ceil: method(ceil),

  equal: method(comparison.equal),
  notEqual: method(comparison.notEqual),
  greater: method(comparison.greater),
  greaterEqual: method(comparison.greaterEqual),
  less: method(comparison.less),
  lessEqual: method(comparison.lessEqual),

  sum: method(reductions.sum),
  prod: method(reductions.prod),
  mean: method(mean),
  var: method(variance),
  std: method(std),
  max: method(reductions.max),
  min: method(reductions.min),
  argmax: method(reductions.argmax),
  argmin: method(reductions.argmin),
  all: method(reductions.all),
  any: method(reductions.any),
  cumsum: method(cumsum),
  cumprod: method(cumprod),

  dot: method(dot),
  matmul: method(matmul),

  reshape: method(reshaping.reshape),
  ravel: method(reshaping.ravel),
  flatten: method(reshaping.ravel),
  transpose: method(reshaping.transpose),
  get T(): NDArray {
    return reshaping.transpose(this as unknown as NDArray);
  },
  swapaxes: method(reshaping.swapaxes),
  squeeze: method(reshaping.squeeze),
  expandDims: method(reshaping.expandDims),
  broadcastTo: method(reshaping.broadcastTo),
  repeat: method(repeat),
  tile: method(tile),
  diagonal: method(diagonal),

  *[Symbol.iterator]() {
    yield* unstack(this as unknown as NDArray);
  },
  at(...indices) {
    return new IndexedArray(this, indices);
  },
  take: method(take),
  sort: method(sort),
  argsort: method(argsort),
  astype: method(astype),
};

/** Installs the methods on the prototype that arrays and tracers share. They do not show in enumeration. */
export function installMethods(): void {
  const descriptors = Object.getOwnPropertyDescriptors(methods);
  for (const name of Reflect.ownKeys(descriptors)) {
    Object.defineProperty(NDArray.prototype, name, { ...descriptors[name as keyof ArrayMethods], enumerable: false });
  }
}
