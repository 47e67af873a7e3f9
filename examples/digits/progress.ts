// Shows how training goes: a bar with loss and speed on a terminal, one plain line an epoch elsewhere. Training tells it
// what happened; it never changes training, and the clock is read nowhere else.

import { SingleBar, type Options } from "cli-progress";

export interface EpochSummary {
  /** Mean loss over the epoch's batches. */
  readonly loss: number;
  /** Share of the held-out images read correctly, from 0 to 1. */
  readonly accuracy: number;
}

export interface Progress {
  /** A batch is done, and its loss was this. */
  readonly batch: (loss: number) => void;
  /** The epoch is done, and measured. */
  readonly epoch: (summary: EpochSummary) => void;
  /** Gives the terminal back; to be called also when training stops half-way. */
  readonly stop: () => void;
}

export interface ProgressSettings {
  readonly epochs: number;
  /** Batches in an epoch. */
  readonly batches: number;
  /** Images in an epoch. */
  readonly images: number;
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Milliseconds, from any start. */
  readonly now?: () => number;
}

const bar: Options = {
  format: "{name} {bar} {value}/{total}  loss {loss}  {speed} images/s{accuracy}",
  barCompleteChar: "█",
  barIncompleteChar: "░",
  barsize: 24,
  hideCursor: true,
  fps: 15,
};

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/**
 * Starts showing a training run of `epochs` epochs; call `batch` after each batch and `epoch` after each epoch.
 *
 * @example
 * const progress = startProgress({ epochs: 8, batches: 63, images: 8000 });
 * progress.batch(2.3);
 * progress.stop();
 */
export function startProgress(settings: ProgressSettings): Progress {
  const { epochs, batches, images, stream = process.stdout, now = () => performance.now() } = settings;
  const live = stream.isTTY === true ? new SingleBar({ ...bar, stream }) : undefined;
  let epoch = 1;
  let done = 0;
  let started = now();
  let elapsed = 0;

  const name = (): string => `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const speed = (): string => Math.round((images * done) / batches / Math.max(elapsed / 1000, 1e-6)).toLocaleString("en-US");
  const status = (loss: number, accuracy = ""): object => ({ name: name(), loss: loss.toFixed(4), speed: speed(), accuracy });

  return {
    batch: (loss) => {
      elapsed = now() - started;
      if (done === 0) live?.start(batches, 0, status(loss));
      done += 1;
      live?.update(done, status(loss));
    },
    epoch: ({ loss, accuracy }) => {
      const heldOut = `  held out ${percent(accuracy)}`;
      live?.update(done, status(loss, heldOut));
      live?.stop();
      if (live === undefined) stream.write(`${name()}  loss ${loss.toFixed(4)}  ${speed()} images/s${heldOut}\n`);
      epoch += 1;
      done = 0;
      started = now();
    },
    stop: () => live?.stop(),
  };
}
