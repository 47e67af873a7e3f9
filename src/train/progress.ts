// A progress bar in a terminal, drawn by cli-progress, which is loaded only then; without a terminal nothing is written. It tells what
// happens and changes nothing. The speed is that of the steps alone, without what is measured between them.

import { checkOptions } from "../core/options.js";
import { type Hook, type Measured, scalarsOf } from "./hook.js";

/** A stream that may be a terminal: `process.stderr`. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): boolean;
}

export interface ProgressOptions {
  /** Where the bar is drawn; `process.stderr` by default. */
  readonly stream?: Terminal;
  /** What is counted, "steps" by default, and how many of them a step is. */
  readonly unit?: string;
  readonly perStep?: number;
}

interface Bar {
  start(total: number, value: number, payload: object): void;
  update(value: number, payload: object): void;
  stop(): void;
}

const PACKAGE: string = "cli-progress";
const format = "{name}{bar} {value}/{total}{numbers}  {speed}";

/** The bar of cli-progress; undefined, with a warning, where it is not installed. */
async function makeBar(stream: Terminal): Promise<Bar | undefined> {
  try {
    // Not named where a bundler looks for names: a page can do without the package.
    const { SingleBar } = (await import(PACKAGE)) as { readonly SingleBar: new (options: object) => Bar };
    return new SingleBar({
      format,
      stream,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      hideCursor: true,
      fps: 15,
    });
  } catch {
    console.warn("cotangent: there is no progress bar, because the package cli-progress is not installed (npm install cli-progress).");
    return undefined;
  }
}

const show = (values: Measured): string =>
  Object.entries(values)
    .map(([name, x]) => `  ${name} ${x.toFixed(4)}`)
    .join("");

const standardError = (): Terminal | undefined => (globalThis as { process?: { stderr?: Terminal } }).process?.stderr;

/**
 * Draws a progress bar while a run goes on: one for each epoch where there are epochs, else one for the run, with the numbers of the
 * last step, what was measured last, and the speed. Quiet where the stream is no terminal, and where a run has no known end.
 *
 * It needs the package cli-progress beside this one; without it, it warns once a run and is quiet.
 *
 * @throws OptionError for an unknown option.
 * @example train.progress({ unit: "images", perStep: 128 });
 */
export function progress(options: ProgressOptions = {}): Hook {
  checkOptions("progress", options, ["stream", "unit", "perStep"]);
  const { stream = standardError(), unit = "steps", perStep = 1 } = options;
  return {
    name: "progress",
    start: async ({ total, perEpoch }) => {
      const length = perEpoch ?? total;
      const bar = stream?.isTTY === true && length !== undefined ? await makeBar(stream) : undefined;
      if (bar === undefined || length === undefined) return { step: () => undefined };
      const epochs = perEpoch === undefined || total === undefined ? undefined : Math.ceil(total / perEpoch);
      let running = false;
      let [steps, seconds] = [0, 0];
      let measured: Measured = {};
      return {
        step: (moment) => {
          const { step, metrics, epoch, endsEpoch } = moment;
          measured = { ...measured, ...moment.measured };
          steps++;
          seconds += moment.seconds;
          const rate = (steps * perStep) / Math.max(seconds, 1e-6);
          const payload = {
            name:
              epochs === undefined || epoch === undefined ? "" : `epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs} `,
            numbers: show({ ...scalarsOf(metrics), ...measured }),
            speed: `${Math.round(rate).toLocaleString("en-US")} ${unit}/s`,
          };
          const value = perEpoch === undefined ? step : ((step - 1) % perEpoch) + 1;
          if (!running) bar.start(length, 0, payload);
          bar.update(value, payload);
          running = !(endsEpoch || step === total);
          if (running) return;
          bar.stop();
          steps = 0;
          seconds = 0;
        },
        end: () => {
          if (running) bar.stop();
        },
      };
    },
  };
}
