// Random trees, and the classes that tests register.

import * as fc from "fast-check";
import { type NDArray, scalar } from "../../src/core/array.js";
import { registerNode } from "../../src/tree/index.js";

export class Linear<W = NDArray> {
  constructor(
    readonly w: W,
    readonly name: string,
  ) {}

  describe(): string {
    return `Linear ${this.name}`;
  }
}

export class Chain {
  readonly layers: readonly unknown[];

  constructor(...layers: readonly unknown[]) {
    this.layers = layers;
  }
}

registerNode(Linear, { flatten: (x) => [{ w: x.w }, x.name], unflatten: (name, { w }) => new Linear(w, name) });
registerNode(Chain, { flatten: (x) => [x.layers, undefined], unflatten: (_, layers) => new Chain(...layers) });

export const array = (value: number): NDArray => scalar(value, "float32");

const leaf = fc.oneof(fc.integer().map(array), fc.double(), fc.boolean());
const key = fc.oneof(fc.constantFrom("a", "b", "c", "10", "9", "my key", "__proto__", ""), fc.string());

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.constantFrom(null, undefined),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    fc.tuple(tie("tree"), fc.constantFrom("x", "y")).map(([w, name]) => new Linear(w, name)),
    fc.array(tie("tree"), { maxLength: 3 }).map((layers) => new Chain(...layers)),
  ),
}));

/** Trees of every kind of node. */
export const trees: fc.Arbitrary<unknown> = tree;
