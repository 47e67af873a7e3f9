// What a training run shows: one plain line an epoch where nobody watches, a bar on a terminal.

import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { startProgress } from "../../../examples/digits/progress.js";

/** A stream that remembers what was written to it. */
function recorder(isTTY: boolean): { stream: PassThrough & { isTTY: boolean }; text: () => string } {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream, text: () => chunks.join("") };
}

/** Two epochs of four batches, 100 images in each epoch; a batch takes 50 ms, and measuring an epoch a second. */
function run(isTTY: boolean): string {
  const { stream, text } = recorder(isTTY);
  let time = 0;
  const progress = startProgress({ epochs: 2, batches: 4, images: 100, stream, now: () => time });
  for (const accuracy of [0.5, 0.875]) {
    for (const loss of [2, 1.5, 1, 0.5]) {
      time += 50;
      progress.batch(loss);
    }
    time += 1000;
    progress.epoch({ loss: 1.25, accuracy });
  }
  progress.stop();
  return text();
}

test("writes a plain line an epoch when the stream is no terminal, with the speed of training alone", () => {
  expect(run(false)).toBe(
    "epoch 1/2  loss 1.2500  500 images/s  held out 50.00 %\nepoch 2/2  loss 1.2500  500 images/s  held out 87.50 %\n",
  );
});

test("draws a bar on a terminal, and leaves each epoch's last state", () => {
  const text = run(true);
  expect(text).toContain("epoch 1/2 ████████████████████████ 4/4  loss 1.2500  500 images/s  held out 50.00 %");
  expect(text).toContain("epoch 2/2 ████████████████████████ 4/4  loss 1.2500  500 images/s  held out 87.50 %");
  expect(text).toContain("epoch 1/2 ░░░░░░░░░░░░░░░░░░░░░░░░ 0/4  loss 2.0000");
  // The cursor is hidden while the bar is drawn, and shown again at the end.
  expect(text.lastIndexOf("\u001B[?25h")).toBeGreaterThan(text.lastIndexOf("\u001B[?25l"));
});
