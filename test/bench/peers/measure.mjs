// Times a peer's steps as the benchmark times ours: warm, batches of calls, the fastest batch counts. The words are the
// row's name and the settings; the figures come out as one line of JSON.

const BATCH_MS = 2;

async function time(step, calls) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = step();
    // Only a step that is asynchronous waits: an await costs as much as a small operation.
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

async function best(step, { seconds, quick }) {
  await time(step, 1);
  if (quick) return time(step, 1);
  let calls = 1;
  let elapsed = await time(step, calls);
  while (elapsed < BATCH_MS)
    elapsed = await time(step, (calls = Math.max(calls + 1, Math.ceil((1.5 * calls * BATCH_MS) / Math.max(elapsed, BATCH_MS / 50)))));
  let least = elapsed / calls;
  const end = performance.now() + seconds * 1000;
  for (let batch = 0; batch < 3 || performance.now() < end; batch++) least = Math.min(least, (await time(step, calls)) / calls);
  return least;
}

/** Prints the figures of the row that the command line names; `rows[id]` gives its cases as makers of steps. */
export async function answer(rows) {
  const [id, text] = process.argv.slice(2);
  const settings = JSON.parse(text);
  const figures = [];
  for (const [name, make] of Object.entries(rows[id])) figures.push({ case: name, value: await best(await make(), settings) });
  console.log(JSON.stringify(figures));
  // Worker threads of a peer may keep the process alive.
  process.exit(0);
}

/** A generator of normal-like numbers, the same in every run. */
export function numbers(seed) {
  let state = seed >>> 0;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return (count, scale = 1) =>
    Float32Array.from({ length: count }, () => scale * (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3));
}

export const product = (shape) => shape.reduce((n, size) => n * size, 1);
