// The example's command line: what is read, and what is refused with which message.

import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { defaults, type Options, parseArguments, usage } from "../../../examples/digits/arguments.js";
import { OptionError } from "../../../src/core/errors.js";

const right = (words: readonly string[]): Options => {
  const result = parseArguments(words);
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

const refusal = (words: readonly string[]): string => {
  const result = parseArguments(words);
  if (E.isRight(result)) throw new Error("the words were accepted");
  expect(result.left).toBeInstanceOf(OptionError);
  return result.left.message.split("\n  ").slice(0, 2).join(" ");
};

const flags = "--data, --epochs, --model, --seed, --out, --train, --test, --batch, --learning-rate, --help";
const help = "run with --help to read about each option.";

describe("parseArguments", () => {
  test("gives the defaults for no words", () => {
    expect(right([])).toEqual({
      data: undefined,
      epochs: 8,
      model: "mlp",
      seed: 0,
      out: "examples/digits/out",
      train: 8000,
      test: 2000,
      batch: 128,
      learningRate: 0.001,
      help: false,
    });
  });

  test("reads every option, in both spellings", () => {
    const words = ["--data", "d", "--epochs=3", "--model", "conv", "--seed=42", "--out", "o", "--train=600", "--test", "100"];
    expect(right([...words, "--batch=32", "--learning-rate", "3e-4", "--help"])).toEqual({
      data: "d",
      epochs: 3,
      model: "conv",
      seed: 42,
      out: "o",
      train: 600,
      test: 100,
      batch: 32,
      learningRate: 0.0003,
      help: true,
    });
    expect(right(["--epochs", "3", "--epochs", "4"])).toEqual({ ...defaults, epochs: 4 });
  });

  test.each([
    { words: ["--epoch", "3"], message: `train: expected one of ${flags}, got the option --epoch. ${help}` },
    { words: ["-e", "3"], message: `train: expected one of ${flags}, got the option -e. ${help}` },
    { words: ["digits"], message: `train: expected options only: ${flags}, got the word "digits". ${help}` },
    { words: ["--epochs"], message: `train: expected an integer from 1 for --epochs, got no value. ${help}` },
    { words: ["--epochs", "0"], message: `train: expected an integer from 1 for --epochs, got "0". ${help}` },
    { words: ["--epochs", "2.5"], message: `train: expected an integer from 1 for --epochs, got "2.5". ${help}` },
    { words: ["--epochs", "--seed"], message: `train: expected an integer from 1 for --epochs, got "--seed". ${help}` },
    { words: ["--batch", "1e3"], message: `train: expected an integer from 1 for --batch, got "1e3". ${help}` },
    { words: ["--seed", "-1"], message: `train: expected an integer from 0 to 4294967295 for --seed, got "-1". ${help}` },
    { words: ["--seed", "4294967296"], message: `train: expected an integer from 0 to 4294967295 for --seed, got "4294967296". ${help}` },
    { words: ["--model", "rnn"], message: `train: expected mlp or conv for --model, got "rnn". ${help}` },
    { words: ["--learning-rate", "0"], message: `train: expected a number above 0 for --learning-rate, got "0". ${help}` },
    { words: ["--learning-rate", "fast"], message: `train: expected a number above 0 for --learning-rate, got "fast". ${help}` },
    { words: ["--learning-rate", "Infinity"], message: `train: expected a number above 0 for --learning-rate, got "Infinity". ${help}` },
    { words: ["--data="], message: `train: expected a folder for --data, got "". ${help}` },
    { words: ["--help=yes"], message: `train: expected no value for --help, got "yes". ${help}` },
    {
      words: ["--train", "100"],
      message:
        "train: expected a batch no larger than the training images, got --batch 128 with --train 100. lower --batch or raise --train.",
    },
  ])("refuses $words", ({ words, message }) => {
    expect(refusal(words)).toBe(message);
  });
});

test("the help has a line for each option, with its default", () => {
  const lines = usage.split("\n").filter((line) => line.startsWith("  --"));
  expect(lines).toHaveLength(10);
  expect(lines).toContain("  --epochs N           passes over the training images (8)");
  expect(lines).toContain("  --learning-rate X    Adam's step size (0.001)");
  expect(lines).toContain("  --help               print this");
});
