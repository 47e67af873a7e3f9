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
import { parseArguments, usage, type Options } from "./arguments.js";
import { loadDigits, type Digits, type LabelledImages } from "./data.js";
import { networks } from "./model.js";
import { startProgress } from "./progress.js";
import { accuracyOf, batches, makeTrainer, readAll, type TrainState, type Trainer } from "./training.js";

interface Trained {
  readonly trainer: Trainer;
  readonly state: TrainState;
  readonly losses: readonly { readonly step: number; readonly loss: number }[];
  readonly accuracies: readonly { readonly step: number; readonly accuracy: number }[];
  readonly seconds: number;
  readonly slowest: number;
}

function train({ train: data, test }: Digits, options: Options): Trained {
  const trainer = makeTrainer(networks[options.model], options.learningRate);
  const [initKey, orderKey] = [0, 1].map((i) => random.foldIn(random.key(options.seed), i));
  let state = trainer.init(initKey);
  const losses: { step: number; loss: number }[] = [];
  const accuracies: { step: number; accuracy: number }[] = [];
  let [seconds, slowest] = [0, 0];
  const progress = startProgress({
    epochs: options.epochs,
    batches: Math.ceil(data.labels.length / options.batch),
    images: data.labels.length,
  });
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const first = losses.length;
      for (const [images, labels] of batches(data, options.batch, random.foldIn(orderKey, epoch))) {
        const started = performance.now();
        const [next, loss] = trainer.step(state, images, labels);
        state = next;
        losses.push({ step: losses.length + 1, loss: loss.item() });
        const elapsed = (performance.now() - started) / 1000;
        seconds += elapsed;
        slowest = Math.max(slowest, elapsed);
        progress.batch(losses[losses.length - 1].loss);
      }
      const accuracy = accuracyOf(readAll(trainer, state.params, test), test.labels);
      const mean = losses.slice(first).reduce((sum, { loss }) => sum + loss, 0) / (losses.length - first);
      accuracies.push({ step: losses.length, accuracy });
      progress.epoch({ loss: mean, accuracy });
    }
  } finally {
    progress.stop();
  }
  return { trainer, state, losses, accuracies, seconds, slowest };
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
  const trained = train(digits, options);
  const read = readAll(trained.trainer, trained.state.params, digits.test);
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
