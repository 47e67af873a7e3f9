// x.at(…indices): reading parts of an array and making arrays with parts changed. Enters an array and NumPy's indices,
// leaves a new array. Integers and slices read and write a region; only index arrays become gathers and scatters.

import { type ArrayLike, ConcreteArray, LiteralArray, type NDArray, asArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isFloat, promoteTypes } from "../core/dtype.js";
import { ConcretizationError, DTypeError, ShapeError } from "../core/errors.js";
import { type Shape, range, sameShape, showShape } from "../core/shape.js";
import { add, div, max, min, mul, neg } from "../ops/arithmetic.js";
import { broadcastInDim, expandDims, fullLike, reshape, squeeze } from "../ops/layout.js";
import { pow } from "../ops/power.js";
import { select } from "../ops/select.js";
import { type IndexOptions, checkIndexOptions, primitiveMode } from "./bounds.js";
import { type Index, type IndexPlan, type LoneMask, loneMask, planIndices } from "./indexing.js";
import { broadcastTrailing, toDType } from "./promote.js";
import { type Meeting, readAt, shapeRead, writeAt } from "./reading.js";
import { addToRegion, readRegion, regionShape, writeRegion } from "./region.js";

/** Options of writing at indices. */
export interface UpdateOptions extends Pick<IndexOptions, "mode"> {
  /** Your promise that no place is indexed twice; `multiply` needs it for the derivative of its values. */
  readonly uniqueIndices?: boolean;
}

const meetings: Readonly<Record<Meeting, (x: NDArray, value: NDArray) => NDArray>> = {
  set: (_, value) => value,
  add,
  multiply: mul,
  min,
  max,
};

/** What the basic indices select, without the axes that go and with those that come. */
const viewOf = (x: NDArray, { region, removed, added }: IndexPlan): NDArray => expandDims(squeeze(readRegion(x, region), removed), added);

/** A value made to fit what it is written to: in dtype, never narrowed, and in shape. */
function fitted(op: string, x: NDArray, value: ArrayLike, shape: Shape): NDArray {
  const given = asArray(value, op);
  const fits = typeof value === "boolean" || given.aval.weak !== undefined || promoteTypes(x.dtype, given.dtype, op) === x.dtype;
  const narrowed = given.aval.weak === "fraction" && !(given instanceof LiteralArray) && !isFloat(x.dtype);
  if (!fits || narrowed) {
    throw new DTypeError({
      op,
      expected: `values that ${x.dtype} holds`,
      received: showAval(given.aval),
      remedy: `convert the values with astype("${x.dtype}"), or the array with astype("${given.dtype}")`,
    });
  }
  const array = toDType(op, value, x.dtype);
  if (array.ndim <= shape.length && array.shape.every((n, k) => n === 1 || n === shape[k + shape.length - array.ndim])) {
    return broadcastTrailing(array, shape);
  }
  throw new ShapeError({
    op,
    expected: `values that broadcast to ${showShape(shape)}, the shape that the indices select`,
    received: showAval(array.aval),
    remedy: "reshape the values, or index other axes",
  });
}

/** What indices select in an array; made by `x.at(…)`. */
export class IndexedArray {
  readonly #x: NDArray;
  readonly #indices: readonly Index[];

  constructor(x: NDArray, indices: readonly Index[]) {
    this.#x = x;
    this.#indices = indices;
  }

