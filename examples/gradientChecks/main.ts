// How to test your own functions: a layer whose gradient is right, a copy with a planted mistake, and a kink.
// Run it with: npx tsx examples/gradientChecks/main.ts

import { numpy as np, stopGradient, type NDArray } from "cotangent";
import { GradientCheckError, checkGrads, checkTransforms } from "cotangent/testing";

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

/** A layer with a smooth activation. */
const layer = ({ w, b }: Params, x: NDArray): NDArray => np.tanh(np.dot(x, w).add(b));

/** The same value, but no gradient flows through the scale: a mistake that no value shows. */
const mistaken = ({ w, b }: Params, x: NDArray): NDArray => {
  const y = np.dot(x, w).add(b);
  return y.div(np.sqrt(stopGradient(y.square().sum()).add(1)));
};

const params: Params = {
  w: np.array([
    [0.3, -1.2],
    [0.8, 0.5],
  ]),
  b: np.array([0.1, -0.4]),
};
const x = np.array([0.7, -0.2]);

/** Runs the checks; gives the lines that they have to say. */
export function run(): string[] {
  const { grads, vmap } = checkTransforms(layer, [params, x]);
  const lines = [`layer: ${grads?.checks.length} derivatives agree, ${vmap?.inAxes.length} ways to batch`];
  try {
    checkGrads(mistaken, [params, x]);
  } catch (error) {
    if (!(error instanceof GradientCheckError)) throw error;
    lines.push(`mistaken: ${error.message}`);
  }
  const [kink] = checkGrads((y: NDArray) => np.abs(y), [np.array(0)]).kinks;
  return [...lines, `abs at 0: ${kink.sides?.map((side) => side.toFixed(3)).join(" to the left, ")} to the right`];
}

if (process.argv[1]?.includes("gradientChecks")) console.log(run().join("\n"));
