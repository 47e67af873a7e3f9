// random.json: keys and bits exactly, samples within 1e-6 relative, eagerly and compiled. The file has no parameters of its
// own but the seed: what each entry draws stands here.

import type { NDArray } from "../../src/core/array.js";
import { initializers } from "../../src/nn/index.js";
import * as np from "../../src/numpy/index.js";
import * as random from "../../src/random/index.js";
import { jit } from "../../src/transform/jit.js";
import { type Tolerances, describeTolerances, difference, numericDifference } from "./compare.js";
import { type Outcome, type ReferenceCase, type Suite, attempt, notCovered, outcomeOf } from "./harness.js";
import { list, number, numbers, object, storedArray } from "./parse.js";

type Draw = (key: NDArray) => NDArray;

const words: Readonly<Record<string, Draw>> = {
  keyData: (key) => key,
  split3: (key) => random.split(key, 3),
  foldIn7: (key) => random.foldIn(key, 7),
  bits8: (key) => random.bits(key, [8]),
  bits2x3: (key) => random.bits(key, [2, 3]),
};

const samples: Readonly<Record<string, Draw>> = {
  uniform6: (key) => random.uniform(key, [6]),
  uniformRange: (key) => random.uniform(key, [5], { minval: -2, maxval: 3 }),
  normal6: (key) => random.normal(key, [6]),
  bernoulli03x10: (key) => random.bernoulli(key, 0.3, [10]),
  randint0to100x8: (key) => random.randint(key, [8], 0, 100),
  permutation10: (key) => random.permutation(key, 10),
  categorical: (key) => random.categorical(key, np.log(np.array([0.1, 0.2, 0.7])), { shape: [8] }),
  gumbel4: (key) => random.gumbel(key, [4]),
  exponential4: (key) => random.exponential(key, [4]),
  truncatedNormal5: (key) => random.truncatedNormal(key, -1, 1.5, [5]),
  glorotUniform4x3: (key) => initializers.glorotUniform()(key, [4, 3]),
  heNormal4x3: (key) => initializers.heNormal()(key, [4, 3]),
  orthogonal3: (key) => initializers.orthogonal()(key, [3, 3]),
  laplace4: (key) => random.laplace(key, [4]),
  gamma2x4: (key) => random.gamma(key, 2, [4]),
};

const tolerances: Tolerances = { float64: { relative: 1e-6, floor: 0 }, float32: { relative: 1e-6, floor: 0 } };

const bothWays = (draw: Draw, key: NDArray, compare: (x: NDArray) => string | undefined): Outcome =>
  outcomeOf([...attempt("eager", "", () => compare(draw(key))), ...attempt("jit", "", () => compare(jit(draw)(key)))]);

/** Numbers of nested lists, in order. */
const flattened = (x: unknown, where: string): number[] =>
  list(x, where).every((row) => Array.isArray(row))
    ? list(x, where).flatMap((row, i) => flattened(row, `${where}[${i}]`))
    : numbers(x, where);

function caseOf(name: string, value: unknown, key: NDArray): ReferenceCase {
  const where = `random.json.${name}`;
  const given = (run: () => Outcome): ReferenceCase => ({ label: name, group: name, run });
  if (Object.hasOwn(words, name)) {
    const expected = flattened(value, where);
    return given(() => bothWays(words[name], key, (x) => numericDifference(Array.from(x.toTypedArray()), expected, undefined)));
  }
  if (!Object.hasOwn(samples, name)) return given(() => notCovered(`no mapping for ${name}`));
  const expected = storedArray(value, where);
  return given(() => bothWays(samples[name], key, (x) => difference(x, expected, "float32", tolerances)));
}

export const randomSuite: Suite = {
  file: "random.json",
  comparison: `keys, bits, integers: equal; samples: ${describeTolerances(tolerances)}`,
  cases: (data) => {
    const { seed, ...entries } = object(data, "random.json");
    const key = random.key(number(seed, "random.json.seed"));
    return Object.entries(entries).map(([name, value]) => caseOf(name, value, key));
  },
};
