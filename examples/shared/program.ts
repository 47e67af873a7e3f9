// An example as a program: options from the command line go in; its pictures go to a folder, its figures to the terminal. The example
// itself is a function of its options, which the tests call too.

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DataError } from "cotangent";
import { type Figure, isMain, report, writeOut } from "./figures.js";

/** What an example hands back. */
export interface Result {
  readonly figures: readonly Figure[];
  /** SVG text or the bytes of a PNG, by file name. */
  readonly pictures: Readonly<Record<string, string | Uint8Array>>;
}

/** Something that must be so, as a figure: 1 where it is. */
export const claim = (name: string, holds: boolean): Figure => ({ name, value: holds ? 1 : 0, atLeast: 1, digits: 0 });

/** The options of an example by their names: numbers, and words such as paths. */
type Flags = Readonly<Record<string, number | string>>;

/** The command line `--steps 20 --out DIR` over `{ steps: 500 }`; throws for words that mean nothing. */
export function readFlags<O extends Flags>(
  words: readonly string[],
  defaults: O,
): { readonly options: O; readonly out: string | undefined } {
  const names = Object.keys(defaults);
  const flags = Object.fromEntries([...names, "out"].map((name) => [name, { type: "string" }] as const));
  const { out, ...given } = parseArgs({ args: [...words], options: flags }).values;
  const values = Object.entries(given).map(([name, word]) => {
    if (typeof defaults[name] === "string") return [name, word] as const;
    const value = Number(word);
    if (word === "" || !Number.isFinite(value)) throw new TypeError(`--${name} takes a number, not "${word}"`);
    return [name, value] as const;
  });
  return { options: { ...defaults, ...Object.fromEntries(values) }, out };
}

/** The example: a function of its options, told also where its pictures will go. */
type Run<O> = (options: O, folder: string) => Result | Promise<Result>;

/** The command line, or nothing where it means nothing, which is said. */
function flagsOf<O extends Flags>(defaults: O): ReturnType<typeof readFlags<O>> | undefined {
  try {
    return readFlags(process.argv.slice(2), defaults);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

async function start<O extends Flags>(url: string, defaults: O, run: Run<O>): Promise<number> {
  const given = flagsOf(defaults);
  if (given === undefined) return 2;
  const { options, out } = given;
  const began = performance.now();
  const folder = out ?? join(dirname(fileURLToPath(url)), "out");
  const { figures, pictures } = await run(options, folder);
  const seconds = (performance.now() - began) / 1000;
  const paths = await writeOut(folder, pictures);
  const code = report(figures);
  console.log(`${seconds.toFixed(1)} s; pictures: ${paths.map((path) => relative(process.cwd(), path)).join(", ")}`);
  // What the header promises is promised for the usual options.
  return Object.keys(defaults).every((name) => options[name] === defaults[name]) ? code : 0;
}

/**
 * Runs an example where its file is the program that was started; does nothing where it is imported. Each of `defaults` is a flag, and
 * `--out DIR` says where pictures go: `out/` beside the file by default. The exit code is 1 when a figure is missed at the defaults or
 * a file cannot be used, and 2 for a command line that means nothing.
 *
 * @example await program(import.meta.url, { steps: 500 }, run);
 */
export async function program<O extends Flags>(url: string, defaults: O, run: Run<O>): Promise<void> {
  if (!isMain(url)) return;
  try {
    process.exitCode = await start(url, defaults, run);
  } catch (error) {
    // Files that the user named are outside data: what is wrong with them needs no stack.
    if (!(error instanceof DataError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
