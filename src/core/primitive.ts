// What a primitive is: one declaration with its typing, derivative, batching and reference implementation.
// A rule that is missing does not compile; "not differentiable" is a statement with its reason.

import type { Aval } from "./aval.js";
import type { ConcreteArray, NDArray } from "./array.js";
import type { DType, TypedArray } from "./dtype.js";
import { NotDifferentiableError } from "./errors.js";
import type { Shape } from "./shape.js";

/** Static parameters of an application: plain values, compared and printed structurally. */
export type Params = object;

/** What reference implementations compute on: elements, contiguous and row-major. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A symbolic zero: the tangent or cotangent that does not exist, so that nothing is computed for it. */
export class Zero {
  constructor(readonly aval: Aval) {}
}

/** A tangent or cotangent. */
export type Tangent = NDArray | Zero;

/**
 * An operand in a transposition: known operands have their value, the linear ones only their type.
 */
export class Linear {
  constructor(readonly aval: Aval) {}
}

export type TransposeOperand = NDArray | Linear;

/** How the output depends on one operand, the others fixed. */
export type OperandRule<P> =
  /** Nonlinear: the tangent map `dx ↦ ∂y/∂x · dx`. */
  | { readonly tag: "partial"; map(dx: NDArray, xs: readonly NDArray[], y: NDArray, params: P): NDArray }
  /** Linear: the tangent map is the primitive itself unless `map` says something cheaper, and its transpose is known. */
  | {
      readonly tag: "linear";
      map?(dx: NDArray, xs: readonly NDArray[], y: NDArray, params: P): NDArray;
      transpose(ct: NDArray, operands: readonly TransposeOperand[], params: P): NDArray;
    }
  /** No tangent flows: an index, a predicate. */
  | { readonly tag: "none" };

export type Derivative<P> =
  /** The tangent is the sum of what each operand contributes. */
  | { readonly tag: "operands"; rules(params: P, count: number): readonly OperandRule<P>[] }
  /** Linear in several operands together (all, unless `linearIn` says which); the others are fixed. */
  | {
      readonly tag: "jointlyLinear";
      linearIn?(count: number, params: P): readonly boolean[];
      transpose(ct: NDArray, operands: readonly TransposeOperand[], params: P): readonly (NDArray | null)[];
    }
  /** Piecewise constant: the tangent is zero. */
  | { readonly tag: "constant" }
  /** No derivative exists, or none is known; says why. */
  | { readonly tag: "opaque"; readonly why: string }
  /** Several outputs, or a program inside: states its own rule. `transpose` gives a cotangent for each linear operand. */
  | {
      readonly tag: "custom";
      jvp(primals: readonly NDArray[], tangents: readonly Tangent[], params: P): readonly [readonly NDArray[], readonly Tangent[]];
      transpose?(cts: readonly Tangent[], operands: readonly TransposeOperand[], params: P): readonly (Tangent | null)[];
    };

/** The axis that carries the batch, or `null` where an operand has none. */
export type BatchDim = number | null;

export type Batch<P> =
  /** Element by element: operands of one shape, or scalars. */
  | { readonly tag: "pointwise" }
  /** Any other; gives the outputs and where each carries the batch. */
  | {
      readonly tag: "rule";
      rule(size: number, xs: readonly NDArray[], dims: readonly BatchDim[], params: P): readonly [readonly NDArray[], readonly BatchDim[]];
    };

/** Stages an application into the program being built during linearisation. */
export type Stage = <Q extends Params>(primitive: Primitive<string, Q>, args: readonly NDArray[], params: Q) => readonly NDArray[];

/** An application without what nobody reads: new parameters, and which operands and outputs stay. */
export interface Pruned<P> {
  readonly params: P;
  readonly inputs: readonly boolean[];
  readonly outputs: readonly boolean[];
}

