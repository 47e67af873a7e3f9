// Conversions between dtypes that lose nothing, or that a later one makes needless.

import { type DType, isFloat } from "../core/dtype.js";
import type { Atom } from "../core/jaxpr.js";
import { type ConvertParams, convertElementTypeP } from "../ops/convert.js";
import { type Rule, definedBy, typeOf } from "./rule.js";

const wider: Readonly<Record<DType, readonly DType[]>> = {
  bool: ["int8", "uint8", "int32", "uint32", "float32", "float64"],
  int8: ["int32", "float32", "float64"],
  uint8: ["int32", "uint32", "float32", "float64"],
  int32: ["float64"],
  uint32: ["float64"],
  float32: ["float64"],
  float64: [],
};

/** Whether every value of `from` is one of `to`. */
export const isLossless = (from: DType, to: DType): boolean => from === to || wider[from].includes(to);

/**
 * Whether `from → through → to` is `from → to`: the way through must lose nothing, and end as the direct way does. Integers
 * wrap where floats saturate, so from an integer through a float to another integer only values that fit agree.
 */
function isDetour(from: DType, through: DType, to: DType): boolean {
  if (!isLossless(from, through)) return false;
  const saturates = !isFloat(from) && isFloat(through) && !isFloat(to) && to !== "bool";
  return !saturates || isLossless(from, to);
}

/** A number that came as an argument is stored with more digits than its dtype has, until it is converted. */
const isStrong = (atom: Atom): boolean => atom.aval.weak === undefined;

export const conversions: readonly Rule[] = [
  {
    name: "conversion to the same dtype",
    on: ["convert_element_type"],
    rewrite: (application) => {
      const [x] = application.inputs;
      return isStrong(x) && x.aval.dtype === typeOf(application).dtype ? x : undefined;
    },
  },
  {
    name: "conversion of a conversion",
    on: ["convert_element_type"],
    of: ["convert_element_type"],
    rewrite: (application, program) => {
      const inner = definedBy(program, application.inputs[0], "convert_element_type");
      if (inner === undefined || !isStrong(inner.inputs[0])) return undefined;
      const [x] = inner.inputs;
      const params = application.params as ConvertParams;
      if (!isDetour(x.aval.dtype, inner.outputs[0].aval.dtype, params.newDtype)) return undefined;
      return program.apply(convertElementTypeP, [x], params);
    },
  },
];
