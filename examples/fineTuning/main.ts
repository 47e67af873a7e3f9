// Fine-tuning: a network learns to read digits, then to tell odd ones from even ones, from forty pictures. What it has learnt of
// digits stays: `optim.partition` gives the body no update at all and keeps no state for it, so only a new head is trained; then
// `optim.freeze` holds the first layer alone while the rest goes on at a low rate. Transfer of features after Yosinski et al. (2014),
// "How transferable are features in deep neural networks?"; the digits are those of examples/digits.
//
//   npx tsx examples/fineTuning/main.ts [--pictures 4000] [--epochs 6] [--steps 200] [--out DIR]
//
// Expected: frozen layers keep every bit; of 1000 held-out digits at least 93 % are read (ours 95.1 %), and at least 88 % told odd from
// even with the new head alone (91.1 %), 5 points more than by a fresh network (9.4 points after all but the first layer were tuned). In 5 s.

import { type NDArray, numpy as np, optim, random } from "cotangent";
import * as train from "cotangent/train";
import { treeAll, treeLeaves } from "cotangent/tree";
import { drawDigits } from "../digits/strokes.js";
import { lines } from "../shared/lines.js";
import { type Result, claim, program } from "../shared/program.js";
import { type Examples, FEATURES, type Params, drawLayer, initialise, loss, predict } from "./model.js";

const [FEW, HELD_OUT] = [40, 1000];

/** Drawn digits, and for each the answer to a question about it. */
function draw(count: number, seed: number, question: (digit: number) => number): Examples {
  const { images, labels } = drawDigits({ count, seed });
  return { images: np.array(images).reshape([count, 784]).div(255), labels: np.array(Int32Array.from(labels, question)) };
}
const which = (digit: number): number => digit;
const parity = (digit: number): number => digit % 2;

interface Trained {
  readonly params: Params;
  /** Held-out accuracy, by step. */
  readonly accuracy: readonly (readonly [step: number, accuracy: number])[];
  readonly state: unknown;
}

interface Course {
  readonly data: Examples;
  readonly heldOut: Examples;
  readonly batchSize: number;
  readonly steps: number;
}

async function learn<State>(start: Params, optimizer: optim.GradientTransformation<Params, State>, course: Course): Promise<Trained> {
  const { data, heldOut, batchSize, steps } = course;
  const history = train.history();
  const share = (params: Params): NDArray => predict(params, heldOut.images).argmax(1).equal(heldOut.labels).mean();
  const every = Math.max(1, Math.round(steps / 20));
  const { state } = await train.fit(
    train.initState(start, optimizer),
    train.batches(data, { batchSize, key: random.key(1) }),
    train.makeStep(loss, optimizer),
    { steps, hooks: [train.evaluate({ every, run: ({ params }) => ({ accuracy: share(params) }) }), history] },
  );
  return { params: state.params, accuracy: history.series("accuracy"), state: state.optimizerState };
}

const bytesOf = (leaf: NDArray): Uint8Array => new Uint8Array(leaf.toTypedArray().buffer);
/** Whether two trees are the same, bit for bit. */
const identical = <T>(a: T, b: T): boolean => treeAll((p, q) => Buffer.compare(bytesOf(np.array(p)), bytesOf(np.array(q))) === 0, a, b);

interface Options {
  /** To learn reading from. */
  readonly pictures: number;
  readonly epochs: number;
  /** Of each kind of fine-tuning. */
  readonly steps: number;
}

export async function run({ pictures, epochs, steps }: Options): Promise<Result> {
  const [initKey, headKey] = random.splitKeys(random.key(0));
  const reading: Course = {
    data: draw(pictures, 0, which),
    heldOut: draw(HELD_OUT, 1, which),
    batchSize: 50,
    steps: Math.ceil((epochs * pictures) / 50),
  };
  const telling: Course = { data: draw(FEW, 2, parity), heldOut: draw(HELD_OUT, 3, parity), batchSize: 20, steps };
  const pretrained = await learn(initialise(initKey, 10), optim.adam({ learningRate: 1e-3 }), reading);

  // A new head on the old body: partition keeps moments for the head alone.
  const start: Params = { body: pretrained.params.body, head: drawLayer(headKey, FEATURES, 2) };
  const headOnly = optim.partition({ tuned: optim.adam<Params>({ learningRate: 0.01 }), frozen: optim.setToZero<Params>() }, (path) =>
    path[0] === "body" ? "frozen" : "tuned",
  );
  const tuned = await learn(start, headOnly, telling);

  // Everything but the first layer, at a low rate.
  const mostly = optim.chain(
    optim.adam<Params>({ learningRate: 3e-4 }),
    optim.freeze<Params>((path) => path[0] === "body" && path[1] === 0),
  );
  const deeper = await learn(tuned.params, mostly, telling);

  const scratch = await learn(initialise(initKey, 2), optim.adam({ learningRate: 1e-3 }), { ...telling, steps: 2 * steps });
  const right = ({ accuracy }: Trained): number => accuracy.at(-1)?.[1] ?? NaN;
  return {
    figures: [
      { name: "which digit, held-out accuracy", value: right(pretrained), atLeast: 0.93 },
      { name: `odd or even from ${FEW} pictures, head alone`, value: right(tuned), atLeast: 0.88 },
      { name: "odd or even, all but the first layer", value: right(deeper), atLeast: 0.88 },
      { name: "odd or even, gain over a fresh network", value: right(deeper) - right(scratch), atLeast: 0.05 },
      claim("the body has kept every bit under partition", identical(tuned.params.body, pretrained.params.body)),
      claim("the head has not", !identical(tuned.params.head, start.head)),
      claim(
        "partition keeps no moments of the body",
        treeLeaves(tuned.state).every((leaf) => np.array(leaf).size <= 2 * FEATURES),
      ),
      claim("the first layer has kept every bit under freeze", identical(deeper.params.body[0], pretrained.params.body[0])),
      claim("the second layer has not", !identical(deeper.params.body[1], pretrained.params.body[1])),
    ],
    pictures: {
      "accuracy.svg": lines(
        [
          { name: "head alone", points: tuned.accuracy },
          { name: "then all but the first layer", points: deeper.accuracy.map(([step, value]) => [step + steps, value] as const) },
          { name: "a fresh network", points: scratch.accuracy, dashed: true },
        ],
        {
          title: `Odd or even, from ${FEW} pictures`,
          subtitle: "Held-out accuracy; the body has learnt which digit it is",
          x: "Step",
          y: "Accuracy",
        },
      ),
    },
  };
}

await program(import.meta.url, { pictures: 4000, epochs: 6, steps: 200 }, run);
