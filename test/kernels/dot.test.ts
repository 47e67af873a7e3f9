// The general dot product against its sum over indices.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isFloat } from "../../src/core/dtype.js";
import type { DType } from "../../src/core/dtype.js";
import { dotGeneral } from "../../src/kernels/dot.js";
import type { DotParams } from "../../src/kernels/dot.js";
import type { HostArray } from "../../src/kernels/host.js";
import { anyDType, arithmeticValues, arrays, at, build, indicesOf, permutationOf, rows, shapes, wrapped } from "./brute.js";
import { casesOf, expectedOf, fromStored, referencePresent } from "./referenceCases.js";

function brute(lhs: HostArray, rhs: HostArray, params: DotParams): HostArray {
  const { lhsContracting, rhsContracting, lhsBatch, rhsBatch } = params;
  const lhsFree = rows(lhs.shape).filter((k) => ![...lhsContracting, ...lhsBatch].includes(k));
  const rhsFree = rows(rhs.shape).filter((k) => ![...rhsContracting, ...rhsBatch].includes(k));
  const batchShape = lhsBatch.map((k) => lhs.shape[k]);
  const shape = [...batchShape, ...lhsFree.map((k) => lhs.shape[k]), ...rhsFree.map((k) => rhs.shape[k])];
  const contracted = indicesOf(lhsContracting.map((k) => lhs.shape[k]));
  return build(lhs.dtype, shape, (index) => {
    const terms = contracted.map((inner) => {
      const l = rows(lhs.shape).map(
        (k) =>
          [...index, ...inner][
            lhsBatch.includes(k)
              ? lhsBatch.indexOf(k)
              : lhsFree.includes(k)
                ? batchShape.length + lhsFree.indexOf(k)
                : index.length + lhsContracting.indexOf(k)
          ],
      );
      const r = rows(rhs.shape).map(
        (k) =>
          [...index, ...inner][
            rhsBatch.includes(k)
              ? rhsBatch.indexOf(k)
              : rhsFree.includes(k)
                ? batchShape.length + lhsFree.length + rhsFree.indexOf(k)
                : index.length + rhsContracting.indexOf(k)
          ],
      );
      return [at(lhs, l), at(rhs, r)] as const;
    });
    if (isFloat(lhs.dtype)) return terms.reduce((sum, [a, b]) => sum + a * b, 0);
    if (lhs.dtype === "bool") return terms.some(([a, b]) => a * b === 1) ? 1 : 0;
    return wrapped(
      lhs.dtype,
      terms.reduce((sum, [a, b]) => sum + BigInt(a) * BigInt(b), 0n),
    );
  });
}

const operands = fc
  .record({ dtype: anyDType, batch: shapes(0, 2, 3), contracted: shapes(0, 2, 4), left: shapes(0, 2, 4), right: shapes(0, 2, 4) })
  .chain(({ dtype, batch, contracted, left, right }) => {
    const side = (free: number[]) =>
      permutationOf(batch.length + contracted.length + free.length).chain((order) => {
        const sizes = [...batch, ...contracted, ...free];
        const values = dtype === "bool" ? fc.integer({ min: 0, max: 1 }) : arithmeticValues(dtype);
        const shape = order.map((k) => sizes[k]);
        return arrays(dtype, shape, values).map((x) => ({
          x,
          batch: batch.map((_, k) => order.indexOf(k)),
          contracting: contracted.map((_, k) => order.indexOf(batch.length + k)),
        }));
      });
    return fc.tuple(side(left), side(right));
  });

test("dotGeneral", () => {
  fc.assert(
    fc.property(operands, ([lhs, rhs]) => {
      const params = { lhsContracting: lhs.contracting, rhsContracting: rhs.contracting, lhsBatch: lhs.batch, rhsBatch: rhs.batch };
      expect(dotGeneral(lhs.x, rhs.x, params)).toEqual(brute(lhs.x, rhs.x, params));
    }),
    { numRuns: 500 },
  );
});

// Sizes around the tiles and blocks of the quick path: 4, 128 and 256.
for (const [m, n, k] of [
  [17, 19, 23],
  [130, 6, 259],
  [4, 4, 256],
  [128, 5, 40],
  [3, 50, 70],
  [50, 1, 70],
  [133, 67, 1],
]) {
  test.each<DType>(["float32", "float64", "int32", "uint32"])(`matrices of ${m}, ${n} and ${k} in %s`, (dtype) => {
    const value = (i: number, j: number): number => ((i * 7 + j * 13) % 17) - (dtype === "uint32" ? 0 : 8);
    const [a, b] = [build(dtype, [m, k], ([i, j]) => value(i, j)), build(dtype, [n, k], ([i, j]) => value(j, i))];
    const params = { lhsContracting: [1], rhsContracting: [1], lhsBatch: [], rhsBatch: [] };
    const expected = build(dtype, [m, n], ([i, j]) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += value(i, p) * value(p, j);
      return sum;
    });
    expect(dotGeneral(a, b, params)).toEqual(expected);
  });
}

test.skipIf(!referencePresent)("the reference's batched matrix product", () => {
  const given = casesOf("numpy.matmul").filter((c) => c.args.every((x) => x.shape.length === 3));
  expect(given.length).toBeGreaterThan(0);
  for (const c of given) {
    const [lhs, rhs] = c.args.map((x) => fromStored(x));
    const result = dotGeneral(lhs, rhs, { lhsContracting: [2], rhsContracting: [1], lhsBatch: [0], rhsBatch: [0] });
    const expected = expectedOf(c);
    expect(result.shape).toEqual(expected.shape);
    result.data.forEach((v, i) => expect(v).toBeCloseTo(expected.data[i], 12));
  }
});
