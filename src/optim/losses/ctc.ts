// Connectionist temporal classification (Graves et al. 2006): the probability of a sequence of labels, summed over all its
// alignments with the frames. One scan over the frames, in logarithms, which may be −∞ but never NaN.

import { type ArrayLike, type NDArray, asArray } from "../../core/array.js";
import { showAval } from "../../core/aval.js";
import { isInteger } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { sameShape, showShape } from "../../core/shape.js";
import { scan } from "../../lax/scan.js";
import { logSoftmax, logsumexp } from "../../nn/softmax.js";
import { promoteFloat } from "../../numpy/promote.js";
import { takeAlongAxis } from "../../numpy/take.js";
import { truth } from "../../numpy/comparison.js";
import { add, mul, neg, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot, bitOr } from "../../ops/bitwise.js";
import { eq, ne } from "../../ops/compare.js";
import { convertElementType } from "../../ops/convert.js";
import { broadcastInDim, expandDims, full, iota, reshape, transpose } from "../../ops/layout.js";
import { reduceSum } from "../../ops/reduce.js";
import { select } from "../../ops/select.js";
import { concatenate, sliceInDim } from "../../ops/slice.js";
import { checkCount } from "../requirements.js";

export interface CtcOptions {
  /** The number of the class that stands for no label; 0 by default. */
  readonly blankId?: number;
}

interface Sequences {
  /** [batch, frames, classes] */
  readonly logits: NDArray;
  /** Frames that are none: bool [batch, frames]. */
  readonly absentFrames: NDArray;
  /** [batch, labels] */
  readonly labels: NDArray;
  /** Labels that are none: bool [batch, labels]. */
  readonly absentLabels: NDArray;
}

const op = "ctcLoss";

function expectShape(name: string, x: NDArray, shape: readonly number[]): NDArray {
  if (sameShape(x.shape, shape)) return x;
  throw new ShapeError({
    op,
    expected: `${name} of shape ${showShape(shape)}`,
    received: showAval(x.aval),
    remedy: "give logits [batch, frames, classes], labels [batch, labels], and paddings for each of the frames and labels",
  });
}

function sequencesOf(logits: ArrayLike, logitPaddings: ArrayLike, labels: ArrayLike, labelPaddings: ArrayLike): Sequences {
  const [x] = promoteFloat(op, logits);
  const y = asArray(labels, op);
  if (x.ndim !== 3) {
    throw new ShapeError({ op, expected: "logits [batch, frames, classes]", received: showAval(x.aval), remedy: "add an axis of size 1" });
  }
  if (!isInteger(y.dtype)) {
    throw new DTypeError({ op, expected: "integer labels", received: showAval(y.aval), remedy: `convert them with x.astype("int32")` });
  }
  expectShape("labels", y, [x.shape[0], y.ndim === 2 ? y.shape[1] : 0]);
  const absentFrames = truth(op, expectShape("logitPaddings", asArray(logitPaddings, op), x.shape.slice(0, 2)));
  const absentLabels = truth(op, expectShape("labelPaddings", asArray(labelPaddings, op), y.shape));
  return { logits: x, absentFrames, labels: y, absentLabels };
}

/** Labels with a blank before, between and after them: [batch, 2 labels + 1]. */
function withBlanks(labels: NDArray, blank: number): NDArray {
  const [batch, length] = labels.shape;
  const blanks = full([batch, length], blank, labels.dtype);
  const pairs = reshape(concatenate([expandDims(blanks, 2), expandDims(labels, 2)], 2), [batch, 2 * length]);
  return concatenate([pairs, full([batch, 1], blank, labels.dtype)], 1);
}

/** `x` moved along its last axis by a number of places, −∞ at those that become free. */
function later(x: NDArray, places: number): NDArray {
  const [batch, length] = x.shape;
  if (length <= places) return full([batch, length], -Infinity, x.dtype);
  return concatenate([full([batch, places], -Infinity, x.dtype), sliceInDim(x, 0, length - places, 1, 1)], 1);
}

