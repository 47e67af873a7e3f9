// REINFORCE with baseline (Williams 1992; Sutton and Barto, Reinforcement Learning, 2nd edition, section 13.4): on the short corridor
// with switched actions, as in the book's figures 13.1 and 13.2, and on the cart and pole. Environments are pure functions of one
// state; vmap and scan make a hundred runs, or many episodes, one compiled program.
//
//   npx tsx examples/reinforce/main.ts [--runs 100] [--episodes 1000] [--steps 100] [--environments 32] [--seed 0] [--out DIR]
//
// Expected: on the corridor a mean return of at least -12.5 over the last 100 of 1000 episodes and 100 runs, and for the mean of the
// learnt policies a value of at least -11.8, where the best is -11.66 (ours: -12.02 and -11.66); CartPole is solved, a mean return of
// at least 195 over 100 episodes (ours: 500). About 2 s.

import { lines } from "../shared/lines.js";
import { program, type Result } from "../shared/program.js";
import { cartPole } from "./cartPole.js";
import { corridor, valueOf } from "./corridor.js";

export const defaults = { runs: 100, episodes: 1000, steps: 100, environments: 32, seed: 0 };

const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const pointsOf = (numbers: readonly number[]) => numbers.map((y, i): [number, number] => [i + 1, y]);

export function run(options: typeof defaults): Result {
  // The step sizes of figures 13.1 and 13.2; without a baseline larger ones do not learn.
  const plain = corridor({ theta: 2 ** -13, w: 0 }, options);
  const withBaseline = corridor({ theta: 2 ** -9, w: 2 ** -6 }, options);
  const [plainReturns, returns] = [plain, withBaseline].map((learnt) => [...learnt.returns.toTypedArray()]);
  const cart = cartPole(options);
  return {
    figures: [
      { name: "corridor: mean return of the last 100 episodes", value: meanOf(returns.slice(-100)), atLeast: -12.5, digits: 2 },
      { name: "corridor: value of the mean policy", value: valueOf(withBaseline.goesRight.mean()).item(), atLeast: -11.8, digits: 2 },
      { name: "CartPole: mean return of 100 episodes", value: meanOf(cart.returns), atLeast: 195, digits: 1 },
    ],
    pictures: {
      "corridor.svg": lines(
        [
          { name: "with baseline, αθ = 2⁻⁹, αw = 2⁻⁶", points: pointsOf(returns) },
          { name: "without, αθ = 2⁻¹³", points: pointsOf(plainReturns) },
        ],
        {
          title: "REINFORCE on the short corridor",
          subtitle: `Mean of ${options.runs} runs; the dashed rule is the value of the best policy`,
          x: "Episode",
          y: "Return",
          yDomain: [-95, -5],
          goal: -11.66,
        },
      ),
      "cartPole.svg": lines([{ name: "episodes of the step", points: pointsOf(cart.history) }], {
        title: "REINFORCE with baseline on CartPole",
        subtitle: `Mean return of ${options.environments} episodes a step; the dashed rule is where it counts as solved`,
        x: "Step",
        y: "Return",
        yDomain: [0, 510],
        goal: 195,
      }),
    },
  };
}

await program(import.meta.url, defaults, run);
