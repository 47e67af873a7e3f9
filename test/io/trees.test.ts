// Trees in safetensors files: names of paths, restoring into an expected structure, and every difference listed by path.

import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { evalShape, type NDArray, numpy as np, random } from "../../src/index.js";
import { TreeError } from "../../src/core/errors.js";
import {
  encodeSafetensors,
  encodeTree,
  loadTree,
  parseSafetensors,
  parseTree,
  saveTree,
  treeFromArrays,
  treeToArrays,
} from "../../src/io/index.js";
import { registerNode, treeLeavesWithPath, treeStructure } from "../../src/tree/index.js";
import { anyArray, expectSame, refusal, right } from "./arbitrary.js";

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
interface Params {
  readonly layers: readonly Layer[];
  readonly scale: NDArray | null;
}

const init = (): Params => ({
  layers: [
    { w: np.ones([2, 3]), b: np.zeros([3]) },
    { w: np.ones([3, 1]), b: np.zeros([1]) },
  ],
  scale: np.array(2),
});

test("leaves are named by their paths", () => {
  expect([...treeToArrays(init()).keys()]).toEqual(["layers.0.b", "layers.0.w", "layers.1.b", "layers.1.w", "scale"]);
  expect([...treeToArrays(np.ones([1])).keys()]).toEqual(["value"]);
  expect([...right(parseSafetensors(encodeTree(init()))).tensors.keys()]).toContain("layers.1.w");
});

test("two paths of one name are refused", () => {
  expect(() => encodeTree({ a: { b: 1 }, "a.b": 2 })).toThrow(
    'encodeTree: expected paths whose names differ, got .a.b and ["a.b"], which are both "a.b".\n  rename a key: keys are joined by dots.',
  );
});

test("what can be no leaf is refused by its path, before anything is written or read", () => {
  const tree = { layers: [{ w: np.ones([2]), activation: Math.tanh }] };
  const says = (op: string): string =>
    `${op}: expected an array, a number or a boolean at .layers[0].activation, got the function tanh.\n  keep it outside of the tree, `;
  const file = join(tmpdir(), "cotangent-no-such-folder", "model.safetensors");
  for (const [op, run] of Object.entries({
    saveTree: () => saveTree(file, tree),
    loadTree: () => loadTree(file, tree),
    encodeTree: () => encodeTree(tree),
    treeToArrays: () => treeToArrays(tree),
    parseTree: () => parseTree(encodeTree({}), tree),
  })) {
    expect(run).toThrow(TreeError);
    expect(run).toThrow(says(op));
    expect(run).toThrow(/at: .*trees\.test\.ts/);
  }
});

test("a tree comes back with its type, keys and numbers", () => {
  const tree = { params: init(), step: 12345678901, done: true, key: random.key(3), rate: 0.1, nothing: null };
  const restored: typeof tree = right(parseTree(encodeTree(tree), { ...tree, step: 0, done: false, rate: 0 }));
  expect([restored.step, restored.done, restored.rate, restored.nothing]).toEqual([12345678901, true, 0.1, null]);
  expect(treeStructure(restored).equals(treeStructure(tree))).toBe(true);
  expectSame(restored.key, random.key(3));
  expectSame(restored.params.layers[0].w, np.ones([2, 3]));
});

test("the expected tree may be made of shapes alone", () => {
  const like = evalShape(init);
  expectSame(right(parseTree(encodeTree(init()), like)).layers[1].w, np.ones([3, 1]));
});

test("instances of registered classes come back as instances", () => {
  class Pair {
    constructor(
      readonly first: NDArray,
      readonly second: NDArray,
    ) {}
  }
  registerNode(Pair, {
    flatten: (pair) => [[pair.first, pair.second], undefined],
    unflatten: (_, [first, second]) => new Pair(first, second),
  });
  const restored = right(
    parseTree(encodeTree({ p: new Pair(np.array([1]), np.array([2])) }), { p: new Pair(np.zeros([1]), np.zeros([1])) }),
  );
  expect(restored.p).toBeInstanceOf(Pair);
  expect(restored.p.second.toArray()).toEqual([2]);
});

