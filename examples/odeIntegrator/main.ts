// Two integrators of differential equations: Runge–Kutta's fourth-order method with fixed steps, as `lax.scan`, and Dormand and
// Prince's of order 5(4), which chooses its steps by itself, as `lax.whileLoop` with `maxSteps`. Both are checked by their order of
// convergence, and differentiated backward: gradients agree with each other and with finite differences. Then the four rates of a
// population of predators and prey are found from noisy counts, by L-BFGS through the adaptive integrator.
// (Lotka 1925, Volterra 1926; Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I; Chen et al., Neural ODEs, 2018.)
//
//   npx tsx examples/odeIntegrator/main.ts [--fitSteps 25] [--out DIR]
//
// Expected: orders 4 and 5 within 0.15 (ours 4.01 and 4.95); gradients within 1e-6 of each other and of differences (ours 2e-8); rates
// within 3 % of the true ones (ours 1.9 %). About 4 s.

import { type NDArray, grad, jit, lax, numpy as np, optim, random } from "cotangent";
import * as train from "cotangent/train";
import { treeMap } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { type Result, program } from "../shared/program.js";
import { type Method, type VectorField, dormandPrince, integrate, integrateAdaptively, rk4 } from "./integrators.js";

const dtype = "float64";
const scalar = (x: number): NDArray => np.array(x, { dtype });

/** How fast prey is born and eaten, predators die and thrive. */
interface Rates {
  readonly birth: NDArray;
  readonly prey: NDArray;
  readonly death: NDArray;
  readonly thrive: NDArray;
}

const truth: Rates = { birth: scalar(1.1), prey: scalar(0.4), death: scalar(0.9), thrive: scalar(0.25) };
const start = np.array([4, 2], { dtype });
const END = 16;

const lotkaVolterra =
  ({ birth, prey, death, thrive }: Rates): VectorField =>
  (_, y) => {
    const [x, hunters] = [y.at(0).get(), y.at(1).get()];
    const meetings = x.mul(hunters);
    return np.stack([birth.mul(x).sub(prey.mul(meetings)), thrive.mul(meetings).sub(death.mul(hunters))]);
  };

const fixed = (method: Method, steps: number) =>
  jit((rates: Rates) => integrate(lotkaVolterra(rates), start, [0, END], steps, method).at(-1).get());
const adaptive = (tolerance: number) =>
  jit((rates: Rates) => integrateAdaptively(lotkaVolterra(rates), start, [scalar(0), scalar(END)], { tolerance, maxSteps: 2000 }));

const distance = (a: NDArray, b: NDArray): number => a.sub(b).abs().max().item();

/** `[steps, error]` of a method, for steps that halve three times. */
function errors(method: Method, exact: NDArray): [number, number][] {
  return [200, 400, 800, 1600].map((steps) => [steps, distance(fixed(method, steps)(truth), exact)]);
}

/** How much the error falls when steps halve, in powers of two. */
const orderOf = (points: readonly [number, number][]): number => Math.log2((points.at(-2)?.[1] ?? NaN) / (points.at(-1)?.[1] ?? NaN));

/** Central differences of f in each rate. */
function differences(f: (rates: Rates) => NDArray): Rates {
  const along = (name: keyof Rates): NDArray => {
    const [right, left] = [1e-5, -1e-5].map((h) => f({ ...truth, [name]: truth[name].add(h) }));
    return right.sub(left).div(2e-5);
  };
  return { birth: along("birth"), prey: along("prey"), death: along("death"), thrive: along("thrive") };
}

const greatest = (a: Rates, b: Rates): number =>
  Math.max(...Object.values(treeMap((x, y) => x.sub(y).abs().div(y.abs()), a, b)).map((x: NDArray) => x.item()));

/** `[times, 2]`: the populations at the times, from one to the next by the adaptive method. */
function populations(rates: Rates, times: NDArray): NDArray {
  const leap = ([t, y]: [NDArray, NDArray], next: NDArray): [[NDArray, NDArray], NDArray] => {
    const reached = integrateAdaptively(lotkaVolterra(rates), y, [t, next], { tolerance: 1e-6, maxSteps: 40 });
    return [[next, reached.y], reached.y];
  };
  return lax.scan(leap, [scalar(0), start], times)[1];
}

