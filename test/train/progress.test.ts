// The progress bar: drawn on a terminal, one for each epoch, and not a byte elsewhere.

import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { numpy as np, type NDArray } from "../../src/index.js";
import * as train from "../../src/train/index.js";

class Screen extends Writable {
  text = "";
  readonly columns = 120;
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
  /** What cli-progress asks of a terminal. */
  cursorTo(): boolean {
    this.text += "\n";
    return true;
  }
  clearLine(): boolean {
    return true;
  }
}

const step: train.Step<{ readonly step: NDArray }, number, { readonly loss: NDArray }> = (state, batch) => [
  { step: state.step.add(1) },
  { loss: np.array(batch) },
];
const start = { step: np.array(0, { dtype: "int32" }) };
const loader: train.Loader<number> = {
  perEpoch: 2,
  *from(first) {
    for (let i = first; ; i++) yield i;
  },
};

/** A moment after a step that took a quarter of a second. */
const moment = (step: number, measured: train.Measured = {}): train.Moment<unknown, unknown> => ({
  state: {},
  metrics: { loss: np.array(step) },
  step,
  total: 4,
  epoch: Math.floor((step - 1) / 2),
  endsEpoch: step % 2 === 0,
  seconds: 0.25,
  measured,
  stop: undefined,
  memories: () => ({}),
});

test("a bar for each epoch, with the loss, what was measured last, and the speed of the steps alone", async () => {
  const screen = new Screen(true);
  const hook = train.progress({ stream: screen, unit: "images", perStep: 32 });
  const running = await hook.start({ state: {}, step: 0, total: 4, perEpoch: 2 }, undefined);
  for (const now of [moment(1), moment(2, { accuracy: 0.75 }), moment(3), moment(4)]) await running.step(now);
  await running.end?.();
  expect(screen.text).toContain("epoch 1/2 ░░░░░░░░░░░░░░░░░░░░░░░░ 0/2  loss 1.0000  128 images/s");
  expect(screen.text).toContain("epoch 1/2 ████████████████████████ 2/2  loss 2.0000  accuracy 0.7500  128 images/s");
  expect(screen.text).toContain("epoch 2/2 ████████████████████████ 2/2  loss 4.0000  accuracy 0.7500  128 images/s");
});

test("one bar for a run without epochs, which is ended when the run fails", async () => {
  const screen = new Screen(true);
  const source = function* () {
    yield 1;
    yield 2;
    throw new Error("no more");
  };
  await expect(train.fit(start, source(), step, { steps: 5, hooks: [train.progress({ stream: screen })] })).rejects.toThrow("no more");
  expect(screen.text).toMatch(/░ 2\/5 {2}loss 2\.0000 {2}[\d,]+ steps\/s/);
  // The cursor is shown again.
  expect(screen.text).toContain("\u001B[?25h");
});

test("silence where there is no terminal, or no known end", async () => {
  const [file, screen] = [new Screen(false), new Screen(true)];
  await train.fit(start, loader, step, { epochs: 2, hooks: [train.progress({ stream: file })] });
  await train.fit(start, [1, 2, 3], step, { hooks: [train.progress({ stream: screen })] });
  expect(file.text + screen.text).toBe("");
});
