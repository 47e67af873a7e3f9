// What a workload is: it prepares its arrays, measures its cases, and gives a figure for each. Times are in milliseconds.
// `best` is the one way to time a step: warm, batches of calls, the fastest batch counts.

/** How long and on what a workload is measured. */
export interface Settings {
  /** Time for each case, in seconds. */
  readonly seconds: number;
  /** One call after a warm one, and small sizes: to see that everything runs. */
  readonly quick: boolean;
  /** Steps of the soak. */
  readonly steps: number;
  /** A folder of MNIST's IDX files; without it digits are drawn. */
  readonly data: string | undefined;
}

/** A figure for one case of a row, or the reason why there is none. */
export interface Figure {
  readonly case: string;
  readonly value?: number;
  readonly note?: string;
}

/** A step for the profile: what is called over and over. */
export interface Program {
  readonly name: string;
  readonly step: () => unknown;
}

export interface Workload {
  readonly measure: (settings: Settings) => readonly Figure[] | Promise<readonly Figure[]>;
  /** The steps that the profile looks into; none for workloads that measure processes. */
  readonly programs?: () => readonly Program[];
}

/** Calls whose time is well above the clock's resolution. */
const BATCH_MS = 2;

/** Milliseconds that `calls` calls take. */
function time(step: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) step();
  return performance.now() - start;
}

/** Milliseconds a call, in the fastest of the batches that fit in the time given. */
export function best(step: () => unknown, { seconds, quick }: Settings): number {
  step();
  if (quick) return time(step, 1);
  let calls = 1;
  let elapsed = time(step, calls);
  while (elapsed < BATCH_MS)
    elapsed = time(step, (calls = Math.max(calls + 1, Math.ceil((1.5 * calls * BATCH_MS) / Math.max(elapsed, BATCH_MS / 50)))));
  let least = elapsed / calls;
  const end = performance.now() + seconds * 1000;
  for (let batch = 0; batch < 3 || performance.now() < end; batch++) least = Math.min(least, time(step, calls) / calls);
  return least;
}

/** A workload that times steps; a step is made when its turn comes, so that only its own arrays are alive. */
export const timed = (steps: Readonly<Record<string, () => () => unknown>>, small: readonly string[] = Object.keys(steps)): Workload => ({
  measure: (settings) =>
    Object.entries(steps)
      .filter(([name]) => !settings.quick || small.includes(name))
      .map(([name, make]) => ({ case: name, value: best(make(), settings) })),
  programs: () => Object.entries(steps).map(([name, make]) => ({ name, step: make() })),
});
