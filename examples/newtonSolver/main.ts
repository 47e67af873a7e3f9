// Kepler's equation E − e sin E = M, solved by Newton's method for many planets at once: `lax.whileLoop` under `vmap`. Its solution is
// differentiated in two ways, which agree with the formulae: backward through the loop, which must keep all that it did up to
// `maxSteps`, and by the implicit function theorem in a `customVjp`, which needs the root alone and gives second derivatives too.
// (Kepler, Astronomia nova, 1609; Griewank and Walther, Evaluating Derivatives, 2nd edition 2008, chapter 15.)
//
//   npx tsx examples/newtonSolver/main.ts [--planets 64] [--maxSteps 30] [--out DIR]
//
// Expected: gradients of both ways within 1e-9 of the formulae, second derivatives within 1e-7 (ours 1e-15 and 2e-14), and an
// order of convergence of 2 (ours 2.00). About 0.5 s.

import { type NDArray, grad, hessian, jit, numpy as np, vmap } from "cotangent";
import { lines } from "../shared/lines.js";
import { type Result, claim, program } from "../shared/program.js";
import { type Equation, implicitRoot, newton } from "./newton.js";

/** What a planet's place depends on, scalars here; M is the time since it was nearest to the sun, as an angle. */
interface Orbit {
  readonly eccentricity: NDArray;
  readonly anomaly: NDArray;
}

const kepler: Equation<Orbit> = (E, { eccentricity, anomaly }) => E.sub(np.sin(E).mul(eccentricity)).sub(anomaly);

/** From here Newton's steps lead to the root for every eccentricity below 1. */
const guess = np.array(Math.PI, { dtype: "float64" });

const implicit = (orbit: Orbit): NDArray => implicitRoot(kepler, orbit, guess);
const unrolled =
  (maxSteps: number) =>
  (orbit: Orbit): NDArray =>
    newton(kepler, orbit, guess, { maxSteps }).x;

/** dE = (sin E de + dM) / (1 − e cos E), by hand. */
function slopesByHand({ eccentricity }: Orbit, E: NDArray): Orbit {
  const stretch = np.subtract(1, np.cos(E).mul(eccentricity));
  return { eccentricity: np.sin(E).div(stretch), anomaly: np.divide(1, stretch) };
}

/** d²E / dM² = −e sin E / (1 − e cos E)³. */
const bendByHand = ({ eccentricity }: Orbit, E: NDArray): NDArray =>
  np
    .sin(E)
    .mul(eccentricity)
    .neg()
    .div(np.power(np.subtract(1, np.cos(E).mul(eccentricity)), 3));

const difference = (a: NDArray, b: NDArray): number => a.sub(b).abs().max().item();
const distance = (a: Orbit, b: Orbit): number => Math.max(difference(a.eccentricity, b.eccentricity), difference(a.anomaly, b.anomaly));

/** One planet's errors of the root and of its derivative, when the loop is stopped after so many steps. */
function convergence(orbit: Orbit): { readonly root: number[]; readonly slope: number[] } {
  const E = implicit(orbit);
  const exact = slopesByHand(orbit, E);
  const stops = Array.from({ length: 8 }, (_, i) => i + 1);
  return {
    root: stops.map((n) => difference(unrolled(n)(orbit), E)),
    slope: stops.map((n) => difference(grad(unrolled(n))(orbit).eccentricity, exact.eccentricity)),
  };
}

/** The slope of log error against the log of the error before, over the last two steps that rounding leaves alone. */
function orderOf(errors: readonly number[]): number {
  const logs = errors.filter((error) => error > 1e-13).map(Math.log);
  const [a, b, c] = logs.slice(-3);
  return (c - b) / (b - a);
}

export function run({ planets, maxSteps }: { readonly planets: number; readonly maxSteps: number }): Result {
  const dtype = "float64";
  const orbits: Orbit = {
    eccentricity: np.linspace(0, 0.95, planets, { dtype }),
    anomaly: np.linspace(3, 0.05, planets, { dtype }),
  };
  const { x: E, steps } = jit(vmap((orbit: Orbit) => newton(kepler, orbit, guess)))(orbits);
  const exact = slopesByHand(orbits, E);
  const byRule = jit(vmap(grad(implicit)))(orbits);
  const throughLoop = jit(vmap(grad(unrolled(maxSteps))))(orbits);
  const bend = jit(vmap(hessian(implicit)))(orbits).anomaly.anomaly;
  console.log(`${planets} planets need ${steps.min().item()} to ${steps.max().item()} steps`);

  const { root, slope } = convergence({ eccentricity: np.array(0.8, { dtype }), anomaly: np.array(0.5, { dtype }) });
  const points = (errors: readonly number[]) => errors.map((error, i): [number, number] => [i + 1, error]);
  return {
    figures: [
      { name: "residual of the equation", value: np.abs(kepler(E, orbits)).max().item(), atMost: 1e-12, digits: 2 },
      { name: "gradient by the rule, greatest error", value: distance(byRule, exact), atMost: 1e-9, digits: 2 },
      { name: "gradient through the loop, greatest error", value: distance(throughLoop, exact), atMost: 1e-9, digits: 2 },
      { name: "second derivative by the rule, greatest error", value: difference(bend, bendByHand(orbits, E)), atMost: 1e-7, digits: 2 },
      { name: "order of convergence", value: orderOf(root), atLeast: 1.9, atMost: 2.1, digits: 2 },
      claim("no planet needs more than maxSteps", steps.max().item() < maxSteps),
    ],
    pictures: {
      "convergence.svg": lines(
        [
          { name: "root E", points: points(root) },
          { name: "dE/de through the loop", points: points(slope) },
        ],
        { title: "Newton's method on Kepler's equation, e = 0.8, M = 0.5", x: "Steps", y: "Error", yScale: "log" },
      ),
    },
  };
}

await program(import.meta.url, { planets: 64, maxSteps: 30 }, run);
