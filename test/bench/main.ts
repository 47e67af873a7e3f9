// Measures cotangent and its peers, one process a row and library, and prints one table.
//
//   npm run bench                                 everything; the npm peers are installed the first time
//   npm run bench -- --no-peers --only tiny,mlp   two rows of ours
//   COTANGENT_PYTHON=python3 npm run bench        PyTorch and JAX as well, if that Python has them

import { cpus } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { type Options, parseArguments, usage } from "./arguments.js";
import { build, BuildError } from "./build.js";
import { ask } from "./child.js";
import { askPeer, findPeers, type Peer } from "./peers.js";
import { type Row, rows } from "./rows.js";
import { type Line, linesOf, type Measured, shown, tableOf } from "./table.js";
import type { Figure } from "./workload.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

/** The words that start a row's process. */
function starter({ source }: Options): readonly string[] {
  if (source) return [...process.execArgv, join(here, `run${extname(fileURLToPath(import.meta.url))}`)];
  return [join(build(root), "run.js")];
}

async function oursOf(row: Row, words: readonly string[], options: Options): Promise<readonly Figure[]> {
  const { seconds, quick, steps, data, threads } = options;
  const env = threads === undefined ? process.env : { ...process.env, COTANGENT_THREADS: String(threads) };
  const { json, failed } = await ask(process.execPath, [...words, row.id, JSON.stringify({ seconds, quick, steps, data })], env, 1800);
  return failed === undefined ? (json as readonly Figure[]) : [{ case: row.cases[0].name, note: failed }];
}

async function measure(row: Row, words: readonly string[], peers: readonly Peer[], options: Options): Promise<Measured> {
  console.error(`bench: ${row.id}: ${row.work}`);
  const ours = await oursOf(row, words, options);
  const beside: { name: Peer["name"]; figures: readonly Figure[] }[] = [];
  // One after another: they share the machine's cores.
  for (const peer of peers) beside.push({ name: peer.name, figures: await askPeer(peer, row.id, options, options.threads) });
  return { row, ours, peers: beside };
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args);
  if (E.isLeft(parsed)) {
    console.error(parsed.left.message);
    return 2;
  }
  const options = parsed.right;
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const words = starter(options);
  const peers = options.peers ? findPeers(join(here, "peers")) : [];
  const lines: Line[] = [];
  for (const row of rows.filter(({ id }) => options.only.includes(id))) {
    const measured = linesOf(await measure(row, words, peers, options));
    // A run takes minutes: what is known is said at once.
    for (const { case: name, ours, unit } of measured) console.error(`  ${name}: ${ours === null ? "no figure" : shown(ours, unit)}`);
    lines.push(...measured);
  }
  const machine = {
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    threads: options.threads ?? null,
  };
  if (options.json) console.log(JSON.stringify({ machine, lines }, undefined, 2));
  else {
    console.log(`\n${machine.processor}, ${machine.cores} cores, Node ${process.version}; (n x) is a peer's time over ours\n`);
    console.log(
      tableOf(
        lines,
        peers.map(({ name }) => name),
      ),
    );
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
