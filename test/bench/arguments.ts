// The command line of the benchmark: words in, options out, or an OptionError that says what there is. Pure.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { OptionError } from "../../src/core/errors.js";
import { rows } from "./rows.js";
import type { Settings } from "./workload.js";

export interface Options extends Settings {
  readonly only: readonly string[];
  readonly json: boolean;
  readonly peers: boolean;
  /** Threads of ours, and of the peers that can be told; as many as they like without it. */
  readonly threads: number | undefined;
  /** Runs the sources through tsx rather than the built library: no figure to rely on, but no build. */
  readonly source: boolean;
  readonly help: boolean;
}

export const usage = `Measures cotangent beside its peers: npm run bench -- [options]

  --only ID[,ID]  these rows alone: ${rows.map(({ id }) => id).join(", ")}
  --threads N     threads that cotangent and the peers may use
  --no-peers      cotangent alone; without it the npm peers are installed into test/bench/peers at first, and
                  PyTorch and JAX join when the Python named by COTANGENT_PYTHON has them
  --json          the same as data
  --seconds S     time for each case (1)
  --steps N       steps of the soak (100000)
  --data DIR      a folder of MNIST's IDX files; without it the digits are drawn
  --quick         one call of each, small sizes: to see that it works
  --source        the sources through tsx, not the built library
  --help          this text`;

const bad = (option: string, expected: string, received: string): OptionError =>
  new OptionError({ op: `bench --${option}`, expected, received, remedy: "see npm run bench -- --help" });

/** A number that the word writes, if it is as the option wants. */
const numberOf = (option: string, word: string, expected: string, fits: (n: number) => boolean): E.Either<OptionError, number> =>
  word.trim() !== "" && fits(Number(word)) ? E.right(Number(word)) : E.left(bad(option, expected, word));

const counts = (n: number): boolean => Number.isInteger(n) && n >= 1;

function idsOf(word: string | undefined): E.Either<OptionError, readonly string[]> {
  const known = rows.map(({ id }) => id);
  const ids = word === undefined ? known : word.split(",");
  const stranger = ids.find((id) => !known.includes(id));
  return stranger === undefined ? E.right(ids) : E.left(bad("only", `rows among ${known.join(", ")}`, stranger));
}

const words = {
  only: { type: "string" },
  threads: { type: "string" },
  seconds: { type: "string", default: "1" },
  steps: { type: "string", default: "100000" },
  data: { type: "string" },
  "no-peers": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  source: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const read = (args: readonly string[]) => parseArgs({ args: [...args], options: words, strict: true }).values;

/** Options out of the command line's words. */
export function parseArguments(args: readonly string[]): E.Either<OptionError, Options> {
  const parsed = E.tryCatch(
    () => read(args),
    (error) =>
      new OptionError({
        op: "bench",
        expected: "known options",
        received: error instanceof Error ? error.message : String(error),
        remedy: "see npm run bench -- --help",
      }),
  );
  if (E.isLeft(parsed)) return parsed;
  const { "no-peers": alone, json, quick, source, help, data, ...rest } = parsed.right;
  const only = idsOf(rest.only);
  const threads = rest.threads === undefined ? E.right(undefined) : numberOf("threads", rest.threads, "an integer from 1", counts);
  const seconds = numberOf("seconds", rest.seconds, "a positive number", (n) => n > 0 && n < Infinity);
  const steps = numberOf("steps", rest.steps, "an integer from 1", counts);
  if (E.isLeft(only)) return only;
  if (E.isLeft(threads)) return threads;
  if (E.isLeft(seconds)) return seconds;
  if (E.isLeft(steps)) return steps;
  const settings = { seconds: seconds.right, steps: steps.right, quick, data };
  return E.right({ ...settings, only: only.right, threads: threads.right, peers: !alone, json, source, help });
}
