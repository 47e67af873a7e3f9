// Scalar functions against values of 40 digits (computed with mpmath, rounded to float64) and against their definitions.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  erf,
  erfc,
  erfInv,
  integerPower,
  integerRem,
  integerRemainder,
  logAddExp,
  logistic,
  nextAfter32,
  nextAfter64,
  rem,
  remainder,
  roundHalfAwayFromZero,
  roundHalfEven,
  signOf,
  truncatedDivide,
} from "../../src/kernels/scalars.js";

const float64 = new Float64Array(1);
const bits = new BigInt64Array(float64.buffer);
const ordinal = (x: number): bigint => {
  float64[0] = x;
  return bits[0] < 0n ? -(bits[0] & 0x7fffffffffffffffn) : bits[0];
};

// How many float64s apart.
const ulps = (a: number, b: number): number => Math.abs(Number(ordinal(a) - ordinal(b)));

const erfTable = [
  [1e-300, 1.1283791670955126e-300],
  [1e-5, 1.1283791670579e-5],
  [0.1, 0.1124629160182849],
  [0.3, 0.3286267594591274],
  [0.5, 0.5204998778130465],
  [0.75, 0.7111556336535151],
  [1, 0.8427007929497149],
  [1.4, 0.9522851197626488],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [4.5, 0.9999999998033839],
  [5.8, 0.9999999999999998],
  [-0.7, -0.6778011938374184],
];
const erfcTable = [
  [-3, 1.9999779095030015],
  [-0.3, 1.3286267594591274],
  [0.2, 0.7772974107895215],
  [0.5, 0.4795001221869535],
  [0.9, 0.20309178757716786],
  [1.5, 0.033894853524689274],
  [2.7, 0.0001343327399405242],
  [3, 2.209049699858544e-5],
  [5, 1.537459794428035e-12],
  [6, 2.1519736712498913e-17],
  [10, 2.088487583762545e-45],
  [20, 5.395865611607901e-176],
  [26, 5.663192408856143e-296],
];
const erfInvTable = [
  [1e-200, 8.86226925452758e-201],
  [1e-6, 8.8622692545299e-7],
  [0.1, 0.08885599049425769],
  [0.3, 0.2724627147267543],
  [0.5, 0.4769362762044699],
  [0.75, 0.8134198475976185],
  [-0.9, -1.1630871536766743],
  [0.99, 1.8213863677184494],
  [0.999999, 3.458910737275499],
  [1 - 2 ** -50, 5.686128441310391],
];

test.each([
  ["erf", erf, erfTable, 2],
  ["erfc", erfc, erfcTable, 3],
  ["erfInv", erfInv, erfInvTable, 2],
] as const)("%s within a few ulp", (_, f, table, limit) => {
  for (const [x, y] of table) expect(ulps(f(x), y), `at ${x}`).toBeLessThanOrEqual(limit);
});

test("erf, erfc and erfInv at the ends", () => {
  expect([erf(Infinity), erf(-Infinity), erf(NaN), erf(0), erf(-0)]).toEqual([1, -1, NaN, 0, -0]);
  expect([erfc(Infinity), erfc(-Infinity), erfc(NaN), erfc(30), erfc(0)]).toEqual([0, 2, NaN, 0, 1]);
  expect([erfInv(1), erfInv(-1), erfInv(1.5), erfInv(NaN), erfInv(0)]).toEqual([Infinity, -Infinity, NaN, NaN, 0]);
});

test("erf is odd, erfc complements it, erfInv undoes it", () => {
  fc.assert(
    fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
      expect(erf(-x)).toBe(-erf(x));
      expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThanOrEqual(2 ** -51);
      expect(erf(erfInv(x / 5.1))).toBeCloseTo(x / 5.1, 14);
    }),
  );
});

test("logistic keeps its symmetry and its tails", () => {
  expect([logistic(0), logistic(1000), logistic(-1000), logistic(-Infinity), logistic(NaN)]).toEqual([0.5, 1, 0, 0, NaN]);
  expect(logistic(-740)).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
      expect(logistic(x) + logistic(-x)).toBeCloseTo(1, 14);
    }),
  );
});

