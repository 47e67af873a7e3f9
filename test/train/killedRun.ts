// A training run to be killed at any moment: goes on from its folder's latest checkpoint, saves after every step, and says when its
// first step is done. Run with: node --import tsx killedRun.ts FOLDER STEPS WIDTH [wait]; with "wait" it stays at its end until it is
// killed.

import * as E from "fp-ts/lib/Either.js";
import * as train from "../../src/train/index.js";
import { freshState, makeData, makeStep } from "./model.js";

const [folder, steps, width, wait] = process.argv.slice(2);
const fresh = freshState(Number(width));
const found = await train.latestCheckpoint(folder, fresh)();
if (E.isLeft(found)) throw found.left;
const { state = fresh, step: first = 0, memories = {} } = found.right ?? {};
const say: train.Hook = {
  name: "say",
  start: () => ({
    step: ({ step }) => {
      if (step === first + 1) console.log(`from ${first}`);
    },
  }),
};
// Nothing is left to do where a run was killed after its last step.
if (first >= Number(steps)) console.log(`from ${first}`);
await train.fit(state, makeData(), makeStep(true), {
  steps: Number(steps),
  memories,
  hooks: [say, train.history(), train.checkpoints({ folder, every: 1 })],
});
if (wait === "wait") setInterval(() => {}, 1000);
else console.log("done");