describe("differences", () => {
  test("are listed by path, with both sides", () => {
    const bytes = encodeTree({
      layers: [{ w: np.ones([2, 4]), b: np.zeros([3]) }],
      scale: np.array([1], { dtype: "float64" }),
      extra: { m: 1 },
    });
    const result = parseTree(bytes, init(), { name: "model.safetensors" });
    expect(refusal(result)).toBe(
      [
        "parseTree: expected the arrays of the expected tree in model.safetensors, got others:",
        '    .layers[0].w ("layers.0.w"): float32[2,3] expected, float32[2,4] in the file',
        '    .layers[1].b ("layers.1.b"): float32[1] expected, missing in the file',
        '    .layers[1].w ("layers.1.w"): float32[3,1] expected, missing in the file',
        '    .scale ("scale"): float32[] expected, float64[1] in the file',
        '    "extra.m": nothing expected, float64[] in the file.',
        '  pass a tree of the saved structure as "like", or leave out what is not expected with { unexpected: "ignore" }.',
      ].join("\n"),
    );
    expect(E.isLeft(result) && result.left.tag).toBe("data");
  });

  test("are cut after ten", () => {
    const bytes = encodeTree(Array.from({ length: 13 }, () => np.zeros([1])));
    const like = Array.from({ length: 13 }, () => np.zeros([2]));
    expect(refusal(parseTree(bytes, like))).toMatch(/\[9\] \("9"\): float32\[2\] expected, float32\[1\] in the file\n {4}and 3 more\.\n/);
  });

  test("unexpected arrays can be left out", () => {
    const arrays = new Map([
      ["w", np.ones([1])],
      ["running", np.ones([1])],
    ]);
    expect(refusal(treeFromArrays({ w: np.zeros([1]) }, arrays))).toContain('"running": nothing expected, float32[1] in the file');
    expect(right(treeFromArrays({ w: np.zeros([1]) }, arrays, { unexpected: "ignore" })).w.toArray()).toEqual([1]);
  });

  test("numbers and booleans do not stand for each other, nor for arrays", () => {
    const arrays = treeToArrays({ a: 1, b: true, c: np.ones([1]) });
    expect(refusal(treeFromArrays({ a: true, b: 1, c: 0 }, arrays))).toContain(
      '\n    .a ("a"): a boolean expected, float64[] in the file' +
        '\n    .b ("b"): a number expected, bool[] in the file' +
        '\n    .c ("c"): a number expected, float32[1] in the file',
    );
  });

  test("damaged bytes are refused before", () => {
    expect(refusal(parseTree(Uint8Array.of(1), {}))).toContain(
      "parseSafetensors: expected a header length of 8 bytes, got 1 byte in the given bytes",
    );
  });
});

test("conversion is for the file's elements, before they are compared", () => {
  const header = '{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}';
  const bytes = Uint8Array.from([header.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header), 0, 0x3c]);
  expect(right(parseTree(bytes, { w: np.zeros([1]) }, { convert: true })).w.toArray()).toEqual([1]);
  expect(refusal(parseTree(bytes, { w: np.zeros([1]) }))).toContain("got float16");
});

test("hostile names in a file cannot reach a prototype", () => {
  const arrays = new Map([["__proto__.polluted", np.ones([1])]]);
  expect(refusal(parseTree(encodeSafetensors(arrays), {}))).toContain('"__proto__.polluted": nothing expected');
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("any tree comes back, bit for bit", () => {
  const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(anyArray, fc.double(), fc.boolean(), fc.constant(null)),
    tree: fc.oneof(
      { maxDepth: 3 },
      tie("leaf"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[^.]{0,8}$/u), tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (given) => {
      // A list's index and a record's key of the same digits are one name only when one container has both, which none does.
      const restored = right(parseTree(encodeTree(given), given));
      const [expected, actual] = [treeLeavesWithPath(given), treeLeavesWithPath(restored)];
      expect(actual.map(([path]) => path)).toEqual(expected.map(([path]) => path));
      for (const [i, [, leaf]] of expected.entries()) {
        const other = actual[i][1];
        if (typeof leaf === "object" && typeof other === "object") expectSame(other, leaf);
        else expect(other).toBe(leaf);
      }
    }),
  );
});
