// A variational auto-encoder (Kingma and Welling, Auto-encoding variational Bayes, 2014, appendix B and C) on drawn digits, or on MNIST.
// The noise of the reparameterised samples comes from the key that a training step gets for its own.
//
//   npx tsx examples/vae/main.ts [--epochs 10] [--train 8000] [--test 1000] [--batch 128] [--seed 0] [--data DIR] [--out DIR]
//
// With --data, MNIST's IDX files are read from that folder. Expected on the drawn digits: on held-out ones a bound of at most 180 nats
// an image (ours: 171.1), of which at least 5 are z's (ours: 18.5); an untrained network has about 550; on MNIST's test file,
// 126.2. About 10 s.

import { jit, numpy as np, optim, random, type NDArray } from "cotangent";
import * as train from "cotangent/train";
import * as E from "fp-ts/lib/Either.js";
import { loadDigits, type LabelledImages } from "../digits/data.js";
import { rowsOf, sheet } from "../shared/images.js";
import { lines } from "../shared/lines.js";
import { program, type Result } from "../shared/program.js";
import { costs, draw, encode, initParams, LATENT, loss, type Params } from "./model.js";

export const defaults = { epochs: 10, train: 8000, test: 1000, batch: 128, seed: 0, data: "" };

const SIDE = 28;

const arrayOf = ({ images, labels }: LabelledImages): NDArray => np.array(images).reshape([labels.length, SIDE * SIDE]);

/** Twelve held-out images above what is left of them after the bottleneck. */
function reconstructions(params: Params, images: NDArray): Uint8Array {
  const shown = images.at(np.slice(0, 12)).get();
  const drawn = draw(params, encode(params, shown).mean);
  const rows = [shown, drawn].flatMap((x) => rowsOf(Float32Array.from(x.toTypedArray()), SIDE * SIDE, 12));
  return sheet(rows, { width: SIDE, height: SIDE });
}

/** What the decoder makes of points drawn from the prior. */
function samples(params: Params, key: NDArray): Uint8Array {
  const drawn = draw(params, random.normal(key, [96, LATENT]));
  return sheet(rowsOf(Float32Array.from(drawn.toTypedArray()), SIDE * SIDE, 12), { width: SIDE, height: SIDE });
}

export async function run(options: typeof defaults): Promise<Result> {
  const loaded = await loadDigits({ ...options, data: options.data === "" ? undefined : options.data })();
  if (E.isLeft(loaded)) throw loaded.left;
  const [images, heldOut] = [arrayOf(loaded.right.train), arrayOf(loaded.right.test)];
  const [initKey, orderKey, noiseKey, testKey, sampleKey] = random.splitKeys(random.key(options.seed), 5);

  const optimizer = optim.adam<Params>({ learningRate: 1e-3 });
  const measure = jit((params: Params) => {
    const { divergence, reconstruction } = costs(params, heldOut, testKey);
    return { bound: divergence.add(reconstruction).mean(), divergence: divergence.mean() };
  });
  const history = train.history({ every: "epoch" });
  const { state } = await train.fit(
    train.initState(initParams(initKey), optimizer, { key: noiseKey }),
    train.batches(images, { batchSize: options.batch, key: orderKey, dropRemainder: true }),
    train.makeStep(loss, optimizer, { donate: true }),
    {
      epochs: options.epochs,
      hooks: [train.evaluate({ every: "epoch", run: ({ params }) => measure(params) }), history, train.progress()],
    },
  );
  const { bound, divergence } = measure(state.params);
  const series = (name: string) => history.rows.map(({ values }, epoch): [number, number] => [epoch + 1, values[name]]);
  return {
    figures: [
      { name: "bound on −ln p of held-out images, nats", value: bound.item(), atMost: 180, digits: 1 },
      { name: "nats of it for z", value: divergence.item(), atLeast: 5, digits: 1 },
    ],
    pictures: {
      "bound.svg": lines([{ name: "held out", points: series("bound") }], {
        title: "Variational auto-encoder",
        subtitle: "The negative evidence lower bound, an image",
        x: "Epoch",
        y: "Nats",
      }),
      "reconstructions.png": reconstructions(state.params, heldOut),
      "samples.png": samples(state.params, sampleKey),
    },
  };
}

await program(import.meta.url, defaults, run);
