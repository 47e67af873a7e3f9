// What the tests know of a primitive: for each dtype, how to draw parameters and operands in its domain (away from kinks),
// and what its derivative should be. Operands drawn twice for the same parameters have the same types.

import * as fc from "fast-check";
import type { NDArray } from "../../src/core/array.js";
import { type DType, dtypes } from "../../src/core/dtype.js";
import type { Params } from "../../src/core/primitive.js";
import type { ConcreteArray } from "../../src/core/array.js";
import type { Shape } from "../../src/core/shape.js";
import { type Arb, filled, numbers, shapesOrEmpty } from "./arbitraries.js";

/** One application, but for the operands' elements. */
export interface Spec<P extends Params = Params> {
  readonly params: P;
  readonly operands: Arb<readonly ConcreteArray[]>;
  /** The operands in which it is differentiable; all of a float dtype, if not given. */
  readonly differentiable?: readonly number[];
}

export type Claim =
  /** Differentiable at every order. */
  | { readonly tag: "smooth" }
  /** A sample's derivative at fixed probability, which is no limit of differences at a fixed key; of first order. */
  | { readonly tag: "implicit" }
  /** The tangent is zero. */
  | { readonly tag: "zero" }
  /** Differentiation throws, and the message says why. */
  | { readonly tag: "refuses"; readonly message: RegExp };

export interface Case<P extends Params = Params> {
  readonly dtypes: readonly DType[];
  spec(dtype: DType): Arb<Spec<P>>;
  readonly derivative: Claim;
}

export const smooth: Claim = { tag: "smooth" };
export const zero: Claim = { tag: "zero" };

export const floats: readonly DType[] = ["float64", "float32"];
export const integral: readonly DType[] = ["int32", "uint32", "int8", "uint8"];
export const bits: readonly DType[] = [...integral, "bool"];
export const numeric: readonly DType[] = [...floats, ...integral];
export const any: readonly DType[] = dtypes;

/** Operands that have one shape, or are scalars. */
export function pointwiseOperands(of: readonly ((shape: Shape) => Arb<ConcreteArray>)[]): Arb<Arb<readonly ConcreteArray[]>> {
  const scalars = fc.tuple(...of.map(() => fc.integer({ min: 0, max: 5 }).map((n) => n === 5)));
  return fc.tuple(shapesOrEmpty(), scalars).map(([shape, isScalar]) => fc.tuple(...of.map((draw, i) => draw(isScalar[i] ? [] : shape))));
}

/** A pointwise primitive whose operands' elements are drawn from the domains, one for each operand. */
export const pointwiseCase = (dtypesOf: readonly DType[], derivative: Claim, ...domains: readonly (Arb<number> | undefined)[]): Case => ({
  dtypes: dtypesOf,
  spec: (dtype) =>
    pointwiseOperands(domains.map((domain) => (shape) => filled(dtype, shape, numbers(dtype, domain)))).map((operands) => ({
      params: {},
      operands,
    })),
  derivative,
});

/** The function that applies a primitive with fixed parameters. */
export type Flat = (...xs: readonly NDArray[]) => readonly NDArray[];
