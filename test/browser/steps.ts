// The work that a page and Node do alike: twenty steps of the benchmark's networks, from the same keys. Gives the losses.

import { mlpStep, tinyStep } from "../bench/workloads/networks.js";

export interface Result {
  readonly losses: Readonly<Record<string, readonly number[]>>;
  /** Milliseconds a step, the fastest of the last ten. */
  readonly fastest: Readonly<Record<string, number>>;
}

const STEPS = 20;

/** Lets the event loop turn: workers start only then. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

export async function run(): Promise<Result> {
  const losses: Record<string, readonly number[]> = {};
  const fastest: Record<string, number> = {};
  for (const [name, make] of Object.entries({ tiny: tinyStep, mlp: mlpStep })) {
    const step = make();
    const found: number[] = [];
    let least = Infinity;
    for (let i = 0; i < STEPS; i++) {
      const start = performance.now();
      found.push(step());
      if (i >= STEPS / 2) least = Math.min(least, performance.now() - start);
      if (i < 3) await turn();
    }
    losses[name] = found;
    fastest[name] = least;
  }
  return { losses, fastest };
}
