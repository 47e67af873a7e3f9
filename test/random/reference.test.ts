// The values of jax.random for one seed: bits and keys exactly, each sample within 1e-6 relative.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { initializers } from "../../src/nn/index.js";
import * as np from "../../src/numpy/index.js";
import * as random from "../../src/random/index.js";
import { elements } from "../ops/rules.js";

interface Stored {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

interface Reference {
  readonly seed: number;
  readonly keyData: readonly number[];
  readonly split3: readonly (readonly number[])[];
  readonly foldIn7: readonly number[];
  readonly bits8: readonly number[];
  readonly bits2x3: readonly (readonly number[])[];
  readonly [sample: string]: unknown;
}

const file = new URL("../../../shared/reference/random.json", import.meta.url);
const present = existsSync(file);
if (!present) console.warn("random: the reference values are absent, so their tests are skipped");
const reference: Reference | undefined = present ? JSON.parse(readFileSync(file, "utf8")) : undefined;

const samples: Record<string, (key: NDArray) => NDArray> = {
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
  laplace4: (key) => random.laplace(key, [4]),
  gamma2x4: (key) => random.gamma(key, 2, [4]),
  glorotUniform4x3: (key) => initializers.glorotUniform()(key, [4, 3]),
  heNormal4x3: (key) => initializers.heNormal()(key, [4, 3]),
  orthogonal3: (key) => initializers.orthogonal()(key, [3, 3]),
};

describe.skipIf(reference === undefined)("jax.random", () => {
  const values = reference as Reference;
  const key = random.key(values?.seed ?? 0);

  it("has the same keys and bits", () => {
    expect(key.toArray()).toEqual(values.keyData);
    expect(random.split(key, 3).toArray()).toEqual(values.split3);
    expect(random.foldIn(key, 7).toArray()).toEqual(values.foldIn7);
    expect(random.bits(key, [8]).toArray()).toEqual(values.bits8);
    expect(random.bits(key, [2, 3]).toArray()).toEqual(values.bits2x3);
  });

  it.each(Object.keys(samples))("has the same %s", (name) => {
    const expected = values[name] as Stored;
    const actual = samples[name](key);
    expect(actual.shape).toEqual(expected.shape);
    expect(actual.dtype).toBe(expected.dtype);
    elements(actual).forEach((x, i) => expect(Math.abs(x - expected.data[i])).toBeLessThanOrEqual(1e-6 * Math.abs(expected.data[i])));
  });
});
