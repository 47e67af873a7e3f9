// Initial values that are matrices in a stricter sense: orthogonal ones, and the identity.

import { ShapeError } from "../core/errors.js";
import { checkShape, normalizeAxis, range, showShape, sizeOf } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { mul } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { expandDims, iota, moveAxis, reshape, transpose } from "../ops/layout.js";
import { pad } from "../ops/slice.js";
import { normal } from "../random/index.js";
import { orthonormalFactor } from "../random/orthogonal.js";
import { floatDType } from "../random/parameters.js";
import type { Initializer } from "./initializer.js";

export interface OrthogonalInitOptions {
  /** The factor of the orthogonal matrix; 1 by default. */
  readonly scale?: number;
  /** The axis of the columns; the last by default. The others together are the rows. */
  readonly columnAxis?: number;
}

/**
 * `scale` times an orthogonal matrix (orthonormal columns, or rows where these are fewer), uniformly distributed.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.orthogonal()(random.key(0), [3, 3]).shape // [3, 3]
 */
export function orthogonal(options: OrthogonalInitOptions = {}): Initializer {
  checkOptions("orthogonal", options, ["scale", "columnAxis"]);
  return (key, shape, init = {}) => {
    const dtype = floatDType("orthogonal", init);
    if (checkShape(shape, "orthogonal").length < 2) {
      throw new ShapeError({
        op: "orthogonal",
        expected: "a shape of at least two axes",
        received: showShape(shape),
        remedy: "use another initializer for vectors",
      });
    }
    const axis = normalizeAxis(options.columnAxis ?? -1, shape.length, "orthogonal");
    const columns = shape[axis];
    const rows = columns === 0 ? 0 : sizeOf(shape) / columns;
    const q = orthonormalFactor(normal(key, [Math.max(rows, columns), Math.min(rows, columns)], { dtype }));
    const matrix = rows < columns ? transpose(q, [1, 0]) : q;
    const shaped = reshape(matrix, [...shape.toSpliced(axis, 1), columns]);
    return mul(moveAxis(shaped, -1, axis), options.scale ?? 1);
  };
}

/**
 * A convolution kernel `[…window, inputs, outputs]` that is an orthogonal matrix at its centre and zero elsewhere: it keeps
 * lengths. `inputs` may not exceed `outputs`.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for other shapes.
 * @example nn.initializers.deltaOrthogonal()(random.key(0), [3, 3, 4, 4]).shape // [3, 3, 4, 4]
 */
export function deltaOrthogonal(options: { readonly scale?: number } = {}): Initializer {
  checkOptions("deltaOrthogonal", options, ["scale"]);
  return (key, shape, init = {}) => {
    const [inputs, outputs] = checkShape(shape, "deltaOrthogonal").slice(-2);
    if (shape.length < 3 || shape.length > 5 || inputs > outputs) {
      throw new ShapeError({
        op: "deltaOrthogonal",
        expected: "one to three window axes, then inputs and as many or more outputs",
        received: showShape(shape),
        remedy: "use initializers.orthogonal for matrices and for kernels that narrow",
      });
    }
    const matrix = orthogonal(options)(key, [inputs, outputs], init);
    const space = shape.length - 2;
    const centre = shape.slice(0, space).map((n): readonly [number, number, number] => {
      const before = Math.floor((n - 1) / 2);
      return [before, n - 1 - before, 0];
    });
    return pad(expandDims(matrix, range(0, space)), 0, [...centre, [0, 0, 0], [0, 0, 0]]);
  };
}

/**
 * The identity matrix, times `scale`: ones on the diagonal of the last two axes.
 *
 * @throws ShapeError (when called) for fewer than two axes; OptionError for an unknown option.
 * @example nn.initializers.identity()(random.key(0), [2, 2]) // [[1, 0], [0, 1]]
 */
export function identity(options: { readonly scale?: number } = {}): Initializer {
  checkOptions("identity", options, ["scale"]);
  return (_, shape, init = {}) => {
    const dtype = floatDType("identity", init);
    if (checkShape(shape, "identity").length < 2) {
      throw new ShapeError({
        op: "identity",
        expected: "a shape of at least two axes",
        received: showShape(shape),
        remedy: "give it rows and columns",
      });
    }
    const [row, column] = [shape.length - 2, shape.length - 1].map((axis) => iota("int32", shape, axis));
    return mul(convertElementType(eq(row, column), dtype), options.scale ?? 1);
  };
}
