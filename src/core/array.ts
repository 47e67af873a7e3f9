// Arrays as users see them. An NDArray is an immutable value with a shape and a dtype: either a ConcreteArray, which holds
// its elements, or a Tracer (see trace.ts), which stands for one inside a transform. Methods for arithmetic are installed
// by the composition root; what is here needs no operation.

import { type Aval, aval, showAval } from "./aval.js";
import { type DType, type TypedArray, typedArray } from "./dtype.js";
import { ConcretizationError, DonatedError, ShapeError, TypeMismatchError } from "./errors.js";
import { formatArray } from "./format.js";
import { type Shape, showShape, sizeOf } from "./shape.js";

/** A nested list of numbers or booleans, as deep as the array has axes. */
export type NestedArray = number | boolean | NestedArray[];

/** What operations accept where an array is expected; numbers and booleans are weakly typed literals. */
export type ArrayLike = NDArray | number | boolean;

/** Node's hook for `console.log`, by its registered name, so that no Node module is needed. */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** An immutable array (or a tracer that stands for one). */
export abstract class NDArray {
  abstract readonly aval: Aval;

  /** Sizes of the axes, outermost first. */
  get shape(): Shape {
    return this.aval.shape;
  }

  /** The element type. */
  get dtype(): DType {
    return this.aval.dtype;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.aval.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.aval.shape);
  }

  /** The elements' own storage: for the evaluator only, never to be written. */
  protected abstract elements(reading: string): TypedArray;

  /**
   * The only element, as a number (or boolean).
   *
   * @throws ShapeError unless there is exactly one element; ConcretizationError inside a transform.
   * @example np.array([2, 3]).sum().item() // 5
   */
  item(): number {
    const elements = this.elements("item");
    if (elements.length === 1) return elements[0];
    throw new ShapeError({
      op: "item",
      expected: "an array with one element",
      received: showAval(this.aval),
      remedy: "reduce it first, or read all elements with toArray()",
    });
  }

  /**
   * The elements as nested lists; booleans for `bool`.
   *
   * @throws ConcretizationError inside a transform.
   * @example np.array([[1, 2], [3, 4]]).toArray() // [[1, 2], [3, 4]]
   */
  toArray(): NestedArray {
    const elements = this.elements("toArray");
    const { shape, dtype } = this.aval;
    let position = 0;
    const nest = (axis: number): NestedArray => {
      if (axis < shape.length) return Array.from({ length: shape[axis] }, () => nest(axis + 1));
      const value = elements[position++];
      return dtype === "bool" ? value !== 0 : value;
    };
    return nest(0);
  }

  /**
   * A copy of the elements in row-major order.
   *
   * @throws ConcretizationError inside a transform.
   * @example np.ones([2, 2]).toTypedArray() // Float32Array [1, 1, 1, 1]
   */
  toTypedArray(): TypedArray {
    return this.elements("toTypedArray").slice();
  }

  /** What JSON.stringify writes: the nested lists, where the object's own fields would lose the elements. */
  toJSON(): NestedArray {
    return this.toArray();
  }

  /** Arithmetic on the object itself always fails, and says which method to use. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string" && this instanceof ConcreteArray) return this.toString();
    throw hint === "string" ? noText(this) : noNumber(this);
  }

  toString(): string {
    return this.describe();
  }

  /** What `console.log` prints. */
  [inspect](): string {
    return this.describe();
  }

  protected abstract describe(): string;
}

/** Where the elements of an array live when they are not in a typed array of their own: a compiler's heap. */
export interface Storage {
  /** The elements, as a copy that stays valid. */
  elements(): TypedArray;
  /** Gives the place back at once: the array was donated. */
  release(): void;
}

/** An array that holds its elements, contiguous and row-major. */
export class ConcreteArray extends NDArray {
  #data: TypedArray | undefined;
  #storage: Storage | undefined;
  #donatedTo: string | undefined;
  /** The call that met this array last, for finding arrays that one call has twice. @internal */
  metBy = 0;

  constructor(
    readonly aval: Aval,
    elements: TypedArray | Storage,
  ) {
    super();
    if (ArrayBuffer.isView(elements)) this.#data = elements;
    else this.#storage = elements;
  }

