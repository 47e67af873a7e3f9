// A small language whose entropy is known: rules with equally likely alternatives go in; out come sentences, and the least loss that any
// model of them can reach.

import { random } from "cotangent";

/** Each symbol's alternatives, as words with a space between them; a word that names a rule stands for one of its alternatives. */
type Grammar = Readonly<Record<string, readonly string[]>>;

/** Every text has one derivation only, so that the entropy of derivations is that of texts. */
export const grammar: Grammar = {
  SENTENCE: ["THING ACTION .", "PLACE THING ACTION .", "THING ACTION , and THING ACTION ."],
  THING: ["one NOUN", "the NOUN", "the ADJECTIVE NOUN", "NAME"],
  ACTION: ["VERB THING", "VERB THING ADVERB", "MOTION PLACE", "MOTION"],
  PLACE: ["under the NOUN", "behind the ADJECTIVE NOUN", "far away"],
  NOUN: ["walrus", "carpenter", "oyster", "gryphon", "teapot", "hatter", "raven", "candle"],
  ADJECTIVE: ["curious", "golden", "sleepy", "slithy"],
  NAME: ["alice", "dinah", "humpty"],
  VERB: ["follows", "remembers", "paints", "questions", "forgets"],
  MOTION: ["sleeps", "wanders", "vanishes"],
  ADVERB: ["slowly", "again", "twice"],
};

const partsOf = (alternative: string): string[] => alternative.split(" ");

/** A text from the choices that `uniform` makes. */
const derive = (symbol: string, uniform: () => number): string => {
  const alternatives = grammar[symbol];
  if (alternatives === undefined) return symbol;
  const chosen = alternatives[Math.floor(uniform() * alternatives.length)];
  return partsOf(chosen)
    .map((part) => derive(part, uniform))
    .join(" ");
};

/** `sentences` of the language, one a line; the same key writes the same text. */
export function writeText(sentences: number, seed: number): string {
  // A sentence has at most 20 choices.
  const numbers = random.uniform(random.key(seed), [sentences * 20]).toTypedArray();
  let next = 0;
  const uniform = (): number => numbers[next++];
  return Array.from({ length: sentences }, () => `${derive("SENTENCE", uniform).replaceAll(/ (?=[.,])/g, "")}\n`).join("");
}

const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0);

/** The entropy of what a symbol derives, in nats: H = log k + mean of Σ H(part). */
const entropyOf = (symbol: string): number => {
  const alternatives = grammar[symbol];
  if (alternatives === undefined) return 0;
  return Math.log(alternatives.length) + meanOf(alternatives.map((words) => sumOf(partsOf(words).map(entropyOf))));
};

/** The mean length of what a symbol derives, with a space or the end of the line after each word. */
const lengthOf = (symbol: string): number => {
  const alternatives = grammar[symbol];
  // No space stands before a full stop or a comma.
  if (alternatives === undefined) return symbol === "." || symbol === "," ? 1 : symbol.length + 1;
  return meanOf(alternatives.map((words) => sumOf(partsOf(words).map(lengthOf))));
};

/** How long a sentence is on average, its line's end included. */
export const meanLength = (): number => lengthOf("SENTENCE");

/** The entropy of the language in nats a character. */
export const entropyRate = (): number => entropyOf("SENTENCE") / meanLength();
