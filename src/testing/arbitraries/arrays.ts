// Random arrays of given or random shapes and dtypes, plain or structured. They shrink to small shapes, zeros and small
// integers; structured ones to the identity or the uniform distribution.

import type { Arbitrary } from "fast-check";
import { type NDArray, fromTypedArray } from "../../core/array.js";
import { type DType, isFloat, typedArray } from "../../core/dtype.js";
import { DTypeError, OptionError, ShapeError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { type Shape, checkShape, showShape, sizeOf } from "../../core/shape.js";
import { fastCheck } from "../fastCheck.js";
import { type ElementOptions, listsOf } from "./elements.js";
import { anglesOf, orthogonal, positiveDefinite, simplex } from "./matrices.js";
import { shapes } from "./shapes.js";

export interface ArrayOptions extends ElementOptions {
  /** The element type, or an arbitrary of it; float32 unless said otherwise. */
  readonly dtype?: DType | Arbitrary<DType>;
  /** Symmetric matrices along the last two axes with eigenvalues of at least 1. */
  readonly positiveDefinite?: boolean;
  /** Matrices along the last two axes with orthonormal rows or columns, whichever are shorter. */
  readonly orthogonal?: boolean;
  /** Positive numbers that sum to one along the last axis. */
  readonly simplex?: boolean;
}

const structures = ["positiveDefinite", "orthogonal", "simplex"] as const;
const names = ["dtype", "min", "max", "distinct", "noZeros", "integers", ...structures];

type Structure = (typeof structures)[number];

/** What is made of how many random numbers. */
interface Block {
  readonly count: number;
  readonly size: number;
  make(values: readonly number[]): readonly number[];
}

function blockOf(structure: Structure, shape: Shape): Block {
  const [rows, columns] = [shape[shape.length - 2], shape[shape.length - 1]];
  switch (structure) {
    case "positiveDefinite":
      return { count: rows * rows, size: rows * rows, make: (values) => positiveDefinite(values, rows) };
    case "orthogonal":
      return { count: anglesOf(rows, columns), size: rows * columns, make: (values) => orthogonal(values, rows, columns) };
    case "simplex":
      return { count: columns, size: columns, make: simplex };
    default:
      return structure satisfies never;
  }
}

function checkStructure(structure: Structure, shape: Shape, dtype: DType): void {
  if (!isFloat(dtype))
    throw new DTypeError({
      op: "arrays",
      expected: `a float dtype with ${structure}`,
      received: dtype,
      remedy: 'ask for "float32" or "float64"',
    });
  const fits =
    structure === "simplex" ? shape.length >= 1 : shape.length >= 2 && (structure !== "positiveDefinite" || shape.at(-1) === shape.at(-2));
  if (fits) return;
  const wanted = {
    simplex: "a shape with an axis",
    orthogonal: "a shape with two axes",
    positiveDefinite: "a shape that ends with a square",
  };
  throw new ShapeError({
    op: "arrays",
    expected: `${wanted[structure]} for ${structure}`,
    received: showShape(shape),
    remedy: "ask for another shape",
  });
}

/** A structured array: so many blocks, one after the other. */
function structured(structure: Structure, shape: Shape, dtype: DType): Arbitrary<NDArray> {
  checkStructure(structure, shape, dtype);
  const { count, size, make } = blockOf(structure, shape);
  const blocks = size === 0 ? 0 : sizeOf(shape) / size;
  return listsOf("float64", count * blocks, { min: -1.5, max: 1.5 }).map((values) => {
    const all = Array.from({ length: blocks }, (_, k) => make(values.slice(k * count, (k + 1) * count))).flat();
    return fromTypedArray(typedArray(dtype, all), shape, dtype);
  });
}

const isShape = (shape: unknown): shape is Shape => Array.isArray(shape);

function structureIn(options: ArrayOptions): Structure | undefined {
  const asked = structures.filter((name) => options[name] === true);
  const plain = ["min", "max", "distinct", "noZeros", "integers"].filter((name) => name in options);
  if (asked.length === 0 || (asked.length === 1 && plain.length === 0)) return asked[0];
  throw new OptionError({
    op: "arrays",
    expected: `at most one of ${structures.join(", ")}, and no bounds beside it`,
    received: [...asked, ...plain].join(", "),
    remedy: "leave out what does not belong together",
  });
}

/**
 * Arrays of a shape (or of random shapes). They shrink to smaller shapes, zeros and small integers.
 *
 * @throws OptionError for options that do not belong together; ShapeError or DTypeError where a structure needs another shape
 * or dtype (for random shapes when one is drawn); MissingPackageError without fast-check.
 * @example
 * fc.assert(fc.property(arrays([3], { min: 0.5, distinct: true }), (x) => np.log(x).shape[0] === 3));
 */
export function arrays(shape: Shape | Arbitrary<Shape> | undefined = undefined, options: ArrayOptions = {}): Arbitrary<NDArray> {
  checkOptions("arrays", options, names);
  const { dtype = "float32", ...elements } = options;
  const structure = structureIn(options);
  if (isShape(shape)) checkShape(shape, "arrays");
  const make = (given: Shape, type: DType): Arbitrary<NDArray> =>
    structure === undefined
      ? listsOf(type, sizeOf(given), elements).map((values) => fromTypedArray(typedArray(type, values), given, type))
      : structured(structure, given, type);
  if (isShape(shape) && typeof dtype === "string") return make(shape, dtype);
  const fc = fastCheck("arrays");
  const types: Arbitrary<DType> = typeof dtype === "string" ? fc.constant(dtype) : dtype;
  return fc.tuple(isShape(shape) ? fc.constant(shape) : (shape ?? shapes()), types).chain(([drawn, type]) => make(drawn, type));
}