  /** The elements, shared with every holder of this array; writing to them is a fault. */
  get data(): TypedArray {
    if (this.#donatedTo !== undefined) throw this.#donatedError(this.#donatedTo);
    return (this.#data ??= (this.#storage as Storage).elements());
  }

  /** The place of the elements in a compiler's heap, if they have one. */
  get storage(): Storage | undefined {
    if (this.#donatedTo !== undefined) throw this.#donatedError(this.#donatedTo);
    return this.#storage;
  }

  /** Remembers a place in a compiler's heap that holds the same elements. */
  settle(storage: Storage): void {
    this.#storage = storage;
  }

  #donatedError(name: string): DonatedError {
    return new DonatedError({
      op: "use of a donated array",
      expected: "an array that is still alive",
      received: `${showAval(this.aval)}, donated to ${name}`,
      remedy: "use the array that the jitted call returned in its place, or leave the argument out of donateArgnums",
    });
  }

  /** Whether the elements were given away to a jitted call. */
  get donated(): boolean {
    return this.#donatedTo !== undefined;
  }

  /** Gives the elements away; every later use throws. `name` is the function that took them. */
  donate(name: string): void {
    this.#storage?.release();
    this.#donatedTo = name;
    this.#data = undefined;
    this.#storage = undefined;
  }

  protected override elements(): TypedArray {
    return this.data;
  }

  protected override describe(): string {
    if (this.#donatedTo !== undefined) return `DonatedArray<${showAval(this.aval)}> to ${this.#donatedTo}`;
    return formatArray(this.data, this.aval.shape, this.aval.dtype);
  }
}

/** A shape and dtype without elements: what evalShape gives, and what may stand for an argument where only types matter. */
export class AbstractArray extends NDArray {
  constructor(readonly aval: Aval) {
    super();
  }

  protected override elements(reading: string): never {
    throw concretizationError(reading, this.describe());
  }

  protected override describe(): string {
    return `AbstractArray<${showAval(this.aval)}>`;
  }
}

const noNumber = (x: NDArray): TypeMismatchError =>
  new TypeMismatchError({
    op: "JavaScript operator or Math function",
    expected: "a number",
    received: `an array ${showAval(x.aval)}`,
    remedy:
      "use the array's methods or functions: x.mul(2) for x * 2, x.greater(0) for x > 0, np.sin(x) for Math.sin(x), " +
      "np.where(condition, a, b) for a choice; x.item() reads the number of a concrete scalar",
  });

const noText = (x: NDArray): TypeMismatchError =>
  new TypeMismatchError({
    op: "conversion to a string or property name",
    expected: "a concrete array",
    received: x.toString(),
    remedy:
      "use console.log(x) or x.toString() to see its type, np.take or indexing in the place of list[x], and convert results outside of the transform",
  });

/** The error for a value that is asked of a tracer. */
export function concretizationError(reading: string, description: string): ConcretizationError {
  return new ConcretizationError({
    op: reading,
    expected: "a concrete array",
    received: `${description}, which has no elements to read`,
    remedy:
      "compute with array operations (np.where or lax.cond for a choice) instead of reading the value, mark the argument as static " +
      "(staticArgnums), read it outside of the transform, or, under grad alone, read stopGradient(x), which is no tracer",
  });
}

/** Whether `x` is an array or tracer of this library. */
export const isArray = (x: unknown): x is NDArray => x instanceof NDArray;

/** Whether `x` can stand where an array is expected. */
export const isArrayLike = (x: unknown): x is ArrayLike => x instanceof NDArray || typeof x === "number" || typeof x === "boolean";

/** A scalar of the given dtype. */
export const scalar = (value: number | boolean, dtype: DType): ConcreteArray =>
  new ConcreteArray(aval([], dtype), typedArray(dtype, [Number(value)]));

/** A literal as an array: weakly typed for numbers, `bool` for booleans. */
export function literal(value: number | boolean): ConcreteArray {
  if (typeof value === "boolean") return scalar(value, "bool");
  return new LiteralArray(value);
}

/**
 * A JavaScript number as an array: float32 for all to see, stored exactly, so that nothing is lost when it meets float64.
 * Operations give it its dtype by an explicit conversion.
 */
export class LiteralArray extends ConcreteArray {
  constructor(readonly value: number) {
    super({ shape: [], dtype: "float32", weak: Number.isInteger(value) ? "integer" : "fraction" }, Float64Array.of(value));
  }

  override toTypedArray(): TypedArray {
    return Float32Array.of(this.value);
  }
}

/**
 * The array that `x` stands for.
 *
 * @throws TypeMismatchError for anything but an array, a number or a boolean.
 */
export function asArray(x: ArrayLike, op: string): NDArray {
  if (x instanceof NDArray) return x;
  if (typeof x === "number" || typeof x === "boolean") return literal(x);
  throw notAnArray(x, op);
}

/** What a value is, in the words of an error. */
export function kindOf(x: unknown): string {
  if (x === null || x === undefined) return String(x);
  if (x instanceof NDArray) return `an array ${showAval(x.aval)}`;
  if (Array.isArray(x)) return "a JavaScript list";
  return typeof x === "object" ? "an object" : `a ${typeof x}`;
}

/** The error for a value that is no array. */
export function notAnArray(x: unknown, op: string): TypeMismatchError {
  return new TypeMismatchError({
    op,
    expected: "an array, a number or a boolean",
    received: kindOf(x),
    remedy: Array.isArray(x) ? "make an array of it with np.array(list), or np.stack(list) for a list of arrays" : "pass an array",
  });
}

/** An array over elements that the caller gives away. */
export function fromTypedArray(data: TypedArray, shape: Shape, dtype: DType): ConcreteArray {
  if (data.length === sizeOf(shape)) return new ConcreteArray(aval(shape, dtype), data);
  throw new ShapeError({
    op: "array",
    expected: `${sizeOf(shape)} elements for shape ${showShape(shape)}`,
    received: `${data.length} elements`,
    remedy: "pass as many elements as the shape has",
  });
}
