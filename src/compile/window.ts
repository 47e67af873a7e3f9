// Reductions over sliding windows, and the selections that their derivatives make. A window of few elements is spelled out:
// one load for each, no loop, so that the nest is pointwise over the windows. Large windows slide along one axis after the other.

import { type DType, highest, isFloat, lowest } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { type Shape, sizeOf, stridesOf } from "../core/shape.js";
import type { PointwiseOp, Store, WindowAxis } from "../loop/ir.js";
import type { SelectWindowParams, WindowParams } from "../ops/window.js";
import { NestBody } from "./body.js";
import { type Lowering, type Rule, rowOf } from "./lowering.js";
import { padded } from "./pad.js";
import { type Value, type View, wholeView } from "./views.js";

/** Windows of more elements than this are not spelled out. */
const MOST_TAPS = 16;

const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

type Frame = Pick<WindowParams, "padding" | "baseDilation">;

const isPlain = ({ padding, baseDilation }: Frame): boolean =>
  padding.every(([low, high]) => low === 0 && high === 0) && baseDilation.every((n) => n === 1);

/** The operand with its padding and holes filled in. */
export function framed(lowering: Lowering, x: Value, frame: Frame, identity: number): View {
  if (isPlain(frame)) return x.kind === "view" ? x : lowering.contiguous(x);
  const { padding, baseDilation } = frame;
  const config = padding.map(([low, high], k) => [low, high, baseDilation[k] - 1] as const);
  const shape = x.shape.map((n, k) => Math.max(0, dilated(n, baseDilation[k]) + config[k][0] + config[k][1]));
  return padded(lowering, x, { kind: "splat", value: identity, shape: [], dtype: x.dtype }, config, shape);
}

/** Offsets of a window's elements from its first one, in row-major order. */
function tapsOf(x: View, { windowDimensions, windowDilation }: Pick<WindowParams, "windowDimensions" | "windowDilation">): number[] {
  return windowDimensions.reduce<number[]>(
    (offsets, n, k) => offsets.flatMap((o) => Array.from({ length: n }, (_, i) => o + i * windowDilation[k] * x.strides[k])),
    [0],
  );
}

/** Strides from window to window. */
const steps = (x: View, { windowStrides }: Pick<WindowParams, "windowStrides">): number[] => x.strides.map((s, k) => s * windowStrides[k]);

type Slide = Pick<WindowParams, "windowDimensions" | "windowStrides" | "windowDilation">;

/** The fold of every window of an operand without padding; the windows' places are `shape`. */
function slide(lowering: Lowering, x: View, windows: Slide, shape: Shape, kind: "sum" | "max" | "min"): View {
  const { windowDimensions, windowDilation } = windows;
  const strides = steps(x, windows);
  const op: PointwiseOp = kind === "sum" ? "add" : kind;
  if (sizeOf(windowDimensions) <= MOST_TAPS) {
    const body = new NestBody(shape);
    const taps = tapsOf(x, windows).map((tap) => body.load({ buffer: x.buffer, offset: x.offset + tap, strides }, x.dtype));
    // A sum begins with 0, so that one of negative zeros is 0.
    const first = kind === "sum" && isFloat(x.dtype) ? [body.constant(0, x.dtype)] : [];
    [...first, ...taps].reduce((a, b) => body.apply(op, x.dtype, a, b));
    return lowering.nest(shape, body.nodes, x.dtype);
  }
  const whole = [...shape, ...windowDimensions];
  const body = new NestBody(whole);
  const inside = windowDimensions.map((_, k) => x.strides[k] * windowDilation[k]);
  body.load({ buffer: x.buffer, offset: x.offset, strides: [...strides, ...inside] }, x.dtype);
  return lowering.nest(whole, body.nodes, x.dtype, { kind, axes: windowDimensions.map((_, k) => shape.length + k) });
}

const identityOf = (kind: "sum" | "max" | "min", dtype: DType): number =>
  kind === "sum" ? 0 : kind === "max" ? lowest(dtype) : highest(dtype);

const reduceWindow =
  (kind: "sum" | "max" | "min"): Rule =>
  (lowering, equation, [x]) => {
    const params = equation.params as WindowParams;
    const { shape, dtype } = equation.outputs[0].aval;
    if (!lowering.target.supports(kind === "sum" ? "add" : kind, dtype)) return undefined;
    const identity = identityOf(kind, dtype);
    if (sizeOf(shape) === 0) return [{ kind: "splat", value: identity, shape, dtype }];
    let value = framed(lowering, x, params, identity);
    if (sizeOf(params.windowDimensions) <= MOST_TAPS) return [slide(lowering, value, params, shape, kind)];
    const only = (list: readonly number[], k: number): number[] => list.map((n, j) => (j === k ? n : 1));
    params.windowDimensions.forEach((n, k) => {
      if (n === 1 && params.windowStrides[k] === 1) return;
      const places = value.shape.map((size, j) => (j === k ? shape[k] : size));
      const { windowDimensions, windowStrides, windowDilation } = params;
      const along = { windowDimensions: only(windowDimensions, k), windowStrides: only(windowStrides, k), windowDilation };
      value = slide(lowering, value, along, places, kind);
    });
    return [value];
  };

/** Whether each element belongs to one window at most. */
const apart = ({ windowDimensions, windowStrides, windowDilation }: WindowParams): boolean =>
  windowDimensions.every((n, k) => windowStrides[k] >= dilated(n, windowDilation[k]));

