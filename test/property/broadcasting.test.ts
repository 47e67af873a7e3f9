// NumPy's broadcasting laws, for shapes and for the functions that broadcast: against an index-by-index model, and as
// identities (commutes with broadcastTo, symmetric, associative, refuses what does not line up).

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ShapeError } from "../../src/core/errors.js";
import { type Shape, broadcastShapes, sizeOf, stridesOf } from "../../src/core/shape.js";
import * as np from "../../src/numpy/index.js";
import { grad } from "../../src/transform/grad.js";
import { type Arb, arrayOf, filled, real, shapes, signed } from "./arbitraries.js";
import { elements, expectSame } from "./measure.js";
import { runs } from "./settings.js";

/** Shapes that broadcast to `shape`: some leading axes gone, some sizes 1. */
const compatible = (shape: Shape): Arb<number[]> =>
  fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([dropped, ones]) => shape.map((n, k) => (ones[k] ? 1 : n)).slice(dropped));

const compatibleShapes = (count: number): Arb<number[][]> =>
  shapes({ minSize: 0 }).chain((shape) => fc.tuple(...Array.from({ length: count }, () => compatible(shape))));

/** The element of `x` that stands at `index` of the broadcast shape: leading axes skipped, axes of size 1 held at 0. */
function elementAt(x: NDArray, index: readonly number[]): number {
  const strides = stridesOf(x.shape);
  const offset = index.length - x.ndim;
  return elements(x)[x.shape.reduce((at, n, k) => at + (n === 1 ? 0 : strides[k] * index[offset + k]), 0)];
}

const indices = (shape: Shape): number[][] =>
  Array.from({ length: sizeOf(shape) }, (_, flat) => stridesOf(shape).map((stride, k) => Math.floor(flat / stride) % shape[k]));

const functions: Readonly<Record<string, [apply: (x: NDArray, y: NDArray) => NDArray, model: (x: number, y: number) => number]>> = {
  add: [np.add, (x, y) => x + y],
  subtract: [np.subtract, (x, y) => x - y],
  multiply: [np.multiply, (x, y) => x * y],
  divide: [np.divide, (x, y) => x / y],
  maximum: [np.maximum, Math.max],
  minimum: [np.minimum, Math.min],
  power: [(x, y) => np.power(np.abs(x), y), (x, y) => Math.abs(x) ** y],
  arctan2: [np.arctan2, Math.atan2],
  less: [np.less, (x, y) => (x < y ? 1 : 0)],
  equal: [np.equal, (x, y) => (x === y ? 1 : 0)],
};
const names = Object.keys(functions);
const commutative = ["add", "multiply", "maximum", "minimum", "equal"];

const operands = (count: number): Arb<NDArray[]> =>
  compatibleShapes(count).chain((all) => fc.tuple(...all.map((shape) => filled("float64", shape, signed(0.25, 2)))));

describe("broadcastShapes", () => {
  it("is symmetric, associative and idempotent, with [] as its unit", () => {
    fc.assert(
      fc.property(compatibleShapes(3), ([a, b, c]) => {
        const both = broadcastShapes([a, b], "test");
        expect(broadcastShapes([b, a], "test")).toEqual(both);
        expect(broadcastShapes([both, c], "test")).toEqual(broadcastShapes([a, broadcastShapes([b, c], "test")], "test"));
        expect(broadcastShapes([a, b, c], "test")).toEqual(broadcastShapes([both, c], "test"));
        expect(broadcastShapes([a, a], "test")).toEqual(a);
        expect(broadcastShapes([a, []], "test")).toEqual(a);
      }),
      runs(200, 5000),
    );
  });

  it("refuses exactly the shapes with two sizes that differ and are not 1", () => {
    fc.assert(
      fc.property(shapes({ minSize: 0 }), shapes({ minSize: 0 }), (a, b) => {
        const [x, y] = [a.toReversed(), b.toReversed()];
        const clash = x.some((n, k) => k < y.length && n !== y[k] && n !== 1 && y[k] !== 1);
        const attempt = (): number[] => broadcastShapes([a, b], "add");
        if (clash)
          expect(attempt).toThrow(
            `add: expected shapes that broadcast: aligned at the last axis, sizes equal or 1, got [${a.join()}] and [${b.join()}]`,
          );
        else expect(attempt()).toHaveLength(Math.max(a.length, b.length));
      }),
      runs(300, 5000),
    );
  });
});

