// What an initializer is: a key and a shape enter, an array leaves.

import type { NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";

export interface InitOptions {
  /** float32 by default; a floating-point dtype, but for zeros, ones and constant. */
  readonly dtype?: DType;
}

/** Makes a parameter of a key and a shape. */
export type Initializer = (key: NDArray, shape: Shape, options?: InitOptions) => NDArray;