test("logAddExp", () => {
  expect(logAddExp(1000, 1000)).toBe(1000 + Math.LN2);
  expect([logAddExp(-Infinity, -Infinity), logAddExp(Infinity, Infinity), logAddExp(-Infinity, 3), logAddExp(Infinity, -Infinity)]).toEqual(
    [-Infinity, Infinity, 3, Infinity],
  );
  expect(logAddExp(NaN, Infinity)).toBeNaN();
});

test("signs", () => expect([-3, -0, 0, 5, NaN].map(signOf)).toEqual([-1, -0, 0, 1, NaN]));

test("rounding of halves", () => {
  const halves = [-2.5, -1.5, -0.5, -0.3, 0.5, 1.5, 2.5, 0.49999999999999994, 2 ** 53 + 2, NaN, -Infinity];
  expect(halves.map(roundHalfEven)).toEqual([-2, -2, -0, -0, 0, 2, 2, 0, 2 ** 53 + 2, NaN, -Infinity]);
  expect(halves.map(roundHalfAwayFromZero)).toEqual([-3, -2, -1, -0, 1, 2, 3, 0, 2 ** 53 + 2, NaN, -Infinity]);
});

test("remainders", () => {
  const pairs = [
    [7, 3],
    [-7, 3],
    [7, -3],
    [-7, -3],
    [-6, 3],
    [5.5, -2],
  ] as const;
  expect(pairs.map(([x, y]) => rem(x, y))).toEqual([1, -1, 1, -1, -0, 1.5]);
  expect(pairs.map(([x, y]) => remainder(x, y))).toEqual([1, 2, -2, -1, -0, -0.5]);
  expect([integerRem(-7, 0), integerRemainder(-7, 0), integerRem(-7, 3), integerRemainder(-7, 3)]).toEqual([-7, -7, -1, 2]);
});

const int32 = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer());

test("integer division truncates, and is all ones for 0", () => {
  fc.assert(
    fc.property(int32, int32, (x, y) => {
      expect(truncatedDivide(x, y) | 0).toBe(y === 0 ? -1 : Number(BigInt.asIntN(32, BigInt(x) / BigInt(y))));
    }),
  );
  const unsigned = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(unsigned, unsigned, (x, y) => {
      expect(truncatedDivide(x, y) >>> 0).toBe(y === 0 ? 2 ** 32 - 1 : Number(BigInt(x) / BigInt(y)));
    }),
  );
});

test("integer powers wrap at 32 bits", () => {
  fc.assert(
    fc.property(int32, fc.integer({ min: 0, max: 40 }), (x, n) => {
      expect(integerPower(x, n) | 0).toBe(Number(BigInt.asIntN(32, BigInt(x) ** BigInt(n))));
    }),
  );
  expect([integerPower(1, -3), integerPower(-1, -3), integerPower(5, -1), integerPower(0, 0)].map((v) => v | 0)).toEqual([1, -1, 0, 1]);
});

test("neighbours of floats", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (x, y) => {
      const next = nextAfter64(x, y);
      if (x === y) expect(next).toBe(y);
      else {
        expect(next > x).toBe(y > x);
        const middle = x / 2 + next / 2;
        expect(middle === x || middle === next || x === 0 || !Number.isFinite(middle) || Math.abs(x) < 1e-300).toBe(true);
      }
    }),
  );
  expect([nextAfter64(1, 2), nextAfter64(1, 0), nextAfter64(0, -1), nextAfter64(Number.MAX_VALUE, Infinity)]).toEqual([
    1 + 2 ** -52,
    1 - 2 ** -53,
    -5e-324,
    Infinity,
  ]);
  expect([nextAfter32(1, 2), nextAfter32(1, 0), nextAfter32(-0, 1), nextAfter32(NaN, 1)]).toEqual([
    1 + 2 ** -23,
    1 - 2 ** -24,
    2 ** -149,
    NaN,
  ]);
  expect(nextAfter32(-1, -2)).toBe(-1 - 2 ** -23);
});
