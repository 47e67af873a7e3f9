// Gradient accumulation: four small batches, one update. `optim.multiSteps` takes the mean of the gradients, so the parameters go the
// way of the batch four times as large, and what the inner optimizer counts (Adam's bias correction, the learning rate's schedule) are
// updates, not calls. The state tells which rate was applied. As `optax.MultiSteps`; the technique is as old as small memories.
//
//   npx tsx examples/gradientAccumulation/main.ts [--updates 60] [--out DIR]
//
// Expected: in float64 the parameters of both ways differ by at most 1e-12 after 60 updates (ours 3e-16, in 0.4 s); the rates applied
// are the same bit for bit, one update every four calls.

import { type NDArray, nn, numpy as np, optim, random } from "cotangent";
import * as train from "cotangent/train";
import { treeLeaves, treeMap } from "cotangent/tree";
import { lines } from "../shared/lines.js";
import { type Result, claim, program } from "../shared/program.js";

interface Params {
  readonly hidden: NDArray;
  readonly bias: NDArray;
  readonly output: NDArray;
}

interface Batch {
  readonly x: NDArray;
  readonly y: NDArray;
}

const dtype = "float64";
const [small, times] = [8, 4];

/** What fits a bump: one hidden layer of tanh. */
const loss = ({ hidden, bias, output }: Params, { x, y }: Batch): NDArray =>
  nn
    .dense(np.tanh(nn.dense(x, hidden, bias)), output)
    .sub(y)
    .square()
    .mean();

function initialParams(key: NDArray): Params {
  const [first, second] = random.splitKeys(key);
  const draw = nn.initializers.lecunNormal();
  return { hidden: draw(first, [1, 16], { dtype }), bias: np.zeros([16], { dtype }), output: draw(second, [16, 1], { dtype }) };
}

const schedule = optim.cosineDecaySchedule({ initValue: 0.05, decaySteps: 50, alpha: 0.1 });
const adam = optim.adam<Params>({ learningRate: schedule });
const accumulating = optim.multiSteps(adam, times);

interface Trail {
  readonly params: Params;
  readonly rates: readonly number[];
  /** Updates done after each call. */
  readonly updates: readonly number[];
}

/** Folds steps over the batches, and writes down what each call applied. */
function descend<State>(
  optimizer: optim.GradientTransformation<Params, State>,
  start: Params,
  batches: train.Batches<Batch>,
  calls: number,
  updatesIn: (state: State, call: number) => number,
): Trail {
  const step = train.makeStep(loss, optimizer);
  let state = train.initState(start, optimizer);
  const [rates, updates]: [number[], number[]] = [[], []];
  for (let call = 1; call <= calls; call++) {
    const place = call - 1;
    [state] = step(state, batches.at(Math.floor(place / batches.perEpoch), place % batches.perEpoch));
    rates.push(optim.appliedHyperparams(state.optimizerState).learningRate.item());
    updates.push(updatesIn(state.optimizerState, call));
  }
  return { params: state.params, rates, updates };
}

const distance = (a: Params, b: Params): number =>
  Math.max(...treeLeaves(treeMap((p, q) => p.sub(q).abs().max(), a, b)).map((leaf) => np.array(leaf).item()));

export function run({ updates }: { readonly updates: number }): Result {
  const [initKey, dataKey] = random.splitKeys(random.key(0));
  const x = random.uniform(dataKey, [256, 1], { dtype, minval: -2, maxval: 2 });
  const data: Batch = { x, y: np.exp(x.square().neg()) };
  const start = initialParams(initKey);
  // No key, so that four small batches hold the examples of one large batch.
  const large = descend(adam, start, train.batches(data, { batchSize: small * times }), updates, (_, call) => call);
  const few = descend(accumulating, start, train.batches(data, { batchSize: small }), updates * times, (state) =>
    state.gradientStep.item(),
  );

  console.log("call  updates  learning rate");
  few.rates.slice(0, 2 * times + 1).forEach((rate, i) => {
    console.log(`${String(i + 1).padStart(4)}  ${String(few.updates[i]).padStart(7)}  ${rate.toFixed(6).padStart(13)}`);
  });
  const atUpdates = few.rates.filter((_, i) => (i + 1) % times === 0);
  const steps = (trail: Trail, every: number): [number, number][] => trail.rates.map((rate, i) => [(i + 1) * every, rate]);
  return {
    figures: [
      { name: "parameters, greatest difference", value: distance(large.params, few.params), atMost: 1e-12, digits: 2 },
      claim(
        "the rates at the updates are the same",
        atUpdates.every((rate, i) => rate === large.rates[i]),
      ),
      claim(
        `one update every ${times} calls`,
        few.updates.every((done, i) => done === Math.floor((i + 1) / times)),
      ),
    ],
    pictures: {
      "rates.svg": lines(
        [
          { name: `batches of ${small}, one update in ${times}`, points: steps(few, 1).slice(0, 80) },
          { name: `batches of ${small * times}`, points: steps(large, times).slice(0, 20), dots: true },
        ],
        {
          title: "The learning rate that was applied",
          subtitle: "The schedule goes on with each update",
          x: "Small batches seen",
          y: "Learning rate",
        },
      ),
    },
  };
}

await program(import.meta.url, { updates: 60 }, run);
