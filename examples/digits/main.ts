// Trains a network to read handwritten digits, and shows how well it does.
//
//   npm run train                                  draws its own digits; a few seconds
//   npm run train -- --data ../mnist --epochs 8    reads MNIST's IDX files, gzipped or not
//   npm run train -- --model conv                  the convolutional network
//
// Expected after 8 epochs on 8,000 digits: at least 97 % of the drawn ones, at least 94.5 % of MNIST's (mlp).

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { random } from "cotangent";
import * as train from "cotangent/train";
import { parseArguments, usage, type Options } from "./arguments.js";
import { loadDigits, type Digits, type LabelledImages } from "./data.js";
import { networks, type Params } from "./model.js";
import { accuracyOf, arraysOf, makeTrainer, readAll, type Trainer } from "./training.js";

interface Trained {
  readonly trainer: Trainer;
  readonly params: Params;
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly accuracies: readonly { readonly step: number; readonly accuracy: number }[];
  readonly seconds: number;
  readonly slowest: number;
}

async function fit({ train: data, test }: Digits, { model, learningRate, seed, batch, epochs }: Options): Promise<Trained> {
  const trainer = makeTrainer(networks[model], learningRate);
  const [initKey, orderKey] = [0, 1].map((i) => random.foldIn(random.key(seed), i));
  const history = train.history();
  let [seconds, slowest] = [0, 0];
  const batches = train.batches(arraysOf(data), { batchSize: batch, key: orderKey });
  const { state } = await train.fit(trainer.init(initKey), batches, trainer.step, {
    epochs,
    hooks: [
      train.evaluate({ every: "epoch", run: ({ params }) => ({ accuracy: accuracyOf(readAll(trainer, params, test), test.labels) }) }),
      history,
      train.each(1, (moment) => {
        seconds += moment.seconds;
        slowest = Math.max(slowest, moment.seconds);
      }),
      // A bar where somebody watches, a line an epoch elsewhere.
      process.stderr.isTTY ? train.progress({ unit: "images", perStep: batch }) : train.log({ every: "epoch" }),
    ],
  });
  return {
    trainer,
    params: state.params,
    losses: history.series("loss").map(([step, loss]) => ({ step, loss })),
    accuracies: history.series("accuracy").map(([step, accuracy]) => ({ step, accuracy })),
    seconds,
    slowest,
  };
}

/** `counts[truth][read]`. */
function confusion(read: Uint8Array, { labels }: LabelledImages): number[][] {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  labels.forEach((label, i) => counts[label][read[i]]++);
  return counts;
}

async function writePictures({ losses, accuracies }: Trained, read: Uint8Array, test: LabelledImages, out: string): Promise<string[]> {
  const { confusionMatrix, lossCurve, misread } = await import("./charts.js");
  await mkdir(out, { recursive: true });
  const pictures = {
    "loss.svg": lossCurve([...losses], [...accuracies]),
    "confusion.svg": confusionMatrix(confusion(read, test)),
    "misread.svg": misread(test.images, test.labels, read),
  };
  return Promise.all(
    Object.entries(pictures).map(async ([name, svg]) => {
      await writeFile(join(out, name), svg);
      return join(out, name);
    }),
  );
}

async function main(words: readonly string[]): Promise<number> {
  const parsed = parseArguments(words);
  if (E.isLeft(parsed)) {
    console.error(`${parsed.left.received} is no good here: expected ${parsed.left.expected}; ${parsed.left.remedy}.`);
    return 2;
  }
  const options = parsed.right;
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const loaded = await loadDigits(options)();
  if (E.isLeft(loaded)) {
    console.error(loaded.left.message);
    return 1;
  }
  const digits = loaded.right;
  console.log(digits.source);
  const trained = await fit(digits, options);
  const read = readAll(trained.trainer, trained.params, digits.test);
  const paths = await writePictures(trained, read, digits.test, options.out);
  const accuracy = accuracyOf(read, digits.test.labels);
  const steps = trained.losses.length;
  console.log(
    `${(100 * accuracy).toFixed(2)} % of ${digits.test.labels.length} held-out digits read correctly, after ${steps} steps ` +
      `in ${trained.seconds.toFixed(2)} s (slowest step ${(1000 * trained.slowest).toFixed(0)} ms).`,
  );
  console.log(`Pictures: ${paths.join(", ")}`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
