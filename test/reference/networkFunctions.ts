// What computes the nn.*, lax.* and scipy.special.* cases of functions.json.

import type { NDArray } from "../../src/core/array.js";
import * as lax from "../../src/lax/index.js";
import * as nn from "../../src/nn/index.js";
import * as special from "../../src/special/index.js";
import type { Attrs } from "./attrs.js";
import type { Mapping, Mappings } from "./functions.js";
import { MalformedReference } from "./parse.js";

const activations: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  relu: nn.relu,
  relu6: nn.relu6,
  sigmoid: nn.sigmoid,
  softplus: nn.softplus,
  silu: nn.silu,
  elu: (x) => nn.elu(x),
  leaky_relu: (x) => nn.leakyRelu(x),
  selu: nn.selu,
  celu: (x) => nn.celu(x),
  soft_sign: nn.softSign,
  log_sigmoid: nn.logSigmoid,
  hard_tanh: nn.hardTanh,
  hard_sigmoid: nn.hardSigmoid,
  hard_swish: nn.hardSwish,
  mish: nn.mish,
  squareplus: (x) => nn.squareplus(x),
  softmax: (x) => nn.softmax(x),
  log_softmax: (x) => nn.logSoftmax(x),
  // The file's name says no axis: what was computed is the last one, as its shapes show.
  logsumexp: (x) => nn.logsumexp(x, -1),
  standardize: (x) => nn.standardize(x),
  glu: (x) => nn.glu(x),
};

const triple = (attrs: Attrs, name: string): readonly [string, string, string] => {
  const letters = attrs.strings(name);
  if (letters.length === 3) return [letters[0], letters[1], letters[2]];
  throw new MalformedReference(`${attrs.where}.attrs.${name}`, "three layouts", letters);
};

const convolution: Mapping = (attrs) => {
  const options = {
    windowStrides: attrs.numbers("windowStrides"),
    padding: attrs.padding("padding"),
    lhsDilation: attrs.numbers("lhsDilation"),
    rhsDilation: attrs.numbers("rhsDilation"),
    featureGroupCount: attrs.numberOr("featureGroupCount", 1),
    batchGroupCount: attrs.numberOr("batchGroupCount", 1),
    dimensionNumbers: triple(attrs, "dimensionNumbers"),
  };
  return (x, kernel) => lax.convGeneralDilated(x, kernel, options);
};

const reductions = ["sum", "max", "min"] as const;

const windows: Mapping = (attrs) => {
  const name = attrs.string("computation");
  const computation = reductions.find((kind) => kind === name);
  if (computation === undefined) throw new MalformedReference(`${attrs.where}.attrs.computation`, `one of ${reductions.join(", ")}`, name);
  const options = {
    windowDimensions: attrs.numbers("windowDimensions"),
    windowStrides: attrs.numbers("windowStrides"),
    padding: attrs.padding("padding"),
  };
  return (x) => lax.reduceWindow(x, computation, options);
};

const others: Mappings = {
  "nn.gelu": (attrs) => {
    const approximate = attrs.booleanOr("approximate", true);
    return (x) => nn.gelu(x, { approximate });
  },
  "nn.oneHot": (attrs, dtype) => {
    const numClasses = attrs.number("numClasses");
    return (x) => nn.oneHot(x, numClasses, { dtype });
  },
  "nn.dotProductAttention": (attrs) => {
    const isCausal = attrs.booleanOr("isCausal", false);
    return (query, key, value) => nn.dotProductAttention(query, key, value, { isCausal });
  },
  "lax.cummax": (attrs) => {
    const axis = attrs.number("axis");
    return (x) => lax.cummax(x, axis);
  },
  "lax.convGeneralDilated": convolution,
  "lax.reduceWindow": windows,
  "scipy.special.erf": () => (x) => special.erf(x),
  "scipy.special.erfinv": () => (x) => special.erfinv(x),
};

export const networkFunctions: Mappings = {
  ...Object.fromEntries(Object.entries(activations).map(([name, f]): [string, Mapping] => [`nn.${name}`, () => f])),
  ...others,
};

/** Why a function of the files has no mapping yet. */
export function absentFunction(fn: string): string | undefined {
  if (fn.startsWith("numpy.linalg.")) return "linear algebra comes with an issue of its own";
  if (fn.startsWith("scipy.special.")) return "special functions beyond erf come with an issue of their own";
  return undefined;
}

/** Functions whose reference values are less accurate than float64. */
export const coarseFunctions = {
  "nn.dotProductAttention": { relative: 1e-6, why: "JAX computes the softmax of attention in float32 whatever the operands are" },
};
