// The example's training run, timed as the example times it: steps with their losses read back, without the evaluation.

import * as E from "fp-ts/lib/Either.js";
import { random } from "cotangent";
import { batches } from "cotangent/train";
import type { Model } from "../../../examples/digits/arguments.js";
import { loadDigits } from "../../../examples/digits/data.js";
import { networks } from "../../../examples/digits/model.js";
import { accuracyOf, arraysOf, makeTrainer, readAll } from "../../../examples/digits/training.js";
import type { Workload } from "../workload.js";

const [BATCH, RATE, SEED] = [128, 1e-3, 0];

export const training = (model: Model): Workload => ({
  measure: async ({ quick, data }) => {
    const [train, test, epochs] = quick ? [2 * BATCH, 100, 1] : [8000, 2000, 8];
    const loaded = await loadDigits({ data, train, test, seed: SEED })();
    if (E.isLeft(loaded)) throw loaded.left;
    const digits = loaded.right;
    const trainer = makeTrainer(networks[model], RATE);
    const [initKey, orderKey] = [0, 1].map((i) => random.foldIn(random.key(SEED), i));
    let state = trainer.init(initKey);
    let milliseconds = 0;
    const loader = batches(arraysOf(digits.train), { batchSize: BATCH, key: orderKey });
    for (let epoch = 0; epoch < epochs; epoch++)
      for (const examples of loader.epoch(epoch)) {
        const start = performance.now();
        const [next, { loss }] = trainer.step(state, examples);
        loss.item();
        milliseconds += performance.now() - start;
        state = next;
      }
    const accuracy = 100 * accuracyOf(readAll(trainer, state.params, digits.test), digits.test.labels);
    const source = data === undefined ? "drawn digits" : "MNIST";
    return [
      { case: `mnist-${model} training`, value: milliseconds / 1000, note: source },
      { case: `mnist-${model} accuracy`, value: accuracy, note: source },
    ];
  },
});
