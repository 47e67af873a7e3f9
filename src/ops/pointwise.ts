// Pointwise primitives: each output element depends on the operands' elements at the same place. Operands have one shape,
// or are scalars. The builders here make a declaration of such a primitive as short as its mathematics.

import { type Aval, aval, showAval } from "../core/aval.js";
import { type DType, isFloat, isInteger } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import {
  type Derivative,
  type HostArray,
  type OperandRule,
  type Params,
  type Primitive,
  partial,
  pointwise,
  primitive,
} from "../core/primitive.js";
import { sameShape } from "../core/shape.js";
import type { NDArray } from "../core/array.js";
import { mapBinary, mapUnary } from "../kernels/elementwise.js";

/** Which element types an operation accepts. */
export type Accepts = "float" | "number" | "signed" | "integer" | "bits" | "any";

const acceptance: Record<Accepts, { test: (dtype: DType) => boolean; words: string }> = {
  float: { test: isFloat, words: "a floating-point dtype" },
  number: { test: (d) => d !== "bool", words: "a numeric dtype" },
  signed: { test: (d) => isFloat(d) || d === "int32" || d === "int8", words: "a floating-point or signed dtype" },
  integer: { test: isInteger, words: "an integer dtype" },
  bits: { test: (d) => isInteger(d) || d === "bool", words: "an integer dtype or bool" },
  any: { test: () => true, words: "any dtype" },
};

/** Refuses a dtype that the operation does not take. */
export function checkDTypes(op: string, avals: readonly Aval[], accepts: Accepts): void {
  const { test, words } = acceptance[accepts];
  for (const a of avals) {
    if (test(a.dtype)) continue;
    throw new DTypeError({ op, expected: words, received: showAval(a), remedy: `convert it first, for example x.astype("float32")` });
  }
}

/** The common shape of operands that are scalars or of one shape. */
export function pointwiseShape(op: string, avals: readonly Aval[]): readonly number[] {
  const shaped = avals.filter((a) => a.shape.length > 0);
  const shape = shaped.length === 0 ? [] : shaped[0].shape;
  if (shaped.every((a) => sameShape(a.shape, shape))) return shape;
  throw new ShapeError({
    op,
    expected: "operands of one shape, or scalars",
    received: avals.map(showAval).join(" and "),
    remedy: "broadcast them first (np.broadcastTo), or use the function of numpy, which broadcasts",
  });
}

/** Refuses operands of different dtypes. */
export function checkSameDType(op: string, avals: readonly Aval[]): void {
  if (avals.every((a) => a.dtype === avals[0].dtype)) return;
  throw new DTypeError({
    op,
    expected: "operands of one dtype",
    received: avals.map(showAval).join(" and "),
    remedy: "convert one of them with x.astype(dtype), or use the function of numpy, which promotes",
  });
}

interface UnarySpec {
  readonly accepts: Accepts;
  /** The dtype of the result, when it is not the operand's. */
  readonly result?: DType;
  readonly derivative: Derivative<Params>;
  /** The number at one element; `dtype` is the operand's. */
  readonly of: (x: number) => number;
  /** Another function for one of the integer kinds or bool, where mathematics differs there. */
  readonly ofInteger?: (x: number) => number;
}

/** The user's name of a primitive: `erf_inv` → `erfInv`. */
const userName = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Declares a primitive of one operand. */
export const unary = <const Name extends string>(name: Name, spec: UnarySpec): Primitive<Name, Params> =>
  primitive(name)<Params>({
    type: ([x]) => {
      checkDTypes(userName(name), [x], spec.accepts);
      return [aval(x.shape, spec.result ?? x.dtype)];
    },
    derivative: spec.derivative,
    batch: pointwise,
    reference: ([x], _, [out]) => [mapUnary(x, isFloat(x.dtype) ? spec.of : (spec.ofInteger ?? spec.of), out.dtype)],
  });

interface BinaryRules {
  readonly accepts: Accepts;
  readonly result?: DType;
  readonly derivative: Derivative<Params>;
}

/** The numbers of a binary primitive: as a whole loop where the kernels have one, else as a function of two numbers. */
type BinaryNumbers =
  | { readonly kernel: (x: HostArray, y: HostArray) => HostArray }
  | {
      readonly of: (x: number, y: number) => number;
      /** For integers; stores wrap, so only operations that lose low bits in a double need one. */
      readonly ofInteger?: (x: number, y: number, dtype: DType) => number;
    };

/** Declares a primitive of two operands of one dtype. */
export const binary = <const Name extends string>(name: Name, spec: BinaryRules & BinaryNumbers): Primitive<Name, Params> =>
  primitive(name)<Params>({
    type: (avals) => {
      const op = userName(name);
      checkSameDType(op, avals);
      checkDTypes(op, avals, spec.accepts);
      return [aval(pointwiseShape(op, avals), spec.result ?? avals[0].dtype)];
    },
    derivative: spec.derivative,
    batch: pointwise,
    reference: ([x, y], _, [out]) => {
      if ("kernel" in spec) return [spec.kernel(x, y)];
      const { of, ofInteger } = spec;
      const { dtype } = x;
      const f = isFloat(dtype) || ofInteger === undefined ? of : (a: number, b: number): number => ofInteger(a, b, dtype);
      return [mapBinary(x, y, f, out.dtype)];
    },
  });

/** The derivative of a nonlinear function of one operand, by its tangent map. */
export const differential = (map: (dx: NDArray, x: NDArray, y: NDArray) => NDArray): Derivative<Params> => {
  const rules: readonly OperandRule<Params>[] = [partial((dx, [x], y) => map(dx, x, y))];
  return { tag: "operands", rules: () => rules };
};
