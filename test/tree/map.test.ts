import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ArrayLike, NDArray } from "../../src/core/array.js";
import {
  checkSameStructure,
  composeStructures,
  showPath,
  treeAll,
  treeLeaves,
  treeMap,
  treeMapArrays,
  treeMapWithPath,
  treeReduce,
  treeStructure,
  treeTranspose,
} from "../../src/tree/index.js";
import { Linear, array, trees } from "./arbitraries.js";

describe("treeMap", () => {
  test("of the identity changes nothing", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        expect(treeMap((x) => x, tree)).toStrictEqual(tree);
      }),
    );
  });

  test("of a composition is the composition of two maps", () => {
    const f = (x: ArrayLike): number => (x instanceof NDArray ? x.item() : Number(x)) + 1;
    const g = (x: ArrayLike): boolean => Number(x) > 3;
    fc.assert(
      fc.property(trees, (tree) => {
        expect(treeMap((x) => g(f(x)), tree)).toStrictEqual(treeMap(g, treeMap(f, tree)));
      }),
    );
  });

  test("meets the corresponding leaves of further trees", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        let next = 0;
        const numbered = treeMap(() => next++, tree);
        const pairs: unknown[] = [];
        treeMap((x, i) => pairs.push([x, i]), tree, numbered);
        expect(pairs).toEqual(treeLeaves(tree).map((x, i) => [x, i]));
      }),
    );
  });

  test("gives leaves as they are, treeMapArrays gives arrays", () => {
    expect(treeMap((keep, x: number) => (keep ? x : 0), { a: true, b: false }, { a: 1, b: 2 })).toEqual({ a: 1, b: 0 });
    expect(treeMapArrays((x, y) => [x.item(), y.item(), x.dtype], { a: true, b: 2 }, { a: 3, b: array(4) })).toEqual({
      a: [1, 3, "bool"],
      b: [2, 4, "float32"],
    });
  });

  test("lists the paths at which trees differ, with both sides", () => {
    const left = { a: { b: array(1) }, layers: [1, 2], n: null, same: 1 };
    const right = { a: {}, layers: [1, 2, 3], n: undefined, same: 2 };
    expect(() => treeMap((x) => x, left, right)).toThrow(
      [
        "treeMap: expected trees of the same structure, got trees that differ at",
        "    .a.b: array on the left, missing on the right",
        "    .layers: list of 2 on the left, list of 3 on the right",
        "    .n: null on the left, undefined on the right.",
      ].join("\n"),
    );
  });

  test("says which of several trees differs", () => {
    expect(() => treeMap((x) => x, [1], [1], 1)).toThrow("(root): list of 1 in the first tree, array in tree 3");
  });

  test("with paths", () => {
    expect(treeMapWithPath((path, x, y) => `${showPath(path)}=${x + y}`, { a: 1, b: [2] }, { a: 10, b: [20] })).toEqual({
      a: ".a=11",
      b: [".b[0]=22"],
    });
  });
});

test("checkSameStructure names both sides, and cuts a long list", () => {
  const record = (letter: string): unknown => Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${letter}${i}`, 0]));
  const check = (): void =>
    checkSameStructure("scan", treeStructure(record("a")), treeStructure(record("b")), ["the initial carry", "the body's result"]);
  expect(check).toThrow(".a0: array in the initial carry, missing in the body's result");
  expect(check).toThrow("\n    and 2 more");
  expect(() => checkSameStructure("scan", treeStructure([0]), treeStructure([1]))).not.toThrow();
});

test("differences of classes and their aux are named", () => {
  const structures = [new Linear(1, "a"), new Linear(1, "b"), { w: 1 }].map((x) => treeStructure([x]));
  expect(() => checkSameStructure("scan", structures[0], structures[1])).toThrow(
    '[0]: Linear with aux "a" on the left, Linear with aux "b" on the right',
  );
  expect(() => checkSameStructure("scan", structures[0], structures[2])).toThrow("[0]: Linear on the left, record on the right");
});

test("a structure differs from another exactly where some path is listed", () => {
  fc.assert(
    fc.property(trees, trees, (a, b) => {
      const [left, right] = [treeStructure(a), treeStructure(b)];
      const check = (): void => checkSameStructure("scan", left, right);
      if (left.equals(right)) expect(check).not.toThrow();
      else expect(check).toThrow(/differ at\n {4}\S.*: .+ on the left, .+ on the right/);
    }),
  );
});

test("treeReduce folds in the order of the leaves", () => {
  expect(treeReduce((text, x) => `${text}${x}`, { b: 2, a: [1, null], c: 3 }, "")).toBe("123");
});

test("treeAll asks for every leaf", () => {
  expect(treeAll((x) => x > 0, { a: 1, b: [2] })).toBe(true);
  expect(treeAll((x) => x > 1, { a: 1, b: [2] })).toBe(false);
  expect(treeAll((x, y) => x === y, [1, 2], [1, 3])).toBe(false);
  expect(treeAll(() => false, [])).toBe(true);
});

describe("treeTranspose", () => {
  test("turns a list of records into a record of lists", () => {
    const pairs = [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ];
    expect(treeTranspose(treeStructure([0, 0]), treeStructure({ a: 0, b: 0 }), pairs)).toEqual({ a: [1, 3], b: [2, 4] });
  });

  test("twice is the identity, for trees that have leaves", () => {
    const filled = trees.filter((tree) => treeLeaves(tree).length > 0);
    fc.assert(
      fc.property(filled, filled, (outer, inner) => {
        const [o, i] = [treeStructure(outer), treeStructure(inner)];
        let next = 0;
        const nested = treeMap(() => treeMap(() => next++, inner), outer);
        expect(treeStructure(nested).equals(composeStructures(o, i))).toBe(true);
        const turned = treeTranspose(o, i, nested);
        expect(treeStructure(turned).equals(composeStructures(i, o))).toBe(true);
        expect(treeTranspose(i, o, turned)).toStrictEqual(nested);
      }),
      { numRuns: 200 },
    );
  });

  test("names the paths of a tree that does not fit", () => {
    expect(() => treeTranspose(treeStructure([0, 0]), treeStructure({ a: 0 }), [{ a: 1 }, { b: 1 }])).toThrow(
      "[1].a: array in outer of inner, missing in the tree",
    );
  });
});
