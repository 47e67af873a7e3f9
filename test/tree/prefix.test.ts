import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isArrayLike } from "../../src/core/array.js";
import { broadcastPrefix, treeLeaves, treeStructure } from "../../src/tree/index.js";
import { Chain, Linear, array, trees } from "./arbitraries.js";

type Children = readonly (readonly [string | number, unknown])[];

/** The children of a container; undefined for a leaf or an empty subtree. */
function childrenOf(x: unknown): Children | undefined {
  if (isArrayLike(x) || typeof x !== "object" || x === null) return undefined;
  if (x instanceof Linear) return [["w", x.w]];
  if (x instanceof Chain) return [...x.layers.entries()];
  return Array.isArray(x) ? [...x.entries()] : Object.entries(x).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rebuilt(x: unknown, children: readonly unknown[]): unknown {
  if (x instanceof Linear) return new Linear(children[0], x.name);
  if (x instanceof Chain) return new Chain(...children);
  const keys = (childrenOf(x) ?? []).map(([key]) => key);
  return Array.isArray(x) ? children : Object.fromEntries(keys.map((key, i) => [key, children[i]]));
}

interface Cut {
  readonly prefix: unknown;
  readonly expected: readonly (number | null)[];
}

/** A prefix of the tree, cut where the choices say so, with the values that it must give: one for each leaf below a cut. */
function cut(tree: unknown, choose: () => number): Cut {
  const children = childrenOf(tree);
  const choice = choose();
  if (children === undefined || choice % 3 === 0) {
    const value = choice % 2 === 0 ? choice : null;
    return { prefix: value, expected: treeLeaves(tree).map(() => value) };
  }
  const cuts = children.map(([, child]) => cut(child, choose));
  return {
    prefix: rebuilt(
      tree,
      cuts.map(({ prefix }) => prefix),
    ),
    expected: cuts.flatMap(({ expected }) => expected),
  };
}

describe("broadcastPrefix", () => {
  test("gives the values that a naive walk gives", () => {
    fc.assert(
      fc.property(trees, fc.infiniteStream(fc.nat(20)), (tree, choices) => {
        const { prefix, expected } = cut(tree, () => choices.next().value ?? 0);
        expect(broadcastPrefix(prefix, tree)).toEqual(expected);
        expect(broadcastPrefix(prefix, treeStructure(tree))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("takes null as a leaf, and one value for a whole tree", () => {
    const args = [{ w: 1, b: 2 }, [3, 4]];
    expect(broadcastPrefix([{ w: 0, b: null }, 1], args)).toEqual([null, 0, 1, 1]);
    expect(broadcastPrefix(0, args)).toEqual([0, 0, 0, 0]);
    expect(broadcastPrefix([null, 0], args)).toEqual([null, null, 0, 0]);
    expect(broadcastPrefix([undefined, 0], [undefined, 1])).toEqual([0]);
  });

  test("takes other leaves", () => {
    const isText = (x: unknown): x is string => typeof x === "string";
    const spread: string[] = broadcastPrefix({ a: "x", b: ["y", "z"] }, { a: [1, 2], b: [3, 4] }, isText);
    expect(spread).toEqual(["x", "x", "y", "z"]);
  });

  test("goes into registered classes of the same aux only", () => {
    const tree = [new Linear({ a: 1, b: 2 }, "x")];
    expect(broadcastPrefix([new Linear({ a: 0, b: 1 }, "x")], tree)).toEqual([0, 1]);
    expect(() => broadcastPrefix([new Linear([0], "x")], tree)).toThrow("at prefix[0].w");
    expect(() => broadcastPrefix([new Linear({ a: 0, b: 1 }, "y")], tree)).toThrow("(Linear), got an instance of Linear");
    expect(() => broadcastPrefix([{ w: 0 }], tree)).toThrow("(Linear), got a record");
  });

  test.each<[unknown, unknown, string, string]>([
    [[0], [1, 2], "inAxes", "a list of 1"],
    [[0, { w: 0 }], [1, { w: 1, b: 1 }], "inAxes[1]", "a record with the keys w"],
    [[0, { w: { v: 0 } }], [1, { w: 1 }], "inAxes[1].w", "a record with the keys v"],
    [["0"], [1], "inAxes[0]", 'the string "0"'],
    [[undefined], [1], "inAxes[0]", "undefined"],
    [[0, [0]], [1, null], "inAxes[1]", "a list of 1"],
    [{ "a,b": 0 }, { a: 1, b: 1 }, "inAxes", "a record with the keys a,b"],
  ])("%o does not fit %o", (prefix, tree, path, received) => {
    const run = (): unknown => broadcastPrefix(prefix, tree, undefined, { op: "vmap", label: "inAxes" });
    expect(run).toThrow("vmap: expected a prefix that fits the tree");
    expect(run).toThrow(`at ${path} one value`);
    expect(run).toThrow(`got ${received}.`);
  });

  test("gives nothing for a tree without leaves", () => {
    expect(broadcastPrefix(0, [null, {}, []])).toEqual([]);
    expect(broadcastPrefix(array(1), [1], (x): x is unknown => isArrayLike(x))).toEqual([array(1)]);
  });
});