const canSpellOut = (lowering: Lowering, params: SelectWindowParams, dtype: DType): boolean =>
  isPlain(params) && sizeOf(params.windowDimensions) <= MOST_TAPS && lowering.target.supports(params.selectPrim, dtype);

/** For each later element of a window, the node that says whether what was selected before stays: `selected ge element`. */
function stays(body: NestBody, taps: readonly number[], { selectPrim }: SelectWindowParams, dtype: DType): number[] {
  let best = taps[0];
  return taps.slice(1).map((tap) => {
    const stay = body.apply(selectPrim, "bool", best, tap);
    best = body.apply("select", dtype, stay, tap, best);
    return stay;
  });
}

const gatherSelected: Rule = (lowering, equation, [tangents, x]) => {
  const params = equation.params as SelectWindowParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (sizeOf(shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  if (!canSpellOut(lowering, params, dtype)) return selectStep(lowering, equation, "gather", tangents, x);
  const body = new NestBody(shape);
  const loads = (of: View): number[] =>
    tapsOf(of, params).map((tap) => body.load({ buffer: of.buffer, offset: of.offset + tap, strides: steps(of, params) }, dtype));
  const view = (of: Value): View => (of.kind === "view" ? of : lowering.contiguous(of));
  const [own, values] = [loads(view(x)), loads(view(tangents))];
  stays(body, own, params, dtype).reduce((chosen, stay, k) => body.apply("select", dtype, stay, values[k + 1], chosen), values[0]);
  return [lowering.nest(shape, body.nodes, dtype)];
};

const scatterSelected: Rule = (lowering, equation, [source, x]) => {
  const params = equation.params as SelectWindowParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (sizeOf(source.shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  if (!canSpellOut(lowering, params, dtype) || !apart(params)) return selectStep(lowering, equation, "scatter", source, x);
  const places = source.shape;
  const out = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  const zeros = new NestBody(shape);
  zeros.constant(0, dtype);
  // Where the windows leave gaps, nothing else would write.
  if (sizeOf(places) * sizeOf(params.windowDimensions) < sizeOf(shape)) {
    lowering.store(shape, zeros.nodes, { buffer: out.buffer, offset: 0, strides: out.strides });
  }
  const body = new NestBody(places);
  const view = x.kind === "view" ? x : lowering.contiguous(x);
  const taps = tapsOf(view, params).map((tap) =>
    body.load({ buffer: view.buffer, offset: view.offset + tap, strides: steps(view, params) }, dtype),
  );
  const stores = selectedStores(body, stays(body, taps, params, dtype), body.value(source), dtype);
  const offsets = tapsOf(out, params);
  const strides = steps(out, params);
  lowering.steps.push({
    kind: "nest",
    sizes: places,
    nodes: body.nodes,
    stores: stores.map((node, k): Store => ({ node, access: { buffer: out.buffer, offset: offsets[k], strides } })),
  });
  return [out];
};

/** For each element of a window, what it receives of `value`: all of it where nothing later replaced it, else nothing. */
function selectedStores(body: NestBody, stay: readonly number[], value: number, dtype: DType): number[] {
  const zero = body.constant(0, dtype);
  const received = new Array<number>(stay.length + 1).fill(value);
  let kept: number | undefined;
  for (let k = stay.length; k >= 0; k--) {
    // Element k was selected when its turn came, and every later one let it stay.
    const selected = k === 0 ? kept : kept === undefined ? body.apply("not", "bool", stay[k - 1]) : both(body, kept, stay[k - 1]);
    if (selected !== undefined) received[k] = body.apply("select", dtype, selected, zero, value);
    if (k > 0) kept = kept === undefined ? stay[k - 1] : body.apply("and", "bool", kept, stay[k - 1]);
  }
  return received;
}

const both = (body: NestBody, kept: number, stay: number): number => body.apply("and", "bool", kept, body.apply("not", "bool", stay));

function selectStep(lowering: Lowering, equation: Equation, direction: "gather" | "scatter", source: Value, x: Value): readonly Value[] {
  const params = equation.params as SelectWindowParams;
  const { shape, dtype } = equation.outputs[0].aval;
  const places = direction === "gather" ? shape : source.shape;
  const axes = x.shape.map((size, k): WindowAxis => ({
    size,
    places: places[k],
    window: params.windowDimensions[k],
    stride: params.windowStrides[k],
    low: params.padding[k][0],
    baseDilation: params.baseDilation[k],
    windowDilation: params.windowDilation[k],
  }));
  const rows = { operand: rowOf(lowering.contiguous(x)), source: rowOf(lowering.contiguous(source)) };
  const target = lowering.buffer(dtype, sizeOf(shape));
  lowering.steps.push({ kind: "select_window", direction, select: params.selectPrim, dtype, axes, ...rows, target });
  return [{ kind: "view", buffer: target, offset: 0, strides: stridesOf(shape), shape, dtype }];
}

export const windowRules: readonly (readonly [string, Rule])[] = [
  ["reduce_window_sum", reduceWindow("sum")],
  ["reduce_window_max", reduceWindow("max")],
  ["reduce_window_min", reduceWindow("min")],
  ["select_and_gather_add", gatherSelected],
  ["select_and_scatter_add", scatterSelected],
];
