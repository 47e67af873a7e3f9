import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isArrayLike } from "../../src/core/array.js";
import { TreeError } from "../../src/core/errors.js";
import { registerNode, showPath, treeFlatten, treeLeaves, treeLeavesWithPath, treeStructure, treeUnflatten } from "../../src/tree/index.js";
import { Chain, Linear, array, trees } from "./arbitraries.js";

/** Flattening as its definition reads, slowly: the leaves, and a text that is the same for equal structures. */
function naive(x: unknown): { leaves: unknown[]; text: string } {
  if (isArrayLike(x)) return { leaves: [x], text: "leaf" };
  if (x === null || x === undefined) return { leaves: [], text: String(x) };
  if (x instanceof Linear) return within(`Linear ${x.name}`, [["w", x.w]]);
  if (x instanceof Chain) return within("Chain", [...x.layers.entries()]);
  if (Array.isArray(x)) return within("list", [...x.entries()]);
  return within(
    "record",
    Object.entries(x).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function within(kind: string, entries: readonly (readonly [string | number, unknown])[]): { leaves: unknown[]; text: string } {
  const parts = entries.map(([key, value]) => ({ key, ...naive(value) }));
  return { leaves: parts.flatMap((part) => part.leaves), text: JSON.stringify([kind, parts.map(({ key, text }) => [key, text])]) };
}

const message = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof TreeError) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("treeFlatten and treeUnflatten", () => {
  test("are inverse to each other", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const { leaves, structure } = treeFlatten(tree);
        expect(treeUnflatten(structure, leaves)).toStrictEqual(tree);
        expect(structure.leafCount).toBe(leaves.length);
        expect(structure.paths()).toHaveLength(leaves.length);
      }),
      { numRuns: 500 },
    );
  });

  test("give the leaves of the naive definition in its order, whatever the hint", () => {
    fc.assert(
      fc.property(trees, trees, (tree, other) => {
        const hint = treeStructure(other);
        const hinted = treeFlatten(tree, { hint });
        expect(hinted.leaves).toEqual(naive(tree).leaves);
        expect(hinted.structure.equals(treeStructure(tree))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("structures, keys and the naive text are equal together", () => {
    const pairs = fc
      .tuple(trees, trees, fc.boolean())
      .map(([a, b, same]) => [a, same ? treeUnflatten(treeStructure(a), treeLeaves(a)) : b]);
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const [left, right] = [treeStructure(a), treeStructure(b)];
        const equal = naive(a).text === naive(b).text;
        expect(left.equals(right)).toBe(equal);
        expect(left.key === right.key).toBe(equal);
      }),
      { numRuns: 500 },
    );
  });

  test("order keys alphabetically, not by insertion", () => {
    expect(treeLeaves({ b: 1, a: 2, c: [3, { z: 4, y: 5 }] })).toEqual([2, 1, 3, 5, 4]);
    expect(treeStructure({ a: 0, b: 0 })).toBe(treeStructure({ b: 0, a: 0 }));
  });

  test("see a record whose keys changed behind a hint", () => {
    const { structure } = treeFlatten({ a: 1, b: 2 });
    expect(treeFlatten({ a: 1 }, { hint: structure }).structure.toString()).toBe("{a: *}");
    expect(treeFlatten({ a: 1, b: 2, c: 3 }, { hint: structure }).structure.toString()).toBe("{a: *, b: *, c: *}");
    expect(treeFlatten({ b: 2, a: 1 }, { hint: structure })).toEqual({ leaves: [1, 2], structure });
    expect(treeFlatten([1, 2], { hint: structure }).structure.toString()).toBe("[*, *]");
  });

  test("take frozen containers, records without a prototype and long lists", () => {
    const bare: Record<string, unknown> = Object.assign(Object.create(null), { w: 1 });
    expect(treeLeaves(Object.freeze([Object.freeze({ a: 1 }), bare]))).toEqual([1, 1]);
    const long = Array.from({ length: 1000 }, (_, i) => i);
    expect(treeUnflatten(treeStructure(long), treeLeaves(long))).toEqual(long);
  });

  test("stay right when more structures are made than are kept", () => {
    const before = treeStructure({ a: 0, b: [0, null] });
    for (let i = 0; i < 25_000; i++) treeStructure({ [`key${i}`]: 0 });
    const after = treeStructure({ b: [0, null], a: 0 });
    expect(after.equals(before)).toBe(true);
    expect(after.key).toBe(before.key);
    expect(treeFlatten({ a: 1, b: [2, null] }, { hint: before }).structure.equals(after)).toBe(true);
  });

  test("print structures in JAX's notation", () => {
    const tree = { a: 1, b: [2, null, undefined], "my key": new Linear(array(1), "out"), c: new Chain([]) };
    expect(treeStructure(tree).toString()).toBe('{a: *, b: [*, null, undefined], c: Chain([[]]), "my key": Linear<"out">({w: *})}');
  });

  test("want as many leaves as there are places", () => {
    expect(message(() => treeUnflatten(treeStructure([0, 0]), [1]))).toContain("expected 2 leaves for the structure [*, *], got 1");
  });
});

describe("what can be no leaf", () => {
  class Plain {
    readonly w = 1;
  }
  class List extends Array<number> {}
  class Derived extends Linear {}
  const cases: readonly [unknown, string, string][] = [
    ["relu", 'the string "relu"', "static"],
    [(x: number) => x, "function", "static"],
    [new Date(0), "an instance of Date", "np.array"],
    [new Map(), "an instance of Map", "plain record"],
    [new Float32Array(2), "a Float32Array, a typed array", "np.array"],
    [new Plain(), "an instance of Plain", "registerNode"],
    [List.of(1), "an instance of List", "registerNode"],
    [new Derived(array(1), "x"), "an instance of Derived", "registerNode"],
    [10n, "a bigint", "static"],
  ];

  test.each(cases)("%o is named with its path and a remedy", (value, what, remedy) => {
    const text = message(() => treeFlatten({ a: 1, layers: [{ name: value }] }, { op: "grad", label: "params" }));
    expect(text).toContain("grad: expected an array, a number or a boolean at params.layers[0].name, got ");
    expect(text).toContain(what);
    expect(text.split("\n")[1]).toContain(remedy);
  });

  test("is found inside of registered classes, and at the root", () => {
    expect(message(() => treeFlatten([new Chain(1, "x")]))).toContain("at [0][1], got");
    expect(message(() => treeFlatten([new Linear("x", "name")]))).toContain("at [0].w, got");
    expect(message(() => treeFlatten("x"))).toContain("at (root), got");
  });

  test("is a leaf or static if asked", () => {
    const tree = { f: "relu", w: 1 };
    expect(treeFlatten(tree, { others: "leaf" }).leaves).toEqual(["relu", 1]);
    const kept = treeFlatten(tree, { others: "static" });
    expect(kept.leaves).toEqual([1]);
    expect(treeUnflatten(kept.structure, [2])).toEqual({ f: "relu", w: 2 });
    expect(kept.structure.equals(treeFlatten({ f: "tanh", w: 1 }, { others: "static" }).structure)).toBe(false);
    expect(kept.structure.equals(treeFlatten({ f: "relu", w: 7 }, { others: "static" }).structure)).toBe(true);
  });

  test("isLeaf stops the descent", () => {
    const isLeaf = (x: unknown): boolean => x === null || Array.isArray(x);
    expect(treeFlatten({ a: [1, 2], b: null, c: 3 }, { isLeaf }).leaves).toEqual([[1, 2], null, 3]);
  });
});

describe("cycles", () => {
  test("are named by path", () => {
    const layer: Record<string, unknown> = { w: 1 };
    const tree = { layers: [layer] };
    layer["parent"] = tree;
    expect(message(() => treeFlatten(tree, { op: "jit", label: "params" }))).toContain(
      "jit: expected a tree without cycles, got one in which params.layers[0].parent is params again",
    );
    expect(message(() => treeFlatten(tree, { others: "static" }))).toContain(".layers[0].parent is (root) again");
  });

  test("deep trees without one are fine, up to a bound", () => {
    const nest = (depth: number): unknown => Array.from({ length: depth }).reduce((inner: unknown) => [inner], 1);
    expect(treeLeaves(nest(800))).toEqual([1]);
    expect(message(() => treeLeaves(nest(3000)))).toContain("at most 1000 levels");
  });

  test("one container in two places is no cycle", () => {
    const shared = { w: 1 };
    expect(treeLeaves([shared, shared])).toEqual([1, 1]);
  });
});

describe("registered classes", () => {
  class Tagged {
    constructor(
      readonly x: unknown,
      readonly aux: unknown,
    ) {}
  }
  registerNode(Tagged, { flatten: (t) => [[t.x], t.aux], unflatten: (aux, [x]) => new Tagged(x, aux) });
  const same = (a: unknown, b: unknown): boolean => treeStructure(new Tagged(1, a)).equals(treeStructure(new Tagged(2, b)));

  test("compare plain aux deeply, all else by identity", () => {
    const f = (): number => 1;
    expect(same({ a: [1, "x"], b: null }, { b: null, a: [1, "x"] })).toBe(true);
    expect(same(NaN, NaN)).toBe(true);
    expect(same(f, f)).toBe(true);
    expect(same(f, () => 1)).toBe(false);
    expect(same(1, "1")).toBe(false);
    expect(same(0, -0)).toBe(false);
    expect(same([undefined], [null])).toBe(false);
    expect(same(["a,b"], ["a", "b"])).toBe(false);
    expect(same({ a: undefined }, {})).toBe(false);
    expect(same(Symbol.iterator, Symbol.iterator)).toBe(true);
    expect(same(Symbol("a"), Symbol("a"))).toBe(false);
    expect(same(10n, 10)).toBe(false);
    expect(same(new Date(0), new Date(0))).toBe(false);
  });

  test("keep the aux as it was when flattened", () => {
    const aux = { sizes: [1, 2] };
    const structure = treeStructure(new Tagged(0, aux));
    aux.sizes.push(3);
    expect(treeUnflatten(structure, [0]).aux).toEqual({ sizes: [1, 2] });
  });

  test("refuse cyclic aux and a second registration", () => {
    const aux: unknown[] = [];
    aux.push(aux);
    expect(message(() => treeStructure(new Tagged(0, aux)))).toContain("static data without cycles");
    expect(message(() => registerNode(Tagged, { flatten: (t) => [[t.x], 0], unflatten: () => new Tagged(0, 0) }))).toContain(
      "Tagged, which is",
    );
  });
});

test("paths are printed as JavaScript access", () => {
  const tree = { layers: [{ "my key": 1, größe: 2, 3: 3 }], c: new Chain(1), l: new Linear(array(1), "x") };
  expect(treeLeavesWithPath(tree).map(([path]) => showPath(path))).toEqual([
    ".c[0]",
    ".l.w",
    '.layers[0]["3"]',
    ".layers[0].größe",
    '.layers[0]["my key"]',
  ]);
  expect([showPath([]), showPath([], "params"), showPath([0, "w"])]).toEqual(["(root)", "params", "[0].w"]);
});