  /**
   * What stands at the indices.
   *
   * @throws IndexError out of range, unless a mode says otherwise; ConcretizationError for a traced mask.
   * @example np.arange(6).reshape([2, 3]).at(1, np.slice(null, 2)).get() // [3, 4]
   */
  get(options: IndexOptions = {}): NDArray {
    checkIndexOptions("at.get", options);
    const plan = planIndices("at.get", this.#x.aval, this.#indices, options.mode);
    const view = viewOf(this.#x, plan);
    return plan.indexed.length === 0 ? view : readAt(view, plan, primitiveMode(options.mode), options.fillValue);
  }

  /**
   * The array with `value` at the indices; of several values for one place the last stays.
   *
   * @throws IndexError out of range, unless a mode says otherwise; ShapeError unless `value` broadcasts to what the indices
   * select; DTypeError unless the array's dtype holds it.
   * @example np.zeros([3]).at(1).set(7) // [0, 7, 0]
   */
  set(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    return this.#meet("at.set", "set", value, options);
  }

  /**
   * The array with `value` added at the indices, as often as a place is indexed. Throws as `set`.
   *
   * @example np.zeros([3]).at([0, 0, 2]).add(1) // [2, 0, 1]
   */
  add(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    return this.#meet("at.add", "add", value, options);
  }

  /** The array with `value` subtracted at the indices, as often as a place is indexed. Throws as `set`. */
  subtract(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    const negative = typeof value === "number" ? -value : neg(asArray(value, "at.subtract"));
    return this.#meet("at.subtract", "add", negative, options);
  }

  /** The array multiplied by `value` at the indices, as often as a place is indexed. Throws as `set`. */
  multiply(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    return this.#meet("at.multiply", "multiply", value, options);
  }

  /** The array divided by `value` at the indices, as often as a place is indexed. Throws as `set`; DTypeError for integers. */
  divide(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    const ones = new IndexedArray(fullLike(this.#x, 1), this.#indices);
    return div(this.#x, ones.#meet("at.divide", "multiply", value, options));
  }

  /** The array raised to the power `value` at the indices, as often as a place is indexed. Throws as `set`. */
  power(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    const ones = new IndexedArray(fullLike(this.#x, 1), this.#indices);
    return pow(this.#x, ones.#meet("at.power", "multiply", value, options));
  }

  /** The array with the smaller of its element and `value` at the indices. Throws as `set`. */
  min(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    return this.#meet("at.min", "min", value, options);
  }

  /** The array with the larger of its element and `value` at the indices. Throws as `set`. */
  max(value: ArrayLike, options: UpdateOptions = {}): NDArray {
    return this.#meet("at.max", "max", value, options);
  }

  /**
   * The array with `f` applied to what stands at the indices, once even where a place is indexed several times; `f` takes and
   * gives an array of one shape. Throws as `set`.
   *
   * @example np.array([1, 4, 9]).at([1, 2]).apply(np.sqrt) // [1, 2, 3]
   */
  apply(f: (part: NDArray) => NDArray, options: UpdateOptions = {}): NDArray {
    const lone = loneMask("at.apply", this.#x.aval, this.#indices);
    if (lone !== undefined) return select(spreadMask(this.#x, lone), f(this.#x), this.#x);
    const { mode } = options;
    return this.#meet("at.apply", "set", f(this.get(mode === undefined ? {} : { mode })), options);
  }

  #meet(op: string, meeting: Meeting, value: ArrayLike, options: UpdateOptions): NDArray {
    checkIndexOptions(op, options, ["mode", "uniqueIndices"]);
    const lone = loneMask(op, this.#x.aval, this.#indices);
    if (lone !== undefined) {
      const spread = spreadValue(op, this.#x, lone, value);
      if (spread !== undefined) return select(spreadMask(this.#x, lone), meetings[meeting](this.#x, spread), this.#x);
    }
    const plan = planIndices(op, this.#x.aval, this.#indices, options.mode);
    return plan.indexed.length === 0 ? meetRegion(op, meeting, this.#x, plan, value) : meetAt(op, meeting, this.#x, plan, value, options);
  }
}

/** Basic indices alone: every place is met once. */
function meetRegion(op: string, meeting: Meeting, x: NDArray, plan: IndexPlan, value: ArrayLike): NDArray {
  const shape = regionShape(plan.region);
  const view = plan.removed.length === 0 && plan.added.length === 0 ? shape : basicShape(plan);
  const given = asArray(value, op);
  const part = given.ndim === 0 ? fitted(op, x, value, shape) : reshape(fitted(op, x, value, view), shape);
  if (meeting === "add") return addToRegion(x, plan.region, part);
  return writeRegion(x, plan.region, meeting === "set" ? part : meetings[meeting](readRegion(x, plan.region), part));
}

/** The shape of the view. */
function basicShape({ region, removed, added }: IndexPlan): number[] {
  const shape = regionShape(region).filter((_, axis) => !removed.includes(axis));
  for (const axis of added) shape.splice(axis, 0, 1);
  return shape;
}

/** Index arrays: the view is changed and put back. */
function meetAt(
  op: string,
  meeting: Meeting,
  x: NDArray,
  plan: IndexPlan,
  value: ArrayLike,
  { mode, uniqueIndices }: UpdateOptions,
): NDArray {
  const view = viewOf(x, plan);
  const values = fitted(op, x, value, shapeRead(view.shape, plan));
  const changed = writeAt(meeting, view, plan, values, primitiveMode(mode), uniqueIndices ?? plan.unique);
  return writeRegion(x, plan.region, reshape(changed, regionShape(plan.region)));
}

const spreadMask = (x: NDArray, { mask, axis }: LoneMask): NDArray => broadcastInDim(mask, x.shape, range(axis, axis + mask.ndim));

/**
 * The value beside every element of `x`, where it does not depend on how many the mask selects: that axis is missing or of
 * size 1. Undefined where it does and the mask is known; refused where it is traced.
 */
function spreadValue(op: string, x: NDArray, { mask, axis }: LoneMask, value: ArrayLike): NDArray | undefined {
  const given = asArray(value, op);
  const behind = x.ndim - axis - mask.ndim;
  const count = given.ndim > behind ? given.shape[given.ndim - behind - 1] : 1;
  if (count === 1 && given.ndim <= axis + 1 + behind) {
    const ones = new Array<number>(given.ndim > behind ? mask.ndim : 0).fill(1);
    const front = given.shape.slice(0, Math.max(0, given.ndim - behind - 1));
    const shape = [...front, ...ones, ...given.shape.slice(given.ndim - Math.min(behind, given.ndim))];
    const spread = given.ndim === 0 || sameShape(shape, given.shape) ? value : reshape(given, shape);
    return fitted(op, x, spread, x.shape);
  }
  if (mask instanceof ConcreteArray) return undefined;
  throw new ConcretizationError({
    op,
    expected: "a value for all elements that the mask selects, because their number is not known inside a transform",
    received: `${showAval(given.aval)} for the traced mask ${showAval(mask.aval)}`,
    remedy: "give a value for every element and use np.where(mask, values, x)",
  });
}
