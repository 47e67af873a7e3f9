// What an example promises and what it found: each figure with the bound that it has to keep, printed, and told by the exit code.
// And the few lines that every example's program needs around that.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The value must be at most this, … */
  readonly atMost?: number;
  /** … or at least this. */
  readonly atLeast?: number;
  /** Fraction digits shown; 4 by default. */
  readonly digits?: number;
}

/** Whether a figure keeps its bounds; NaN keeps none. */
export const reached = ({ value, atMost = Infinity, atLeast = -Infinity }: Figure): boolean => value <= atMost && value >= atLeast;

function lineOf(figure: Figure): string {
  const { name, value, atMost, atLeast, digits = 4 } = figure;
  const show = (x: number): string => (x !== 0 && Math.abs(x) < 10 ** -digits ? x.toExponential(2) : x.toFixed(digits));
  const bounds = [
    ...(atMost === undefined ? [] : [`at most ${show(atMost)}`]),
    ...(atLeast === undefined ? [] : [`at least ${show(atLeast)}`]),
  ];
  return `${reached(figure) ? "reached" : "MISSED "}  ${name}: ${show(value)} (expected ${bounds.join(", ")})`;
}

/** Prints a line for each figure; gives the exit code, 1 when one is missed. */
export function report(figures: readonly Figure[], print: (line: string) => void = console.log): 0 | 1 {
  for (const figure of figures) print(lineOf(figure));
  return figures.every(reached) ? 0 : 1;
}

/** Writes files of these names into a folder, which is made where there is none; gives their paths. */
export async function writeOut(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    }),
  );
}

/** Whether a module is the program that was started: `if (isMain(import.meta.url)) …`. */
export const isMain = (url: string): boolean => process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === url;
