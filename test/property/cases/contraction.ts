// Primitives that sum products or slide windows: dot_general, convolution, windowed reductions.

import * as fc from "fast-check";
import type { DType } from "../../../src/core/dtype.js";
import type { Shape } from "../../../src/core/shape.js";
import type { ConvParams } from "../../../src/ops/conv.js";
import { dilatedSize } from "../../../src/ops/convolutionDimensions.js";
import type { DotParams } from "../../../src/ops/dot.js";
import type { SelectWindowParams, WindowParams } from "../../../src/ops/window.js";
import { type Case, numeric, any, smooth } from "../case.js";
import { type Arb, distinct, filled, permutations } from "../arbitraries.js";

type Kind = "batch" | "contract" | "left" | "right";

/** The dtypes that products of a dtype may have. */
const productsOf = (dtype: DType): readonly DType[] => (dtype === "int8" || dtype === "uint8" ? [dtype, "int32"] : [dtype]);

/** Sizes of axes with what becomes of them; each operand has those it takes part in, in an order of its own. */
const dot: Case<DotParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    fc
      .array(fc.tuple(fc.constantFrom<Kind>("batch", "contract", "left", "right"), fc.integer({ min: 0, max: 3 })), { maxLength: 4 })
      .chain((axes) => {
        const [left, right] = (["right", "left"] as const).map((absent) => axes.flatMap(([kind], k) => (kind === absent ? [] : [k])));
        return fc.tuple(fc.constant(axes), reordered(left), reordered(right), fc.constantFrom(...productsOf(dtype)));
      })
      .map(([axes, left, right, preferredElementType]) => {
        const places = (kind: Kind): [number[], number[]] => {
          const chosen = axes.flatMap(([k], i) => (k === kind ? [i] : []));
          return [chosen.map((i) => left.indexOf(i)), chosen.map((i) => right.indexOf(i))];
        };
        const shapeOf = (order: readonly number[]): number[] => order.map((i) => axes[i][1]);
        return {
          params: { dimensionNumbers: [places("contract"), places("batch")] as const, preferredElementType },
          operands: fc.tuple(filled(dtype, shapeOf(left)), filled(dtype, shapeOf(right))),
        };
      }),
  derivative: smooth,
};

const reordered = (list: readonly number[]): Arb<number[]> => permutations(list.length).map((order) => order.map((k) => list[k]));

interface Slide {
  readonly size: number;
  readonly window: number;
  readonly stride: number;
  readonly padding: readonly [number, number];
  readonly baseDilation: number;
  readonly windowDilation: number;
}

/** How a window slides along one axis. */
const slide: Arb<Slide> = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  window: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  padding: fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
  baseDilation: fc.integer({ min: 1, max: 2 }),
  windowDilation: fc.integer({ min: 1, max: 2 }),
});

const place = (sizes: readonly number[], spec: readonly number[]): number[] => {
  const shape = new Array<number>(sizes.length);
  spec.forEach((axis, k) => (shape[axis] = sizes[k]));
  return shape;
};

/** Whether the operand is not cropped away altogether: then only shapes would be left to test. */
const isKept = ({ size, padding: [low, high], baseDilation }: Slide): boolean => dilatedSize(size, baseDilation) + low + high >= 1;

const conv: Case<ConvParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    fc
      .tuple(
        fc.array(slide.filter(isKept), { minLength: 1, maxLength: 2 }),
        fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 2 }))),
      )
      .chain(([slides, counts]) => {
        const order = permutations(slides.length + 2);
        return fc.tuple(fc.constant(slides), fc.constant(counts), order, order, order, fc.constantFrom("none", "feature", "batch"));
      })
      .map(([slides, [batch, features, outs, groups], lhsSpec, rhsSpec, outSpec, grouping]) => {
        const [featureGroupCount, batchGroupCount] = [grouping === "feature" ? groups : 1, grouping === "batch" ? groups : 1];
        const lhs = [batch * batchGroupCount, features * featureGroupCount, ...slides.map((s) => s.size)];
        const rhs = [outs * featureGroupCount * batchGroupCount, features, ...slides.map((s) => s.window)];
        return {
          params: {
            windowStrides: slides.map((s) => s.stride),
            padding: slides.map((s) => s.padding),
            lhsDilation: slides.map((s) => s.baseDilation),
            rhsDilation: slides.map((s) => s.windowDilation),
            dimensionNumbers: { lhsSpec, rhsSpec, outSpec },
            featureGroupCount,
            batchGroupCount,
          },
          operands: fc.tuple(filled(dtype, place(lhs, lhsSpec)), filled(dtype, place(rhs, rhsSpec))),
        };
      }),
  derivative: smooth,
};

const windowParams = (slides: readonly Slide[]): WindowParams => ({
  windowDimensions: slides.map((s) => s.window),
  windowStrides: slides.map((s) => s.stride),
  padding: slides.map((s) => s.padding),
  baseDilation: slides.map((s) => s.baseDilation),
  windowDilation: slides.map((s) => s.windowDilation),
});

const windowed = (slides: readonly Slide[]): Shape =>
  slides.map(({ size, window, stride, padding: [low, high], baseDilation, windowDilation }) => {
    const room = dilatedSize(size, baseDilation) + low + high - dilatedSize(window, windowDilation);
    return room < 0 ? 0 : Math.floor(room / stride) + 1;
  });

const slidesOf = (filter: (s: Slide) => boolean): Arb<Slide[]> => fc.array(slide.filter(filter), { minLength: 1, maxLength: 2 });

// Padding below a window's reach: every window holds an element, for the maximum of none is infinite.
const holdsElement = ({ size, window, padding: [low, high], baseDilation, windowDilation }: Slide): boolean =>
  baseDilation === 1 && windowDilation === 1 && low < window && high < window && size + low + high >= 1 && size >= window;

const windowSum: Case<WindowParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    slidesOf(isKept).map((slides) => ({
      params: windowParams(slides),
      operands: fc.tuple(
        filled(
          dtype,
          slides.map((s) => s.size),
        ),
      ),
    })),
  derivative: smooth,
};

const windowExtreme: Case<WindowParams> = {
  dtypes: any,
  spec: (dtype) =>
    slidesOf((s) => isKept(s) && (dtype !== "float64" || holdsElement(s))).map((slides) => ({
      params: windowParams(slides),
      operands: fc.tuple(
        distinct(
          dtype,
          slides.map((s) => s.size),
        ),
      ),
    })),
  derivative: smooth,
};

const selecting = (side: "gather" | "scatter"): Case<SelectWindowParams> => ({
  dtypes: numeric,
  spec: (dtype) =>
    fc.tuple(slidesOf(isKept), fc.constantFrom("ge" as const, "le" as const)).map(([slides, selectPrim]) => {
      const shape = slides.map((s) => s.size);
      return {
        params: { ...windowParams(slides), selectPrim },
        operands: fc.tuple(filled(dtype, side === "gather" ? shape : windowed(slides)), distinct(dtype, shape)),
        differentiable: [0],
      };
    }),
  derivative: smooth,
});

export const contraction = {
  dot_general: dot,
  conv_general_dilated: conv,
  reduce_window_sum: windowSum,
  reduce_window_max: windowExtreme,
  reduce_window_min: windowExtreme,
  select_and_gather_add: selecting("gather"),
  select_and_scatter_add: selecting("scatter"),
};
