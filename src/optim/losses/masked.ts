// What `where` means for losses: elements that it leaves out are replaced before anything is computed of them, so that whatever
// stands there, NaN too, has no influence on values or derivatives; and they count as 0.

import type { ArrayLike, NDArray } from "../../core/array.js";
import { maskFor } from "../../nn/softmax.js";
import { floatOperandsOf } from "../../numpy/promote.js";
import { sub } from "../../ops/arithmetic.js";
import { select } from "../../ops/select.js";

export interface MaskOption {
  /**
   * Which elements count, as bool; it broadcasts to the operands. The others contribute 0, and get no gradient, whatever they are.
   * For a mean over those that count: `np.mean(loss, null, { where })`.
   */
  readonly where?: ArrayLike;
}

export interface AxisOptions extends MaskOption {
  /** The axis of the classes or components, which disappears; the last by default. */
  readonly axis?: number;
}

/** Operands of a loss: one floating dtype, broadcast, 0 where they do not count. */
export interface LossOperands {
  readonly operands: readonly NDArray[];
  /** Where elements count; undefined for everywhere. */
  readonly mask: NDArray | undefined;
}

export function lossOperands(op: string, where: ArrayLike | undefined, ...xs: readonly ArrayLike[]): LossOperands {
  const operands = floatOperandsOf(op, ...xs);
  if (where === undefined) return { operands, mask: undefined };
  const widest = operands.reduce((x, y) => (y.ndim > x.ndim ? y : x));
  const mask = maskFor(op, where, widest);
  return { operands: operands.map((x) => select(mask, x, 0)), mask };
}

/** A loss of elements, 0 for those that do not count. */
export const keeping = (mask: NDArray | undefined, loss: NDArray): NDArray => (mask === undefined ? loss : select(mask, loss, 0));

/** A loss that is computed element by element. */
export function elementwise(
  op: string,
  where: ArrayLike | undefined,
  xs: readonly ArrayLike[],
  loss: (...operands: readonly NDArray[]) => NDArray,
): NDArray {
  const { operands, mask } = lossOperands(op, where, ...xs);
  return keeping(mask, loss(...operands));
}

/** `predictions − targets`, or the predictions where there are no targets; with the mask. */
export function errorsOf(
  op: string,
  predictions: ArrayLike,
  targets: ArrayLike | undefined,
  where: ArrayLike | undefined,
): [NDArray, NDArray | undefined] {
  const { operands, mask } = lossOperands(op, where, predictions, ...(targets === undefined ? [] : [targets]));
  const [x, y] = operands;
  return [operands.length === 1 ? x : sub(x, y), mask];
}
