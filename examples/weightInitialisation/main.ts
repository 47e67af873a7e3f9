// Weight initialisation by walking the tree: `treeMapWithPath` gives every leaf a rule by its place, weights one, biases another, and
// what the rules do to a deep network is drawn: the spread of the activations, layer by layer. Too small and they die out, too large and
// tanh saturates or relu explodes; Glorot and Bengio (2010) keep it for tanh, He et al. (2015) for relu, as in CS231n's lecture on it.
//
//   npx tsx examples/weightInitialisation/main.ts [--width 128] [--out DIR]
//
// Expected root mean squares after 20 layers: at most 1e-12 for normal(0.01) with tanh (ours 1e-19), at least 0.9 for normal(1), where
// tanh saturates (0.96), between 0.1 and 1 for Glorot with tanh (0.16), between 0.5 and 2 for He with relu (0.85). In 3 s.

import { type NDArray, jit, nn, numpy as np, random } from "cotangent";
import { showPath, treeMapWithPath } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { type Result, program } from "../shared/program.js";

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}
type Params = readonly Layer[];

const DEPTH = 20;

/** Parameters with their shapes and no thought. */
const blank = (width: number): Params => Array.from({ length: DEPTH }, () => ({ w: np.zeros([width, width]), b: np.zeros([width]) }));

/** The same tree, each weight drawn by `init` from a key of its own, each bias zero. */
function initialise(params: Params, init: nn.Initializer, key: NDArray): Params {
  const keys = random.splitLike(key, params);
  return treeMapWithPath((path, leaf, own) => (path.at(-1) === "w" ? init(own, leaf.shape) : np.zerosLike(leaf)), params, keys);
}

/** The standard deviation of what goes in, and of each layer's activations: `[depth + 1]`. */
const spreads = (activation: (x: NDArray) => NDArray) =>
  jit((params: Params, x: NDArray) => {
    const layers = [x];
    for (const { w, b } of params) layers.push(activation(nn.dense(layers[layers.length - 1], w, b)));
    // About zero, so that relu's mean counts: what He et al. keep is the second moment.
    return np.stack(layers.map((h) => np.sqrt(h.square().mean())));
  });

const [throughTanh, throughRelu] = [spreads(np.tanh), spreads(nn.relu)];
const { glorotNormal, heNormal, normal, orthogonal } = nn.initializers;
const cases = [
  { name: "normal(0.01), tanh", init: normal(0.01), through: throughTanh },
  { name: "normal(1), tanh", init: normal(1), through: throughTanh },
  { name: "Glorot, tanh", init: glorotNormal(), through: throughTanh },
  { name: "orthogonal, tanh", init: orthogonal(), through: throughTanh },
  { name: "Glorot, relu", init: glorotNormal(), through: throughRelu },
  { name: "He, relu", init: heNormal(), through: throughRelu },
];

export function run({ width }: { readonly width: number }): Result {
  const [dataKey, initKey] = random.splitKeys(random.key(0));
  const x = random.normal(dataKey, [256, width]);
  const empty = blank(width);
  const walked = treeMapWithPath((path, leaf) => `${showPath(path)} ${leaf.shape.join("×")}`, empty.slice(0, 1));
  console.log(`leaves by their paths: ${Object.values(walked[0]).join(", ")}, …`);

  const measured = cases.map(({ name, init, through }) => ({
    name,
    values: [...through(initialise(empty, init, initKey), x).toTypedArray()],
  }));
  const last = (name: string): number => measured.find((one) => one.name === name)?.values.at(-1) ?? NaN;
  console.log(`\nroot mean square of the activations     input    layer 1         10         20`);
  for (const { name, values } of measured) {
    console.log(`${name.padEnd(34)}${[0, 1, 10, 20].map((layer) => values[layer].toPrecision(3).padStart(11)).join("")}`);
  }
  return {
    figures: [
      { name: "normal(0.01), tanh: last layer", value: last("normal(0.01), tanh"), atMost: 1e-12 },
      { name: "normal(1), tanh: last layer, saturated", value: last("normal(1), tanh"), atLeast: 0.9 },
      { name: "Glorot, tanh: last layer", value: last("Glorot, tanh"), atLeast: 0.1, atMost: 1 },
      { name: "Glorot, relu: last layer, dying out", value: last("Glorot, relu"), atMost: 0.01 },
      { name: "He, relu: last layer", value: last("He, relu"), atLeast: 0.5, atMost: 2 },
    ],
    pictures: {
      "spread.svg": lines(
        measured.map(({ name, values }) => ({
          name,
          points: values.map((value, layer) => [layer, value] as const).filter(([, value]) => value > 1e-6),
        })),
        {
          title: "Activations through 20 layers",
          subtitle: "Root mean square, by initialiser and activation",
          x: "Layer",
          y: "Root mean square",
          yScale: "log",
          yDomain: [1e-6, 10],
        },
      ),
    },
  };
}

await program(import.meta.url, { width: 128 }, run);
