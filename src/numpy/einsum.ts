// einsum: sums of products in Einstein's notation. Enters a string such as "bij,bjk->bik" and its operands, leaves an array.
// Operands are contracted two at a time, each pair by one dot product, in the order that einsumOrder.ts finds cheap.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { range } from "../core/shape.js";
import { reshape } from "../ops/layout.js";
import { sliceInDim } from "../ops/slice.js";
import { type Labelled, contract, countingBool, inOrder, summedOver } from "./contract.js";
import { type Sizes, contractionOrder } from "./einsumOrder.js";
import { type EinsumTerms, parseEinsum } from "./einsumParse.js";
import { promote } from "./promote.js";

/**
 * `x` with the axes of a repeated label replaced by their diagonal, at the end. With k axes of size n these are every
 * `(1 + n + … + n^(k−1))`-th of the n^k elements, so that a reshape and a slice give them.
 */
function diagonal({ array, labels }: Labelled, label: string): Labelled {
  const axes = labels.flatMap((l, axis) => (l === label ? [axis] : []));
  const rest = range(0, array.ndim).filter((axis) => !axes.includes(axis));
  const n = array.shape[axes[0]];
  const moved = inOrder({ array, labels: range(0, array.ndim).map(String) }, [...rest, ...axes].map(String));
  const merged = reshape(moved, [...rest.map((axis) => array.shape[axis]), n ** axes.length]);
  const stride = axes.reduce((sum, _, k) => sum + n ** k, 0);
  return {
    array: n === 0 ? merged : sliceInDim(merged, 0, n ** axes.length, stride, rest.length),
    labels: [...rest.map((axis) => labels[axis]), label],
  };
}

const withoutRepeats = (x: Labelled): Labelled =>
  x.labels.filter((label, axis) => x.labels.indexOf(label) === axis && x.labels.lastIndexOf(label) !== axis).reduce(diagonal, x);

/** Sizes of the labels; a size of 1 broadcasts. */
function labelSizes(terms: EinsumTerms, operands: readonly NDArray[]): Sizes {
  const sizes = new Map<string, { size: number; operand: number }>();
  operands.forEach((x, i) => {
    terms.inputs[i].forEach((label, axis) => {
      const size = x.shape[axis];
      const known = sizes.get(label);
      const repeated = terms.inputs[i].indexOf(label) !== axis;
      const agrees = known === undefined || known.size === size || (!repeated && (known.size === 1 || size === 1));
      if (!agrees) throw sizesDiffer(terms, operands, label, known, size, i);
      if (known === undefined || known.size === 1) sizes.set(label, { size, operand: i });
    });
  });
  return new Map([...sizes].map(([label, { size }]) => [label, size]));
}

const sizesDiffer = (
  { subscripts }: EinsumTerms,
  operands: readonly NDArray[],
  label: string,
  known: { size: number; operand: number },
  size: number,
  operand: number,
): ShapeError =>
  new ShapeError({
    op: "einsum",
    expected: `${label.length === 1 ? `label "${label}"` : `the axes of "..."`} of one size wherever it stands in "${subscripts}"`,
    received: `size ${known.size} in operand ${known.operand}, ${showAval(operands[known.operand].aval)}, and size ${size} in operand ${operand}, ${showAval(operands[operand].aval)}`,
    remedy: "transpose an operand, or correct the subscripts",
  });

function contractAll(operands: readonly Labelled[], output: readonly string[], sizes: Sizes): NDArray {
  const order = contractionOrder(
    operands.map(({ labels }) => labels),
    output,
    sizes,
  );
  let pending = operands;
  for (const [i, j] of order) {
    const others = pending.filter((_, k) => k !== i && k !== j);
    const needed = new Set([...output, ...others.flatMap(({ labels }) => labels)]);
    pending = [...others, contract(pending[i], pending[j], (label) => needed.has(label))];
  }
  const [last] = pending;
  const kept = new Set(output);
  return inOrder(
    summedOver(last, (label) => !kept.has(label)),
    output,
  );
}

/**
 * Sums of products in Einstein's notation: each operand's axes have letters, letters that `->` does not keep are summed.
 * Without `->` the result has, in alphabetical order, the letters that stand once. `...` stands for axes that broadcast; a
 * letter twice in one operand takes the diagonal.
 *
 * @throws ShapeError for subscripts that do not parse or do not fit the operands.
 * @example np.einsum("ij,jk->ik", np.ones([2, 3]), np.ones([3, 4])).shape // [2, 4]
 * @example np.einsum("ii", np.eye(3)) // 3
 */
export function einsum(subscripts: string, ...operands: readonly ArrayLike[]): NDArray {
  const arrays = promote("einsum", ...operands);
  return countingBool(arrays, (xs) => {
    const terms = parseEinsum(
      subscripts,
      xs.map((x) => x.aval),
    );
    const sizes = labelSizes(terms, xs);
    const labelled = xs.map((array, i) => withoutRepeats({ array, labels: terms.inputs[i] }));
    return contractAll(labelled, terms.output, sizes);
  });
}
