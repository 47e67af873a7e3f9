// Logistic regression on its computational graph, as in week 2 of Andrew Ng's course "Neural Networks and Deep Learning": z = w·x + b,
// a = σ(z), the loss −(y log a + (1 − y) log(1 − a)); backwards dz = a − y, dw = x dz, db = dz. Here the graph is the jaxpr, printed
// as it stands, and the gradients by hand are compared with `grad`. The sigmoid neuron of Stanford's CS231n ("Backpropagation,
// intuitions") is checked against the numbers that are printed there.
//
//   npx tsx examples/logisticRegression/main.ts [--steps 300] [--out DIR]
//
// Expected: gradients agree to 1e-6; the neuron's are 0.20, 0.39, … to the two places printed; at least 95 % of 400 points on their
// side (ours 97.25 %, in 0.2 s).

import { type NDArray, grad, jit, lax, makeJaxpr, nn, numpy as np, random, valueAndGrad } from "cotangent";
import { treeMap } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { type Result, program } from "../shared/program.js";

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

/** The graph for one example, written as the course draws it. */
function loss({ w, b }: Params, x: NDArray, y: NDArray): NDArray {
  const a = nn.sigmoid(np.dot(w, x).add(b));
  return y
    .mul(np.log(a))
    .add(np.subtract(1, y).mul(np.log(np.subtract(1, a))))
    .neg();
}

/** The same graph, walked backwards by hand. */
function gradientByHand({ w, b }: Params, x: NDArray, y: NDArray): Params {
  const dz = nn.sigmoid(np.dot(w, x).add(b)).sub(y);
  return { w: x.mul(dz), b: dz };
}

/** For all examples at once, by the stable form of the loss: log(1 + eᶻ) − y z. */
const cost = ({ w, b }: Params, xs: NDArray, ys: NDArray): NDArray => {
  const z = xs.matmul(w).add(b);
  return nn.softplus(z).sub(ys.mul(z)).mean();
};

/** CS231n's neuron, σ(w₀x₀ + w₁x₁ + w₂). */
const neuron = (w: NDArray, x: NDArray): NDArray =>
  nn.sigmoid(
    w
      .at(0)
      .get()
      .mul(x.at(0).get())
      .add(w.at(1).get().mul(x.at(1).get()))
      .add(w.at(2).get()),
  );

function drawPoints(key: NDArray, n: number): [xs: NDArray, ys: NDArray] {
  const ys = np.arange(n).mod(2).astype("float32");
  const centres = ys
    .mul(3)
    .sub(1.5)
    .reshape([n, 1])
    .mul(np.array([1, 0.6]));
  return [random.normal(key, [n, 2]).add(centres), ys];
}

const train = jit((params: Params, xs: NDArray, ys: NDArray, ticks: NDArray) =>
  lax.scan(
    (now: Params, _: NDArray): [Params, NDArray] => {
      const [value, grads] = valueAndGrad(cost)(now, xs, ys);
      return [treeMap((p, g) => p.sub(g.mul(0.5)), now, grads), value];
    },
    params,
    ticks,
  ),
);

const greatest = (a: NDArray, b: NDArray): number => a.sub(b).abs().max().item();

export function run({ steps }: { readonly steps: number }): Result {
  const [example, label] = [np.array([1.5, -0.5]), np.array(1)];
  const at: Params = { w: np.array([0.2, -0.4]), b: np.array(0.1) };
  console.log(`the graph of one example\n${makeJaxpr(loss)(at, example, label)}`);
  console.log(`the graph of its gradient\n${makeJaxpr(grad(loss))(at, example, label)}`);
  const [byHand, byGrad] = [gradientByHand(at, example, label), grad(loss)(at, example, label)];
  console.log(`dw, db by hand  ${byHand.w}  ${byHand.b}\ndw, db by grad  ${byGrad.w}  ${byGrad.b}`);
  const [dw, dx] = grad(neuron, { argnums: [0, 1] })(np.array([2, -3, -3]), np.array([-1, -2]));
  console.log(`CS231n's neuron: dw ${dw}, dx ${dx}`);

  const [xs, ys] = drawPoints(random.key(0), 400);
  const [{ w, b }, costs] = train({ w: np.zeros([2]), b: np.array(0) }, xs, ys, np.zeros([steps]));
  const sides = xs.matmul(w).add(b).greater(0).astype("float32");
  const [w0, w1] = w.toTypedArray();
  const boundary = (x: number): [number, number] => [x, -(w0 * x + b.item()) / w1];
  const points = xs.toTypedArray();
  const cloud = (label: number): [number, number][] =>
    Array.from({ length: 200 }, (_, i) => [points[4 * i + 2 * label], points[4 * i + 2 * label + 1]]);
  return {
    figures: [
      { name: "gradients, greatest difference", value: Math.max(greatest(byHand.w, byGrad.w), greatest(byHand.b, byGrad.b)), atMost: 1e-6 },
      { name: "CS231n's dw, greatest difference", value: greatest(dw, np.array([-0.2, -0.39, 0.2])), atMost: 0.005 },
      { name: "CS231n's dx, greatest difference", value: greatest(dx, np.array([0.39, -0.59])), atMost: 0.005 },
      { name: "points on their side", value: sides.sub(ys).abs().mean().neg().add(1).item(), atLeast: 0.95 },
    ],
    pictures: {
      "boundary.svg": lines(
        [
          { name: "class 0", points: cloud(0), dots: true },
          { name: "class 1", points: cloud(1), dots: true },
          { name: "a = ½", points: [-1.8, 1.8].map(boundary) },
        ],
        { title: "Logistic regression", x: "x₀", y: "x₁", square: true },
      ),
      "cost.svg": lines([{ name: "cost", points: Array.from(costs.toTypedArray(), (value, i) => [i + 1, value]) }], {
        title: "Gradient descent on the cost",
        x: "Step",
        y: "Cross-entropy",
        yScale: "log",
      }),
    },
  };
}

await program(import.meta.url, { steps: 300 }, run);
