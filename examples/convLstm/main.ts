// A convolutional LSTM foresees a film: it is shown five frames of a digit that flies and bounces, and goes on for five frames more. Time
// is a `lax.scan`, films are drawn inside the compiled step by `vmap`, from the step's own key, so that none is ever seen twice.
// (Shi et al., Convolutional LSTM Network, NeurIPS 2015; films after Srivastava et al.'s Moving MNIST, 2015, smaller, with one digit.)
//
//   npx tsx examples/convLstm/main.ts [--steps 800] [--batch 8] [--hidden 32] [--out DIR]
//
// Expected: a mean squared error of the foreseen frames at most 0.45 times that of repeating the last frame shown (ours
// 0.384). About a minute on one core.

import { type NDArray, jit, nn, numpy as np, optim, random } from "cotangent";
import * as train from "cotangent/train";
import { rowsOf, sheet } from "../shared/images.js";
import { lines } from "../shared/lines.js";
import { type Result, program } from "../shared/program.js";
import { SIDE, drawFilms, drawGlyphs } from "./data.js";
import { type Params, initial, predict } from "./model.js";

const GIVEN = 5;
const FRAMES = 10;
const SHOWN = 3;

const defaults = { steps: 800, batch: 8, hidden: 32 };

const shown = (films: NDArray): NDArray => films.at(np.slice(0, GIVEN)).get();

/** Black frames, then the foreseen ones; for the picture. */
function strips(films: NDArray, foreseen: NDArray): Uint8Array {
  const size = SIDE * SIDE;
  const rows = Array.from({ length: SHOWN }, (_, i) => {
    const truth = films.at(np.slice(), i).get();
    const guess = foreseen.at(np.slice(), i).get();
    return [truth, np.concatenate([np.zeros([GIVEN, SIDE, SIDE]), guess])].flatMap((film) =>
      rowsOf(Float32Array.from(film.reshape([-1]).toTypedArray()), size, FRAMES),
    );
  });
  return sheet(rows.flat(), { width: SIDE, height: SIDE, scale: 2 });
}

/** Trains on films that are drawn step by step: the parameters, and the loss of each step. */
async function learn({ steps, batch, hidden }: typeof defaults) {
  const [forParams, forRun] = random.splitKeys(random.key(0));
  const glyphs = drawGlyphs(400, 0);
  const loss = (params: Params, _: null, { key }: train.StepContext): NDArray => {
    const films = drawFilms(key, glyphs, batch, FRAMES);
    const next = films.at(np.slice(1)).get();
    return optim.sigmoidBinaryCrossEntropy(predict(params, shown(films), FRAMES), next).mean();
  };
  const schedule = optim.cosineDecaySchedule({ initValue: 1e-2, decaySteps: steps });
  const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam<Params>({ learningRate: schedule }));
  const history = train.history();
  const { state } = await train.fit(
    train.initState(initial(forParams, hidden), optimizer, { key: forRun }),
    Array.from({ length: steps }, () => null),
    train.makeStep(loss, optimizer, { donate: true }),
    { hooks: [history, process.stderr.isTTY ? train.progress() : train.log({ every: Math.ceil(steps / 10) })] },
  );
  return { params: state.params, losses: history.rows.map(({ step, values }): [number, number] => [step, values["loss"]]) };
}

export async function run(options: typeof defaults): Promise<Result> {
  const { params, losses } = await learn(options);
  // New films of glyphs that were not in the pool.
  const films = drawFilms(random.key(99), drawGlyphs(100, 1), 64, FRAMES);
  const foreseen = jit((learnt: Params) =>
    nn
      .sigmoid(predict(learnt, shown(films), FRAMES))
      .at(np.slice(GIVEN - 1))
      .get(),
  )(params);
  const truth = films.at(np.slice(GIVEN)).get();
  const errorsOf = (guess: NDArray): number[] => [...guess.sub(truth).square().mean([1, 2, 3]).toTypedArray()];
  const [errors, repeated] = [foreseen, films.at(np.slice(GIVEN - 1, GIVEN)).get()].map(errorsOf);
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0);
  const points = (numbers: readonly number[]) => numbers.map((error, i): [number, number] => [GIVEN + i + 1, error]);
  return {
    figures: [{ name: "mean squared error over that of repeating the last frame", value: total(errors) / total(repeated), atMost: 0.45 }],
    pictures: {
      "films.png": strips(films, foreseen),
      "errors.svg": lines(
        [
          { name: "foreseen", points: points(errors) },
          { name: "last frame repeated", points: points(repeated), dashed: true },
        ],
        { title: "Error of each frame after the five shown", x: "Frame", y: "Mean squared error", yDomain: [0, 0.15] },
      ),
      "loss.svg": lines([{ name: "loss", points: losses }], {
        title: "Training loss",
        x: "Step",
        y: "Cross-entropy of a pixel",
        yScale: "log",
      }),
    },
  };
}

await program(import.meta.url, defaults, run);
