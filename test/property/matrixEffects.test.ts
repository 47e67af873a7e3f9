// debug_callback in the matrix: it gives nothing, so its cells compare nothing but that it runs. Here is how often it acts, and on
// what, inside of everything and under every transform.

import { beforeEach, expect, it } from "vitest";
import { mul } from "../../src/ops/arithmetic.js";
import { debugCallback } from "../../src/ops/debugCallback.js";
import { arrayOf } from "./arbitraries.js";
import type { Flat } from "./case.js";
import { insideColumns } from "./matrix/cells.js";
import { type Inside, insides } from "./matrix/insides.js";
import { mapped, stacked } from "./matrix/oracles.js";
import { forward, reverse } from "./measure.js";

let seen: number[] = [];
beforeEach(() => void (seen = []));

const noted: Flat = (x) => {
  debugCallback((value) => void seen.push(Number(value.item())), x);
  return [mul(x, x)];
};

/** How often a body runs. The loops run it twice; `fori` and `while` also call the function for the types of their carry. */
const counts: Readonly<Record<(typeof insideColumns)[number], number>> = {
  jit: 1,
  scan: 2,
  fori: 3,
  while: 3,
  cond: 1,
  checkpoint: 1,
  customJvp: 1,
  customVjp: 1,
  customBatching: 1,
};

/** More in derivatives: the backward rule of the matrix's customVjp calls the function again. */
const more: { readonly [Column in (typeof insideColumns)[number]]?: Readonly<Record<string, number>> } = {
  customVjp: { vjp: 2, "jvp of vjp": 2, "vmap of grad": 2 },
};

const one = arrayOf("float64", [1], []);
const [first, second] = [3, 5].map((value) => arrayOf("float64", [value], []));

it.each(insideColumns)("acts inside of %s once for each time and each example, under every transform", (column) => {
  const inside: Inside = insides[column];
  const count = counts[column];
  const before = inside.extras(0);
  const f = inside.wrap(noted, 0, [0]);
  const active = [before.length];
  const xs = [...before, first];
  const batch = stacked([xs, [...before, second]], [...before.map(() => null), 0]);
  const outs = f(...xs);
  const ones = outs.map(() => one);
  const dxs = xs.map(() => one);
  const pulled: Flat = (...ys) => reverse(f, ys, ones, active);
  const dims = [...before.map(() => null), 0];
  const routes: Readonly<Record<string, readonly [run: () => unknown, values: readonly number[]]>> = {
    value: [() => f(...xs), [3]],
    jvp: [() => forward(f, xs, dxs, active), [3]],
    vjp: [() => pulled(...xs), [3]],
    "jvp of vjp": [() => forward(pulled, xs, dxs, active), [3]],
    vmap: [() => mapped(f, dims, 2)(...batch), [3, 5]],
    "vmap of grad": [() => mapped(pulled, dims, 2)(...batch), [3, 5]],
  };
  const found = Object.entries(routes).map(([name, [run]]) => {
    seen = [];
    run();
    return [name, seen];
  });
  const expected = Object.entries(routes).map(([name, [, values]]) => [
    name,
    Array.from({ length: more[column]?.[name] ?? count }, () => values).flat(),
  ]);
  expect(found).toEqual(expected);
});
