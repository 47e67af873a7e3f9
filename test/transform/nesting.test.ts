// Every composition of transforms up to depth three, compared with closed forms in double precision.
// Each transform becomes an operator on functions R^n → R: jit and checkpoint change nothing, vmap gives f(x) + f(x/2), and
// all modes of differentiation give the derivative along one direction c. With g(s) = f(s·x), every word of operators is a
// sum of terms k·D^m f(s·x), and D^m f is known for the functions below.

import { describe, expect, test, beforeAll } from "vitest";
import { type NDArray, checkpoint, grad, jacfwd, jacrev, jit, jvp, linearize, vjp, vmap, setDebug } from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { exp, log, log1p } from "../../src/ops/exponential.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { f64 } from "./arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

type Scalar = (x: NDArray) => NDArray;

const point = [0.7, -0.4, 0.2];
const direction = [0.5, 1, -0.3];
const [x, c] = [f64(...point), f64(...direction)];
const dot = (a: NDArray, b: NDArray): NDArray => reduceSum(mul(a, b));
const dotOf = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** A term k·D^m f(s·x). */
interface Term {
  readonly k: number;
  readonly m: number;
  readonly s: number;
}

interface Operator {
  readonly of: (f: Scalar) => Scalar;
  readonly terms: (term: Term) => readonly Term[];
}

const same = (term: Term): readonly Term[] => [term];
const derived = ({ k, m, s }: Term): readonly Term[] => [{ k: k * s, m: m + 1, s }];

const operators: Readonly<Record<string, Operator>> = {
  jit: { of: (f) => jit(f), terms: same },
  checkpoint: { of: (f) => checkpoint(f), terms: same },
  vmap: {
    of: (f) => (y) => reduceSum(vmap((scale: NDArray) => f(mul(scale, y)))(f64(1, 0.5))),
    terms: (term) => [term, { ...term, s: term.s / 2 }],
  },
  grad: { of: (f) => (y) => dot(grad(f)(y), c), terms: derived },
  vjp: { of: (f) => (y) => dot(vjp(f, [y])[1](1)[0], c), terms: derived },
  jvp: { of: (f) => (y) => jvp(f, [y], [c])[1], terms: derived },
  jacfwd: { of: (f) => (y) => dot(jacfwd(f)(y), c), terms: derived },
  jacrev: { of: (f) => (y) => dot(jacrev(f)(y), c), terms: derived },
  linearize: { of: (f) => (y) => linearize(f, [y])[1](c), terms: derived },
};

interface Known {
  readonly f: Scalar;
  /** D^m f at s·x along the direction. */
  readonly derivative: (m: number, s: number) => number;
}

const [a, b] = [
  [1.1, -0.2, 0.6],
  [0.3, 0.8, -0.5],
];
const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n, k - 1) * (n - k + 1)) / k);

const functions: Readonly<Record<string, Known>> = {
  "sin(a·x) exp(b·x)": {
    f: (y) => mul(sin(dot(f64(...a), y)), exp(dot(y, f64(...b)))),
    derivative: (m, s) => {
      const [theta, phi, alpha, beta] = [dotOf(a, point) * s, dotOf(b, point) * s, dotOf(a, direction), dotOf(b, direction)];
      // Leibniz: the k-th derivative of the sine turns it by k quarters.
      let sum = 0;
      for (let k = 0; k <= m; k++) sum += binomial(m, k) * alpha ** k * Math.sin(theta + (k * Math.PI) / 2) * beta ** (m - k);
      return sum * Math.exp(phi);
    },
  },
  "sum of x⁴": {
    f: (y) => reduceSum(mul(mul(y, y), mul(y, y))),
    derivative: (m, s) => {
      const factor = [1, 4, 12, 24][m];
      return point.reduce((sum, v, i) => sum + factor * (s * v) ** (4 - m) * direction[i] ** m, 0);
    },
  },
  "log(1 + exp(a·x)), written in two ways": {
    f: (y) => {
      const t = dot(f64(...a), y);
      return mul(add(log1p(exp(t)), log(add(exp(t), 1))), 0.5);
    },
    derivative: (m, s) => {
      const [t, alpha] = [dotOf(a, point) * s, dotOf(a, direction)];
      const sigma = 1 / (1 + Math.exp(-t));
      return [Math.log1p(Math.exp(t)), sigma, sigma * (1 - sigma), sigma * (1 - sigma) * (1 - 2 * sigma)][m] * alpha ** m;
    },
  },
};

const all = Object.keys(operators);
/** One of each kind: the others differ from these only in how they read the same rules. */
const kinds = ["jit", "checkpoint", "vmap", "grad", "jvp", "linearize"];
const deep = process.env["COTANGENT_DEEP"] === "1";

const words = (names: readonly string[], depth: number): readonly (readonly string[])[] =>
  depth === 0 ? [[]] : words(names, depth - 1).flatMap((word) => names.map((name) => [...word, name]));

describe.each(Object.entries(functions).map(([name, made], turn) => [name, turn, made] as const))("%s", (_, turn, { f, derivative }) => {
  test.each([0, 1, 2, 3])("all words of length %i", (depth) => {
    // Of the longest words each function takes its share, with every letter in every place: together they take all.
    const share = depth < 3 || deep ? 1 : Object.keys(functions).length;
    const sumOf = (word: readonly string[]): number => word.reduce((sum, name) => sum + kinds.indexOf(name), 0);
    for (const word of words(depth < 3 || deep ? all : kinds, depth)) {
      if (share > 1 && sumOf(word) % share !== turn) continue;
      // The first letter is the outermost transform.
      const composed = word.reduceRight<Scalar>((g, name) => operators[name].of(g), f);
      const terms = word.reduceRight<readonly Term[]>((list, name) => list.flatMap(operators[name].terms), [{ k: 1, m: 0, s: 1 }]);
      const expected = terms.reduce((sum, { k, m, s }) => sum + k * derivative(m, s), 0);
      const found = composed(x).item();
      expect(Math.abs(found - expected), `${word.join("(")}: ${found} against ${expected}`).toBeLessThan(
        1e-11 * Math.max(1, Math.abs(expected)),
      );
    }
  });
});
