// Running folds along an axis and linear recurrences: steps of their own. Running log-sum-exps become a running maximum and a
// recurrence that is scaled by it: with m the maximum so far, t = t·exp(m' − m) + exp(x − m), and the result is m + log t.

import { sizeOf } from "../core/shape.js";
import type { PointwiseOp, Running } from "../loop/ir.js";
import type { RunningParams } from "../ops/recurrence.js";
import { supportsRunning } from "../wasm/kernels/running.js";
import { NestBody } from "./body.js";
import { type Lowering, type Rule, rowOf } from "./lowering.js";
import { type Value, type View, sliceView, wholeView } from "./views.js";

function run(lowering: Lowering, fold: Running["fold"], inputs: readonly Value[], { axis, reverse }: RunningParams): View {
  const [{ shape, dtype }] = inputs;
  const target = lowering.buffer(dtype, sizeOf(shape));
  lowering.steps.push({
    kind: "running",
    fold,
    dtype,
    outer: sizeOf(shape.slice(0, axis)),
    size: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
    reverse,
    inputs: inputs.map((x) => rowOf(lowering.contiguous(x))),
    target,
  });
  return wholeView(target, shape, dtype);
}

const running =
  (fold: Running["fold"]): Rule =>
  (lowering, equation, inputs) => {
    const { shape, dtype } = equation.outputs[0].aval;
    if (!supportsRunning({ fold, dtype })) return undefined;
    if (sizeOf(shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
    return [run(lowering, fold, inputs, equation.params as RunningParams)];
  };

const runningLogSumExp: Rule = (lowering, equation, [x]) => {
  const params = equation.params as RunningParams;
  const { axis, reverse } = params;
  const { shape, dtype } = equation.outputs[0].aval;
  const needed: readonly PointwiseOp[] = ["exp", "log", "sub", "eq", "select"];
  if (!needed.every((op) => lowering.target.supports(op, dtype))) return undefined;
  if (sizeOf(shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  const most = run(lowering, "max", [x], params);
  const weights = weight(lowering, x, most, most.shape);
  // The first factor of a recurrence is not read.
  const factors = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  const shorter = shape.map((n, k) => (k === axis ? n - 1 : n));
  const from = (v: View, start: number): View =>
    sliceView(
      v,
      shorter,
      shape.map((_, k) => (k === axis ? start : 0)),
      shape.map(() => 1),
    ) as View;
  const [before, after] = reverse ? [1, 0] : [0, 1];
  if (sizeOf(shorter) > 0) weight(lowering, from(most, before), from(most, after), shorter, from(factors, after));
  const total = run(lowering, "linear", [factors, weights], params);
  const body = new NestBody(shape);
  body.apply("add", dtype, body.value(most), body.apply("log", dtype, body.value(total)));
  return [lowering.nest(shape, body.nodes, dtype)];
};

/** `exp(x − m)`, and 1 where both are the same infinity. */
function weight(lowering: Lowering, x: Value, m: Value, shape: readonly number[], into?: View): View {
  const body = new NestBody(shape);
  const [a, b] = [body.value(x), body.value(m)];
  const scaled = body.apply("exp", x.dtype, body.apply("sub", x.dtype, a, b));
  body.apply("select", x.dtype, body.apply("eq", "bool", a, b), scaled, body.constant(1, x.dtype));
  if (into === undefined) return lowering.nest(shape, body.nodes, x.dtype);
  lowering.store(shape, body.nodes, { buffer: into.buffer, offset: into.offset, strides: into.strides });
  return into;
}

export const runningRules: readonly (readonly [string, Rule])[] = [
  ["cumsum", running("sum")],
  ["cumprod", running("prod")],
  ["cummax", running("max")],
  ["cummin", running("min")],
  ["cumlogsumexp", runningLogSumExp],
  ["linear_recurrence", running("linear")],
];
