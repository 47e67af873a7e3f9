// One step along an axis: what stands before each element.

import { type NDArray, scalar } from "../core/array.js";
import { pad } from "./slice.js";

/** At each place of `axis` the element before it (after it where `reverse`); `first` at the first place. */
export const delayed = (x: NDArray, first: number, axis: number, reverse: boolean): NDArray =>
  pad(
    x,
    scalar(first, x.dtype),
    x.shape.map((_, k) => (k !== axis ? [0, 0, 0] : reverse ? [-1, 1, 0] : [1, -1, 0])),
  );
