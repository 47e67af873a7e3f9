// Runs a probe in a fresh process, with the options of this one.

import { spawnSync } from "node:child_process";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);

export interface Probed {
  /** What it printed. */
  readonly printed: string;
  /** From its start to its end. */
  readonly milliseconds: number;
}

export function probe(name: string, words: readonly string[] = []): Probed {
  const file = join(here, "..", name + extname(here));
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, file, ...words], { encoding: "utf8" });
  const milliseconds = performance.now() - start;
  if (status !== 0) throw new Error(`the probe ${name} failed: ${stderr.trim().slice(-400)}`);
  return { printed: stdout.trim(), milliseconds };
}

/** The least of several runs; one if hurried. */
export const leastOf = (runs: number, measure: () => number): number => Math.min(...Array.from({ length: runs }, measure));
