// The command line of the example: words in, options out, or an OptionError that lists what exists. Pure.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { OptionError } from "cotangent";

export const models = ["mlp", "conv"] as const;
export type Model = (typeof models)[number];

export interface Options {
  readonly data: string | undefined;
  readonly epochs: number;
  readonly model: Model;
  readonly seed: number;
  readonly out: string;
  readonly train: number;
  readonly test: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly help: boolean;
}

export const defaults: Options = {
  data: undefined,
  epochs: 8,
  model: "mlp",
  seed: 0,
  out: "examples/digits/out",
  train: 8000,
  test: 2000,
  batch: 128,
  learningRate: 1e-3,
  help: false,
};

/** `undefined` for words that the option does not take. */
type Read<T> = (word: string) => T | undefined;

interface Entry<K extends keyof Options> {
  readonly flag: string;
  /** What stands for the value in the help; `undefined` for an option that takes none. */
  readonly value?: string;
  readonly expected: string;
  readonly read: Read<Options[K]>;
  readonly about: string;
}

const integerFrom =
  (low: number): Read<number> =>
  (word) => {
    const n = Number(word);
    return /^\d+$/.test(word) && n >= low && n < 2 ** 32 ? n : undefined;
  };
const positive: Read<number> = (word) => {
  const x = Number(word);
  return word.trim() !== "" && Number.isFinite(x) && x > 0 ? x : undefined;
};
const text: Read<string> = (word) => (word === "" ? undefined : word);

const table: { readonly [K in keyof Options]: Entry<K> } = {
  data: {
    flag: "data",
    value: "DIR",
    expected: "a folder",
    read: text,
    about: "read MNIST's IDX files from DIR instead of drawing digits",
  },
  epochs: { flag: "epochs", value: "N", expected: "an integer from 1", read: integerFrom(1), about: "passes over the training images" },
  model: {
    flag: "model",
    value: models.join("|"),
    expected: models.join(" or "),
    read: (word) => models.find((model) => model === word),
    about: "fully connected, or convolutional (slower, better)",
  },
  seed: {
    flag: "seed",
    value: "N",
    expected: "an integer from 0 to 4294967295",
    read: integerFrom(0),
    about: "the same seed repeats a run bit for bit",
  },
  out: { flag: "out", value: "DIR", expected: "a folder", read: text, about: "where the pictures are written" },
  train: { flag: "train", value: "N", expected: "an integer from 1", read: integerFrom(1), about: "images to learn from" },
  test: { flag: "test", value: "N", expected: "an integer from 1", read: integerFrom(1), about: "held-out images to measure by" },
  batch: { flag: "batch", value: "N", expected: "an integer from 1", read: integerFrom(1), about: "images in a step" },
  learningRate: { flag: "learning-rate", value: "X", expected: "a number above 0", read: positive, about: "Adam's step size" },
  help: { flag: "help", expected: "no value", read: () => true, about: "print this" },
};

const keys = Object.keys(table).filter((key): key is keyof Options => Object.hasOwn(table, key));
const flags = keys.map((key) => `--${table[key].flag}`).join(", ");

const helpLine = (key: keyof Options): string => {
  const { flag, value, about } = table[key];
  const usual = defaults[key];
  const suffix = typeof usual === "boolean" || usual === undefined ? "" : ` (${usual})`;
  return `  ${`--${flag} ${value ?? ""}`.padEnd(20)} ${about}${suffix}`;
};

/** What `--help` prints. */
export const usage = `Trains a network to read handwritten digits.

Usage: npm run train -- [options]

${keys.map(helpLine).join("\n")}
`;

const refuse = (expected: string, received: string, remedy = "run with --help to read about each option"): E.Either<OptionError, never> =>
  E.left(new OptionError({ op: "train", expected, received, remedy }));

function checkTogether(options: Options): E.Either<OptionError, Options> {
  const { batch, train } = options;
  if (batch <= train || options.help) return E.right(options);
  return refuse("a batch no larger than the training images", `--batch ${batch} with --train ${train}`, "lower --batch or raise --train");
}

/**
 * Reads the words of a command line, `process.argv.slice(2)`; what is not given has its value of `defaults`.
 *
 * Gives an `OptionError` for an option that does not exist, a stray word, and a value that is missing or out of range.
 *
 * @example
 * parseArguments(["--epochs", "3", "--model=conv"]); // right({ ...defaults, epochs: 3, model: "conv" })
 */
export function parseArguments(words: readonly string[]): E.Either<OptionError, Options> {
  const types = keys.map((key) => [table[key].flag, { type: table[key].value === undefined ? "boolean" : "string" }] as const);
  // Not strict: the tokens are checked here, so that the message can list what exists.
  const { tokens } = parseArgs({ args: [...words], options: Object.fromEntries(types), strict: false, tokens: true });
  let options = defaults;
  for (const token of tokens) {
    if (token.kind === "positional") return refuse(`options only: ${flags}`, `the word "${token.value}"`);
    if (token.kind === "option-terminator") continue;
    const key = keys.find((candidate) => table[candidate].flag === token.name);
    if (key === undefined || !token.rawName.startsWith("--")) return refuse(`one of ${flags}`, `the option ${token.rawName}`);
    const entry = table[key];
    const takesValue = entry.value !== undefined;
    if (takesValue !== (token.value !== undefined)) {
      return refuse(`${entry.expected} for --${entry.flag}`, takesValue ? "no value" : `"${token.value}"`);
    }
    const value = entry.read(token.value ?? "");
    if (value === undefined) return refuse(`${entry.expected} for --${entry.flag}`, `"${token.value}"`);
    options = { ...options, [key]: value };
  }
  return checkTogether(options);
}
