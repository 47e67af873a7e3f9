// Views against brute force: what a chain of layout operations means is what the reference kernels make of the elements. A
// reshape is a view exactly when the elements stand at places that strides can name.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Shape, sizeOf, stridesOf } from "../../src/core/shape.js";
import type { HostArray } from "../../src/core/primitive.js";
import * as kernels from "../../src/kernels/layout.js";
import {
  type Value,
  type View,
  broadcastView,
  isContiguous,
  reshapeView,
  reverseView,
  sliceView,
  squeezeView,
  transposeView,
  wholeView,
} from "../../src/compile/views.js";
import { permutations, shapesOrEmpty, someAxes } from "../property/arbitraries.js";
import { runs } from "../property/settings.js";

/** Places of the elements of a view, in row-major order. */
function placesOf({ shape, offset, strides }: View): number[] {
  let places = [offset];
  shape.forEach((n, k) => (places = places.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[k]))));
  return places;
}

const numbered = (shape: Shape): HostArray => ({ data: Int32Array.from({ length: sizeOf(shape) }, (_, i) => i), shape, dtype: "int32" });

interface Both {
  readonly view: View;
  readonly host: HostArray;
}

/** One layout operation on a view and on the elements, chosen by a seed. */
type Move = (both: Both) => fc.Arbitrary<Both>;

const viewOf = (x: Value): View => {
  if (x.kind === "view") return x;
  throw new TypeError("a view became a splat");
};

const moves: readonly Move[] = [
  ({ view, host }) =>
    permutations(view.shape.length).map((permutation) => ({
      view: viewOf(transposeView(view, permutation)),
      host: kernels.transpose(host, { permutation }),
    })),
  ({ view, host }) =>
    someAxes(view.shape.length).map((dimensions) => ({
      view: viewOf(reverseView(view, dimensions)),
      host: kernels.reverse(host, { dimensions }),
    })),
  ({ view, host }) =>
    fc.tuple(fc.nat(view.shape.length), fc.integer({ min: 1, max: 3 })).map(([at, n]) => {
      const shape = view.shape.toSpliced(at, 0, n);
      const broadcastDimensions = view.shape.map((_, k) => (k < at ? k : k + 1));
      return {
        view: viewOf(broadcastView(view, shape, broadcastDimensions)),
        host: kernels.broadcastInDim(host, { shape, broadcastDimensions }),
      };
    }),
  ({ view, host }) => {
    const dimensions = view.shape.flatMap((n, k) => (n === 1 ? [k] : []));
    return fc.constant({ view: viewOf(squeezeView(view, dimensions)), host: kernels.squeeze(host, { dimensions }) });
  },
  ({ view, host }) =>
    fc.tuple(...view.shape.map((n) => fc.tuple(fc.nat(n), fc.nat(n), fc.integer({ min: 1, max: 3 })))).map((parts) => {
      const startIndices = parts.map(([a, b]) => Math.min(a, b));
      const limitIndices = parts.map(([a, b]) => Math.max(a, b));
      const strides = parts.map(([, , step]) => step);
      const cut = kernels.slice(host, { startIndices, limitIndices, strides });
      return { view: viewOf(sliceView(view, cut.shape, startIndices, strides)), host: cut };
    }),
];

const viewed: fc.Arbitrary<Both> = fc
  .tuple(shapesOrEmpty({ maxRank: 4 }), fc.array(fc.nat(moves.length - 1), { maxLength: 4 }))
  .chain(([shape, list]) => {
    let both: fc.Arbitrary<Both> = fc.constant({ view: wholeView(0, shape, "int32"), host: numbered(shape) });
    for (const k of list) both = both.chain(moves[k]);
    return both;
  });

/** Shapes of a given size. */
const shapesOfSize = (size: number): fc.Arbitrary<number[]> => {
  if (size === 0) return fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  const factors: number[] = [];
  for (let rest = size, p = 2; rest > 1;) {
    if (rest % p === 0) {
      factors.push(p);
      rest /= p;
    } else p++;
  }
  return fc
    .tuple(
      fc.shuffledSubarray(factors, { minLength: factors.length }),
      fc.array(fc.boolean(), { minLength: factors.length, maxLength: factors.length }),
      fc.nat(3),
    )
    .map(([order, joins, one]) => {
      const shape: number[] = [];
      order.forEach((p, i) => {
        if (joins[i] && shape.length > 0) shape[shape.length - 1] *= p;
        else shape.push(p);
      });
      return shape.toSpliced(Math.min(one, shape.length), 0, 1);
    });
};

/** Whether strides over `shape` name the places; those of axes of size 1 do not matter. */
function canStride(places: readonly number[], shape: Shape): boolean {
  const steps = stridesOf(shape);
  const strides = shape.map((n, k) => (n > 1 ? places[steps[k]] - places[0] : 0));
  const expected = placesOf({ kind: "view", buffer: 0, offset: places[0], strides, shape, dtype: "int32" });
  return expected.every((p, i) => p === places[i]);
}

describe("views", () => {
  it("mean what the operations mean", () => {
    fc.assert(
      fc.property(viewed, ({ view, host }) => {
        expect(view.shape).toEqual(host.shape);
        expect(placesOf(view)).toEqual(Array.from(host.data));
      }),
      runs(1000, 50_000),
    );
  });

  it("reshape exactly when strides can name the places", () => {
    const reshaped = { yes: 0, no: 0 };
    fc.assert(
      fc.property(
        viewed.chain((both) => fc.tuple(fc.constant(both), shapesOfSize(sizeOf(both.view.shape)))),
        ([{ view }, shape]) => {
          const places = placesOf(view);
          const found = reshapeView(view, shape);
          if (found === undefined) {
            reshaped.no++;
            expect(canStride(places, shape), `no view for ${shape.join()}`).toBe(false);
            return;
          }
          reshaped.yes++;
          expect(found.shape).toEqual(shape);
          expect(placesOf(viewOf(found))).toEqual(places);
        },
      ),
      runs(2000, 100_000),
    );
    expect(Math.min(reshaped.yes, reshaped.no)).toBeGreaterThan(100);
  });

  it("are contiguous exactly when the places follow each other", () => {
    fc.assert(
      fc.property(viewed, ({ view }) => {
        const places = placesOf(view);
        const follows = places.every((p, i) => p === places[0] + i);
        expect(isContiguous(view)).toBe(follows);
      }),
      runs(1000, 50_000),
    );
  });

  it("of one number everywhere only change their shape", () => {
    const splat: Value = { kind: "splat", value: 0.1, shape: [2, 1, 3], dtype: "float32" };
    expect(transposeView(splat, [2, 0, 1]).shape).toEqual([3, 2, 1]);
    expect(squeezeView(splat, [1]).shape).toEqual([2, 3]);
    expect(reverseView(splat, [0])).toBe(splat);
    expect(reshapeView(splat, [6])).toEqual({ ...splat, shape: [6] });
    expect(broadcastView(splat, [2, 4, 3], [0, 1, 2])).toEqual({ ...splat, shape: [2, 4, 3] });
    expect(sliceView(splat, [1, 1, 1], [0, 0, 0], [1, 1, 1])).toEqual({ ...splat, shape: [1, 1, 1] });
  });
});