/** Finds the rates from counts with noise of 2 %; they stay positive because their logarithms are learnt. */
async function fitRates(steps: number) {
  const times = np.linspace(0.5, END, 32, { dtype });
  const noise = random.normal(random.key(0), [32, 2], { dtype }).mul(0.02);
  const counts = populations(truth, times).mul(np.exp(noise));
  const ratesOf = (logs: Rates): Rates => treeMap(np.exp, logs);
  const loss = (logs: Rates): NDArray =>
    np
      .log(populations(ratesOf(logs), times).div(counts))
      .square()
      .mean();
  const optimizer = optim.lbfgs<Rates>();
  const history = train.history();
  const batches = Array.from({ length: steps }, () => null);
  const guess = treeMap(() => scalar(Math.log(0.6)), truth);
  const { state } = await train.fit(train.initState(guess, optimizer), batches, train.makeStep(loss, optimizer), { hooks: [history] });
  return { times, counts, rates: ratesOf(state.params), losses: history.rows.map(({ values }) => values["loss"]) };
}

/** Errors at the end against numbers of steps. */
function convergence() {
  const exact = fixed(dormandPrince, 8000)(truth);
  const chosen = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10].map((tolerance): [number, number] => {
    const { y, steps } = adaptive(tolerance)(truth);
    return [steps.item(), distance(y, exact)];
  });
  const [rk4Errors, dopriErrors] = [errors(rk4, exact), errors(dormandPrince, exact)];
  const picture = lines(
    [
      { name: "Runge–Kutta 4", points: rk4Errors },
      { name: "Dormand–Prince 5, fixed steps", points: dopriErrors },
      { name: "adaptive", points: chosen },
    ],
    { title: "Error at the end against the number of steps", x: "Steps", y: "Error", xScale: "log", yScale: "log" },
  );
  return { orders: [orderOf(rk4Errors), orderOf(dopriErrors)], picture };
}

function drawFit({ times, counts, rates }: Awaited<ReturnType<typeof fitRates>>): string {
  const fitted = populations(rates, times);
  const path = (kind: number, ys: NDArray): [number, number][] => {
    const [t, values] = [times.toTypedArray(), ys.at(np.slice(), kind).get().toTypedArray()];
    return Array.from(t, (time, i) => [time, values[i]]);
  };
  return lines(
    [
      { name: "prey, counted", points: path(0, counts), dots: true },
      { name: "predators, counted", points: path(1, counts), dots: true },
      { name: "prey, fitted", points: path(0, fitted) },
      { name: "predators, fitted", points: path(1, fitted) },
    ],
    { title: "Predators and prey", subtitle: "The rates are found by L-BFGS through the adaptive integrator", x: "Time", y: "Population" },
  );
}

export async function run({ fitSteps }: { readonly fitSteps: number }): Promise<Result> {
  const { orders, picture } = convergence();
  const rk4Prey = (rates: Rates): NDArray => fixed(rk4, 2000)(rates).at(0).get();
  const adaptivePrey = (rates: Rates): NDArray => adaptive(1e-10)(rates).y.at(0).get();
  const [byRk4, byAdaptive, numeric] = [jit(grad(rk4Prey))(truth), jit(grad(adaptivePrey))(truth), differences(rk4Prey)];

  const fit = await fitRates(fitSteps);
  const { rates, losses } = fit;
  console.log(`loss ${losses[0]?.toExponential(2)} → ${losses.at(-1)?.toExponential(2)} after ${losses.length} steps`);
  for (const name of ["birth", "prey", "death", "thrive"] as const) console.log(`${name.padEnd(7)} ${rates[name]} (true ${truth[name]})`);
  return {
    figures: [
      { name: "order of Runge–Kutta 4", value: orders[0], atLeast: 3.85, atMost: 4.15, digits: 2 },
      { name: "order of Dormand–Prince 5", value: orders[1], atLeast: 4.85, atMost: 5.15, digits: 2 },
      { name: "gradient: adaptive against fixed steps", value: greatest(byAdaptive, byRk4), atMost: 1e-6, digits: 2 },
      { name: "gradient: fixed steps against differences", value: greatest(byRk4, numeric), atMost: 1e-6, digits: 2 },
      { name: "rates, greatest relative error", value: greatest(rates, truth), atMost: 0.03 },
    ],
    pictures: { "convergence.svg": picture, "fit.svg": drawFit(fit) },
  };
}

await program(import.meta.url, { fitSteps: 25 }, run);
