// A line through points by stochastic gradient descent, written by hand: `grad`, a tree of parameters, and a rate that falls as
// Robbins and Monro (1951) ask, so that the noise of the small batches dies out. No optimizer is needed to see what one does.
// The model is the linear regression of JAX's tutorials ("Stateful computations").
//
//   npx tsx examples/linearRegression/main.ts [--epochs 100] [--out DIR]
//
// Expected: slope and intercept within 0.001 of the least squares, which are known in closed form (ours 0.0001, in 0.3 s).

import { type NDArray, jit, numpy as np, random, valueAndGrad } from "cotangent";
import * as train from "cotangent/train";
import { treeMap } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { type Result, program } from "../shared/program.js";

interface Params {
  readonly slope: NDArray;
  readonly intercept: NDArray;
}

interface Points {
  readonly x: NDArray;
  readonly y: NDArray;
}

const loss = ({ slope, intercept }: Params, { x, y }: Points): NDArray => x.mul(slope).add(intercept).sub(y).square().mean();

/** One step downhill: p ← p − rate · ∂loss/∂p, for every leaf of the parameters. */
const step = jit((params: Params, points: Points, rate: NDArray) => {
  const [value, grads] = valueAndGrad(loss)(params, points);
  return [treeMap((p, g) => p.sub(g.mul(rate)), params, grads), value] as const;
});

/** Points around y = 3x − 1. */
function drawPoints(key: NDArray, n: number): Points {
  const [places, noise] = random.splitKeys(key);
  const x = random.normal(places, [n]);
  return {
    x,
    y: x
      .mul(3)
      .sub(1)
      .add(random.normal(noise, [n]).mul(0.5)),
  };
}

/** slope = cov(x, y) / var(x), and the line goes through the mean. */
function leastSquares({ x, y }: Points): Params {
  const dx = x.sub(x.mean());
  const slope = dx.mul(y.sub(y.mean())).sum().div(dx.square().sum());
  return { slope, intercept: y.mean().sub(x.mean().mul(slope)) };
}

export function run({ epochs }: { readonly epochs: number }): Result {
  const [drawn, order] = random.splitKeys(random.key(0));
  const points = drawPoints(drawn, 200);
  const batches = train.batches(points, { batchSize: 20, key: order });

  let params: Params = { slope: np.array(0), intercept: np.array(0) };
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of batches.epoch(epoch)) {
      const [next, value] = step(params, batch, np.array(0.3 / (1 + losses.length / 10)));
      params = next;
      losses.push(value.item());
    }
  }

  const best = leastSquares(points);
  const at = ({ slope, intercept }: Params): string => `slope ${slope.item().toFixed(4)}, intercept ${intercept.item().toFixed(4)}`;
  console.log(`descent        ${at(params)}\nleast squares  ${at(best)}`);
  const ends = [-3, 3].map((x): [number, number] => [x, x * params.slope.item() + params.intercept.item()]);
  const ys = points.y.toTypedArray();
  const cloud = Array.from(points.x.toTypedArray(), (x, i): [number, number] => [x, ys[i]]);
  return {
    figures: [
      { name: "slope, distance from the least squares", value: Math.abs(params.slope.sub(best.slope).item()), atMost: 0.001 },
      { name: "intercept, distance from the least squares", value: Math.abs(params.intercept.sub(best.intercept).item()), atMost: 0.001 },
    ],
    pictures: {
      "line.svg": lines(
        [
          { name: "points", points: cloud, dots: true },
          { name: "descent", points: ends },
        ],
        { title: "A line by stochastic gradient descent", subtitle: at(params), x: "x", y: "y" },
      ),
      "loss.svg": lines([{ name: "loss of each batch", points: losses.map((value, i) => [i + 1, value]) }], {
        title: "Training loss",
        x: "Step",
        y: "Mean squared error",
        yScale: "log",
      }),
    },
  };
}

await program(import.meta.url, { epochs: 100 }, run);
