// Products of two arrays whose axes carry labels: what matmul, tensordot and einsum have in common.
// Enters two labelled arrays and the labels to keep, leaves one labelled array. An axis that both have is contracted, or a
// batch axis if it is kept; it never gets repeated in memory to broadcast.

import type { NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { ne } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { mul } from "../ops/arithmetic.js";
import { dotGeneral } from "../ops/dot.js";
import { reduceSum } from "../ops/broadcast.js";
import { squeeze, transpose } from "../ops/layout.js";

/** An array and a label for each of its axes, none twice. */
export interface Labelled {
  readonly array: NDArray;
  readonly labels: readonly string[];
}

/** `x` without the axes that `drop` chooses, by `remove`. */
function without(
  x: Labelled,
  drop: (label: string, axis: number) => boolean,
  remove: (array: NDArray, axes: number[]) => NDArray,
): Labelled {
  const axes = x.labels.flatMap((label, axis) => (drop(label, axis) ? [axis] : []));
  if (axes.length === 0) return x;
  return { array: remove(x.array, axes), labels: x.labels.filter((_, axis) => !axes.includes(axis)) };
}

/** `x` without the axes of size 1 that `other` has in full: they broadcast. */
const unstretched = (x: Labelled, other: Labelled): Labelled =>
  without(
    x,
    (label, axis) => {
      const place = other.labels.indexOf(label);
      return place >= 0 && x.array.shape[axis] === 1 && other.array.shape[place] !== 1;
    },
    squeeze,
  );

/** `x` summed over the labels that satisfy `drop`. */
export const summedOver = (x: Labelled, drop: (label: string) => boolean): Labelled => without(x, drop, reduceSum);

/**
 * The sum of products of `x` and `y` over the labels that `keep` refuses. The labels of the result: shared ones, those of
 * `x`, those of `y`. Shared axes agree in size, or one has size 1.
 */
export function contract(x: Labelled, y: Labelled, keep: (label: string) => boolean, preferred?: DType): Labelled {
  const [narrowX, narrowY] = [unstretched(x, y), unstretched(y, x)];
  const a = summedOver(narrowX, (label) => !keep(label) && !narrowY.labels.includes(label));
  const b = summedOver(narrowY, (label) => !keep(label) && !narrowX.labels.includes(label));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter(keep);
  const contracted = shared.filter((label) => !keep(label));
  const rest = (z: Labelled): string[] => z.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rest(a), ...rest(b)];
  if (preferred === undefined && contracted.length === 0 && rest(a).length === 0 && rest(b).length === 0) {
    return { array: mul(inOrder(a, labels), inOrder(b, labels)), labels };
  }
  const axes = (z: Labelled, of: readonly string[]): number[] => of.map((label) => z.labels.indexOf(label));
  const array = dotGeneral(
    a.array,
    b.array,
    [
      [axes(a, contracted), axes(b, contracted)],
      [axes(a, batch), axes(b, batch)],
    ],
    preferred,
  );
  return { array, labels };
}

/** The array with its axes in the order of `labels`. */
export const inOrder = ({ array, labels }: Labelled, order: readonly string[]): NDArray =>
  transpose(
    array,
    order.map((label) => labels.indexOf(label)),
  );

/** Sums of products of bool: whether any product is true. The dot product itself has no bool, so it counts in int32. */
export function countingBool(xs: readonly NDArray[], product: (xs: readonly NDArray[]) => NDArray): NDArray {
  if (xs.some((x) => x.dtype !== "bool")) return product(xs);
  return ne(product(xs.map((x) => convertElementType(x, "int32"))), 0);
}