interface Frame {
  /** Logarithms of the probabilities of the symbols in this frame. */
  readonly emitted: NDArray;
  readonly absent: NDArray;
}

type Carry = readonly [alpha: NDArray, mayLeap: NDArray];

/** Forward probabilities after one more frame: stay, go on by one, or leap over a blank between two different labels. */
function advance([alpha, mayLeap]: Carry, { emitted, absent }: Frame): readonly [Carry, null] {
  const ways = [alpha, later(alpha, 1), select(mayLeap, later(alpha, 2), -Infinity)];
  const arrived = logsumexp(
    concatenate(
      ways.map((way) => expandDims(way, 2)),
      2,
    ),
    2,
  );
  const next = add(arrived, emitted);
  return [[select(broadcastInDim(absent, alpha.shape, [0]), alpha, next), mayLeap], null];
}

/** Which symbols may be reached from the one before the last: labels that differ from that one. */
function leaps(symbols: NDArray, blank: number): NDArray {
  const [batch, length] = symbols.shape;
  const before = concatenate([full([batch, 2], blank, symbols.dtype), symbols], 1);
  return bitAnd(ne(symbols, blank), ne(symbols, sliceInDim(before, 0, length, 1, 1)));
}

/**
 * `−log` of the probability that frames spell the labels, for each sequence of a batch: the sum over all alignments, in which labels
 * may be repeated, and blanks stand anywhere. As `optax.ctc_loss`.
 *
 * Logits are [batch, frames, classes], labels integers [batch, labels]; paddings are true (or 1) for frames and labels that are not
 * there, and those stand at the end. What stands at padded places has no influence, on derivatives neither. Where there are too few
 * frames for the labels the loss is ∞ and the gradient 0.
 *
 * @throws ShapeError for shapes that do not belong together; DTypeError unless labels are integers; IndexError for a label that is no class; OptionError for an unknown option, or a blank that is no class.
 * @example
 * const labels = np.array([[1]], { dtype: "int32" });
 * optim.ctcLoss(np.zeros([1, 2, 2]), np.zeros([1, 2]), labels, np.zeros([1, 1])) // [0.287682], of three alignments out of four
 */
export function ctcLoss(
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  labels: ArrayLike,
  labelPaddings: ArrayLike,
  options: CtcOptions = {},
): NDArray {
  checkOptions(op, options, ["blankId"]);
  const { blankId = 0 } = options;
  const given = sequencesOf(logits, logitPaddings, labels, labelPaddings);
  const [batch, frames, classes] = given.logits.shape;
  checkCount(op, "blankId, the number of a class,", blankId, 0);
  if (blankId >= classes) {
    throw new ShapeError({ op, expected: `more than ${blankId} classes`, received: String(classes), remedy: "give blankId a class" });
  }
  const symbols = withBlanks(select(given.absentLabels, blankId, given.labels), blankId);
  const length = symbols.shape[1];
  const present = select(broadcastInDim(given.absentFrames, given.logits.shape, [0, 1]), 0, given.logits);
  const everywhere = broadcastInDim(symbols, [batch, frames, length], [0, 2]);
  const emitted = transpose(takeAlongAxis(logSoftmax(present), everywhere, 2), [1, 0, 2]);
  const place = iota("int32", [batch, length], 1);
  const start = select(eq(place, 0), full([batch, length], 0, emitted.dtype), -Infinity);
  const absent = transpose(given.absentFrames, [1, 0]);
  const [[alpha]] = scan(advance, [start, leaps(symbols, blankId)] as Carry, { emitted, absent });
  // It may end with the last label, or with the blank after it.
  const count = reduceSum(convertElementType(bitNot(given.absentLabels), "int32"), 1);
  const behind = sub(place, broadcastInDim(mul(count, 2), [batch, length], [0]));
  const last = bitOr(eq(behind, 0), eq(behind, -1));
  return neg(logsumexp(select(last, alpha, -Infinity), 1));
}
