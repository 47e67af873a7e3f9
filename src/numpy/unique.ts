// The distinct elements of an array, ascending, with where and how often they stand. Their number depends on the elements,
// so that arrays must be concrete. NaN counts as equal to itself and stands last.

import { type ArrayLike, ConcreteArray, type NDArray, fromTypedArray } from "../core/array.js";
import { type TypedArray, typedArray } from "../core/dtype.js";
import { ConcretizationError } from "../core/errors.js";
import { operand } from "../ops/operands.js";

/** The distinct elements, and where they stand. */
export interface UniqueResult {
  /** The distinct elements, ascending. */
  readonly values: NDArray;
  /** The flat position where each stands first. */
  readonly indices: NDArray;
  /** For each element of the array, in its shape, the position of its value in `values`. */
  readonly inverse: NDArray;
  /** How often each stands. */
  readonly counts: NDArray;
}

function concrete(op: string, x: ArrayLike): ConcreteArray {
  const array = operand(x, op);
  if (array instanceof ConcreteArray) return array;
  throw new ConcretizationError({
    op,
    expected: "a concrete array, because the length of the result depends on the elements",
    received: array.toString(),
    remedy: "call it outside of the transform, or use np.sort, which keeps the length",
  });
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b)));

/** For each element its group, groups numbered in ascending order; and where each group stands first. */
function groups(data: TypedArray): { readonly firsts: readonly number[]; readonly groupOf: Int32Array } {
  const order = Array.from(data.keys()).sort((i, j) => compare(data[i], data[j]) || i - j);
  const firsts: number[] = [];
  const groupOf = new Int32Array(data.length);
  order.forEach((place, k) => {
    if (k === 0 || compare(data[order[k - 1]], data[place]) !== 0) firsts.push(place);
    groupOf[place] = firsts.length - 1;
  });
  return { firsts, groupOf };
}

function uniqueOf(op: string, x: ArrayLike): UniqueResult {
  const { data, shape, dtype } = concrete(op, x);
  const { firsts, groupOf } = groups(data);
  const counts = new Int32Array(firsts.length);
  for (const group of groupOf) counts[group]++;
  const list = [firsts.length];
  return {
    values: fromTypedArray(
      typedArray(
        dtype,
        firsts.map((place) => data[place]),
      ),
      list,
      dtype,
    ),
    indices: fromTypedArray(Int32Array.from(firsts), list, "int32"),
    inverse: fromTypedArray(groupOf, shape, "int32"),
    counts: fromTypedArray(counts, list, "int32"),
  };
}

/**
 * The distinct elements of `x`, flattened, in ascending order.
 *
 * @throws ConcretizationError inside a transform: the length of the result depends on the elements.
 * @example np.unique(np.array([3, 1, 3])) // [1, 3]
 */
export const unique = (x: ArrayLike): NDArray => uniqueOf("unique", x).values;

/**
 * The distinct elements of `x` with where they stand first, the way back, and how often each stands.
 *
 * @throws ConcretizationError inside a transform.
 * @example np.uniqueAll(np.array([3, 1, 3])).counts // [1, 2]
 */
export const uniqueAll = (x: ArrayLike): UniqueResult => uniqueOf("uniqueAll", x);

/**
 * The distinct elements of `x`, and how often each stands.
 *
 * @throws ConcretizationError inside a transform.
 */
export const uniqueCounts = (x: ArrayLike): Pick<UniqueResult, "values" | "counts"> => {
  const { values, counts } = uniqueOf("uniqueCounts", x);
  return { values, counts };
};

/**
 * The distinct elements of `x`, and for each element the position of its value among them.
 *
 * @throws ConcretizationError inside a transform.
 */
export const uniqueInverse = (x: ArrayLike): Pick<UniqueResult, "values" | "inverse"> => {
  const { values, inverse } = uniqueOf("uniqueInverse", x);
  return { values, inverse };
};

/**
 * The distinct elements of `x`, flattened, in ascending order: the same as `unique`.
 *
 * @throws ConcretizationError inside a transform.
 */
export const uniqueValues = (x: ArrayLike): NDArray => uniqueOf("uniqueValues", x).values;
