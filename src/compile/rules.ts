// The lowering of each primitive, by name. A rule gives the values of the outputs, or `undefined` to leave the
// application to the host.

import { type DType, highest, holds, isFloat, isSigned, lowest, typedArray } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { type Shape, sizeOf } from "../core/shape.js";
import type { PointwiseOp, Reduction } from "../loop/ir.js";
import { pointwiseOps } from "../loop/operations.js";
import type { BroadcastParams, AxesParams } from "../ops/broadcast.js";
import type { ConvertParams } from "../ops/convert.js";
import type { DimensionsParams, IotaParams, ReshapeParams, TransposeParams } from "../ops/layout.js";
import type { RandomGammaParams } from "../ops/randomGamma.js";
import type { ConcatenateParams, SliceParams } from "../ops/slice.js";
import { NestBody } from "./body.js";
import { controlRules } from "./control.js";
import { lowerConv } from "./conv.js";
import { derivedRules } from "./derived.js";
import { lowerDot } from "./dot.js";
import { indexedRules } from "./indexed.js";
import { type Rule, loadNode } from "./lowering.js";
import { lowerPad } from "./pad.js";
import { integerPow, round } from "./powers.js";
import { runningRules } from "./running.js";
import { sortRules } from "./sort.js";
import { windowRules } from "./window.js";
import { type Value, broadcastView, reshapeView, reverseView, sliceView, squeezeView, transposeView, wholeView } from "./views.js";

const outOf = (equation: Equation): { shape: Shape; dtype: DType } => equation.outputs[0].aval;

/** A pointwise primitive whose operation has its name. */
const pointwise =
  (op: PointwiseOp): Rule =>
  (lowering, equation, inputs) => {
    const { shape, dtype } = outOf(equation);
    if (!lowering.target.supports(op, inputs.at(-1)?.dtype ?? dtype)) return undefined;
    return [lowering.pointwise(op, inputs, shape, dtype)];
  };

const view =
  <P>(rule: (x: Value, params: P, shape: Shape) => Value): Rule =>
  (_, equation, [x]) => [rule(x, equation.params as P, outOf(equation).shape)];

/** What an empty sum, product, maximum … is. */
function identityOf(kind: Reduction, dtype: DType): number {
  if (kind === "sum" || kind === "or") return 0;
  if (kind === "prod") return 1;
  if (kind === "and") return dtype === "bool" || !isSigned(dtype) ? highest(dtype) : -1;
  return kind === "max" ? lowest(dtype) : highest(dtype);
}

const reduction =
  (kind: Reduction): Rule =>
  (lowering, equation, [x]) => {
    const { axes } = equation.params as AxesParams;
    const { shape, dtype } = outOf(equation);
    if (sizeOf(x.shape) === 0) return [{ kind: "splat", value: identityOf(kind, dtype), shape, dtype }];
    const body = new NestBody(x.shape);
    const element = body.value(x);
    // Where nothing is summed, no accumulator begins with the 0 that makes a sum of −0 alone a 0.
    if (kind === "sum" && isFloat(dtype) && sizeOf(axes.map((axis) => x.shape[axis])) === 1)
      body.apply("add", dtype, element, body.constant(0, dtype));
    return [lowering.nest(x.shape, body.nodes, dtype, { kind, axes })];
  };

const reshape: Rule = (lowering, equation, [x]) => {
  const { newSizes } = equation.params as ReshapeParams;
  const viewed = reshapeView(x, newSizes);
  return [viewed ?? wholeView(lowering.contiguous(x).buffer, newSizes, x.dtype)];
};

const iota: Rule = (lowering, equation) => {
  const { dtype, shape, dimension } = equation.params as IotaParams;
  if (dtype === "bool") return undefined;
  return [lowering.nest(shape, [{ kind: "index", axis: dimension, dtype }], dtype)];
};

const concatenate: Rule = (lowering, equation, inputs) => {
  const { dimension } = equation.params as ConcatenateParams;
  const { shape, dtype } = outOf(equation);
  const out = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  let start = 0;
  for (const x of inputs) {
    const access = { buffer: out.buffer, offset: start * out.strides[dimension], strides: out.strides };
    lowering.store(x.shape, [loadNode(x, x.shape)], access);
    start += x.shape[dimension];
  }
  return [out];
};

const convert: Rule = (lowering, equation, [x]) => {
  const { newDtype } = equation.params as ConvertParams;
  // Rounded here, because a further conversion must not see more digits than the dtype holds.
  if (x.kind === "splat" && holds(newDtype, x.value)) return [{ ...x, value: typedArray(newDtype, [x.value])[0], dtype: newDtype }];
  if (newDtype === x.dtype) return [x];
  return lowering.target.supports("convert", x.dtype) ? [lowering.pointwise("convert", [x], x.shape, newDtype)] : undefined;
};

const gamma =
  (op: "random_gamma" | "random_gamma_grad"): Rule =>
  (lowering, equation, inputs) =>
    pointwise((equation.params as RandomGammaParams).logSpace ? `log_${op}` : op)(lowering, equation, inputs);

/** Operations of nests that are no primitive of the same name, or need more than their operands. */
const others: ReadonlySet<PointwiseOp> = new Set([
  "select",
  "convert",
  "round",
  "rotate_left",
  "random_gamma",
  "log_random_gamma",
  "random_gamma_grad",
  "log_random_gamma_grad",
]);
const samePointwise = pointwiseOps.filter((op) => !others.has(op));

/** The rules by the names of the primitives. */
export const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...samePointwise.map((op): [string, Rule] => [op, pointwise(op)]),
  ["select_n", pointwise("select")],
  ["round", round(pointwise("round"))],
  ["random_gamma", gamma("random_gamma")],
  ["random_gamma_grad", gamma("random_gamma_grad")],
  ["integer_pow", integerPow],
  ["convert_element_type", convert],
  ["stop_gradient", view((x) => x)],
  ["name", view((x) => x)],
  ["optimization_barrier", (_, __, inputs) => inputs],
  ["broadcast_in_dim", view<BroadcastParams>((x, { broadcastDimensions }, shape) => broadcastView(x, shape, broadcastDimensions))],
  ["transpose", view<TransposeParams>((x, { permutation }) => transposeView(x, permutation))],
  ["rev", view<DimensionsParams>((x, { dimensions }) => reverseView(x, dimensions))],
  ["squeeze", view<DimensionsParams>((x, { dimensions }) => squeezeView(x, dimensions))],
  ["slice", view<SliceParams>((x, { startIndices, strides }, shape) => sliceView(x, shape, startIndices, strides ?? shape.map(() => 1)))],
  ["reshape", reshape],
  ["iota", iota],
  ["concatenate", concatenate],
  ["pad", lowerPad],
  ["reduce_sum", reduction("sum")],
  ["reduce_prod", reduction("prod")],
  ["reduce_max", reduction("max")],
  ["reduce_min", reduction("min")],
  ["reduce_and", reduction("and")],
  ["reduce_or", reduction("or")],
  ["dot_general", lowerDot],
  ["conv_general_dilated", lowerConv],
  ...windowRules,
  ...runningRules,
  ...indexedRules,
  ...derivedRules,
  ...sortRules,
  ...controlRules,
]);