describe.each(names)("np.%s", (name) => {
  const [apply, model] = functions[name];

  it("gives, at each place, the function of the elements there", () => {
    fc.assert(
      fc.property(operands(2), ([x, y]) => {
        const z = apply(x, y);
        expect(z.shape).toEqual(broadcastShapes([x.shape, y.shape], "test"));
        expect(elements(z)).toEqual(indices(z.shape).map((index) => model(elementAt(x, index), elementAt(y, index))));
      }),
      runs(40, 1000),
    );
  });

  it("commutes with broadcastTo", () => {
    fc.assert(
      fc.property(operands(2), ([x, y]) => {
        const z = apply(x, y);
        const [wideX, wideY] = np.broadcastArrays(x, y);
        expectSame([apply(wideX, wideY)], [z], "both broadcast first");
        expectSame([apply(np.broadcastTo(x, z.shape), y)], [z], "one broadcast first");
      }),
      runs(40, 1000),
    );
  });

  it.runIf(commutative.includes(name))("is symmetric", () => {
    fc.assert(
      fc.property(operands(2), ([x, y]) => expectSame([apply(y, x)], [apply(x, y)], "operands exchanged")),
      runs(30, 500),
    );
  });

  it("refuses what does not line up, and names both shapes", () => {
    const [x, y] = [arrayOf("float64", [1, 2, 3]), arrayOf("float64", [1, 2, 3, 4])];
    expect(() => apply(x, y)).toThrow(ShapeError);
    expect(() => apply(x, y)).toThrow("[3] and [4]");
  });
});

describe("other functions that broadcast", () => {
  it("where broadcasts its three operands together", () => {
    fc.assert(
      fc.property(
        compatibleShapes(3).chain(([a, b, c]) => fc.tuple(filled("bool", a), filled("float64", b), filled("float64", c))),
        ([which, x, y]) => {
          const z = np.where(which, x, y);
          expect(z.shape).toEqual(broadcastShapes([which.shape, x.shape, y.shape], "test"));
          expect(elements(z)).toEqual(indices(z.shape).map((i) => (elementAt(which, i) === 0 ? elementAt(y, i) : elementAt(x, i))));
        },
      ),
      runs(60, 1000),
    );
  });

  it("matmul broadcasts what stands before the matrices", () => {
    fc.assert(
      fc.property(
        compatibleShapes(2).chain(([a, b]) => fc.tuple(filled("float64", [...a, 2, 3]), filled("float64", [...b, 3, 2]))),
        ([x, y]) => {
          const z = np.matmul(x, y);
          const batch = broadcastShapes([x.shape.slice(0, -2), y.shape.slice(0, -2)], "test");
          expect(z.shape).toEqual([...batch, 2, 2]);
          const expected = indices(z.shape).map((index) => {
            const [before, i, j] = [index.slice(0, -2), index[index.length - 2], index[index.length - 1]];
            return [0, 1, 2].reduce((sum, k) => sum + elementAt(x, [...before, i, k]) * elementAt(y, [...before, k, j]), 0);
          });
          elements(z).forEach((v, k) => expect(v).toBeCloseTo(expected[k], 12));
        },
      ),
      runs(40, 500),
    );
  });

  it("a derivative comes back in the shape of its operand, summed over where it was repeated", () => {
    fc.assert(
      fc.property(
        compatibleShapes(2).chain(([a, b]) => fc.tuple(filled("float64", a, real(-1, 1)), filled("float64", b, real(-1, 1)))),
        ([x, y]) => {
          const dx = grad((z: NDArray) => np.sum(np.multiply(z, y)))(x);
          expect(dx.shape).toEqual(x.shape);
          const expected = new Array<number>(x.size).fill(0);
          const numbered = arrayOf("float64", [...expected.keys()], x.shape);
          for (const index of indices(broadcastShapes([x.shape, y.shape], "test")))
            expected[elementAt(numbered, index)] += elementAt(y, index);
          elements(dx).forEach((v, k) => expect(v).toBeCloseTo(expected[k], 12));
        },
      ),
      runs(60, 1000),
    );
  });
});