export interface Primitive<Name extends string = string, P extends Params = Params> {
  readonly name: Name;
  /** The types of the outputs. Throws a tagged error when the operands do not fit. */
  type(avals: readonly Aval[], params: P): readonly Aval[];
  readonly derivative: Derivative<P>;
  readonly batch: Batch<P>;
  /** Plain loops over elements: the meaning of the primitive. */
  reference(inputs: readonly HostArray[], params: P, outs: readonly Aval[]): readonly HostArray[];
  /** The parameters as a compiled program has them, where those differ: eager indices are checked, compiled ones cannot be. */
  staged?(params: P): P;
  /**
   * Calls only: linearisation with some arguments unknown (the tangents). Binds what can be computed now, stages the rest.
   */
  linearize?(args: readonly NDArray[], unknown: readonly boolean[], params: P, stage: Stage): readonly NDArray[];
  /** Loops and branches only: the application when just the `used` outputs are read; `undefined` where nothing can go. */
  prune?(params: P, used: readonly boolean[]): Pruned<P> | undefined;
  /** How an eager application runs, where it does not by `reference`: as a compiled program of its own. */
  evaluate?(args: readonly ConcreteArray[], params: P): readonly ConcreteArray[];
  /** True for primitives that only run a program of their own: checks look at its equations instead. */
  readonly isCall?: boolean;
  /** Runs for what it does, such as printing: no pass may drop, merge or reorder its equations. */
  readonly hasEffect?: boolean;
  /** Its outputs are values that no pass may trace back to its inputs: what is computed again stays computed again. */
  readonly isBarrier?: boolean;
  /** Parameters that a printed jaxpr leaves out, because they repeat what the types say. */
  hidden?(params: P): readonly string[];
}

/** A primitive whose name and parameters do not matter here. Rules are methods, so any primitive fits. */
export type AnyPrimitive = Primitive;

/** Declares a primitive; the name stays in its type. */
export const primitive =
  <const Name extends string>(name: Name) =>
  <P extends Params>(rules: Omit<Primitive<Name, P>, "name">): Primitive<Name, P> => ({ name, ...rules });

export const pointwise: Batch<Params> = { tag: "pointwise" };

/** A batching rule for a primitive with one output. */
export const batched = <P>(
  rule: (size: number, xs: readonly NDArray[], dims: readonly BatchDim[], params: P) => readonly [NDArray, BatchDim],
): Batch<P> => ({
  tag: "rule",
  rule: (size, xs, dims, params) => {
    const [out, dim] = rule(size, xs, dims, params);
    return [[out], [dim]];
  },
});

export const constant: Derivative<Params> = { tag: "constant" };
export const opaque = (why: string): Derivative<Params> => ({ tag: "opaque", why });

/** Derivative by operands, the same rules for every parameter. */
export const operands = <P>(...rules: readonly OperandRule<P>[]): Derivative<P> => ({ tag: "operands", rules: () => rules });

/** Nonlinear in this operand. */
export const partial = <P>(map: (dx: NDArray, xs: readonly NDArray[], y: NDArray, params: P) => NDArray): OperandRule<P> => ({
  tag: "partial",
  map,
});

/** Linear in this operand. */
export const linear = <P>(
  transpose: (ct: NDArray, operands: readonly TransposeOperand[], params: P) => NDArray,
  map?: (dx: NDArray, xs: readonly NDArray[], y: NDArray, params: P) => NDArray,
): OperandRule<P> => (map === undefined ? { tag: "linear", transpose } : { tag: "linear", transpose, map });

/** No tangent flows through this operand. */
export const none: OperandRule<Params> = { tag: "none" };

/**
 * The value of an operand that a transposition needs.
 *
 * @throws NotDifferentiableError when the operand is linear too: a product of linear things is not linear.
 */
export function known(operand: TransposeOperand): NDArray {
  if (!(operand instanceof Linear)) return operand;
  throw new NotDifferentiableError({
    op: "linearTranspose",
    expected: "a function linear in its inputs",
    received: "a product of two values that both depend on them",
    remedy: "differentiate it with vjp instead, or hold one factor fixed",
  });
}
