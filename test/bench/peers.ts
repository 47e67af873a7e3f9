// The peers: which there are here, and how each is asked. Those from npm live in a package of the benchmark's own, which
// is installed when it is first wanted; PyTorch and JAX are where the Python named by COTANGENT_PYTHON has them.

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./child.js";
import type { Figure, Settings } from "./workload.js";

export const peerNames = ["jax-js", "tfjs", "PyTorch", "JAX"] as const;
export type PeerName = (typeof peerNames)[number];

export interface Peer {
  readonly name: PeerName;
  readonly command: string;
  readonly words: readonly string[];
  readonly ids: readonly string[];
}

/** The rows that each peer's script has. */
const shared = ["tiny", "mlp", "fused", "axpb", "gemm", "eager", "adam"];
const npmPeers = [
  { name: "jax-js", file: "jaxjs.mjs", ids: [...shared, "conv", "hvp", "call"] },
  { name: "tfjs", file: "tfjs.mjs", ids: shared },
] as const;
const pythonPeers = [
  { name: "PyTorch", module: "torch", file: "pytorch.py", ids: [...shared, "conv", "block", "rnn", "hvp"] },
  { name: "JAX", module: "jax", file: "jax_peer.py", ids: [...shared, "conv", "block", "rnn", "scan", "hvp", "first", "call"] },
] as const;

/** Installs the package in `folder`, unless what is installed is what its lock file says; gives npm's complaint. */
export function install(folder: string, what: string): string | undefined {
  const [mark, lock] = [join(folder, "node_modules", ".package-lock.json"), join(folder, "package-lock.json")];
  if (existsSync(mark) && existsSync(lock) && statSync(mark).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  console.error(`installing ${what} (once)`);
  const words = [existsSync(lock) ? "ci" : "install", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { status, stderr } = spawnSync("npm", words, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
  return status === 0 ? undefined : `${what} could not be installed: ${stderr.trim().split("\n").at(-1)}`;
}

const hasModule = (python: string, module: string): boolean => spawnSync(python, ["-c", `import ${module}`]).status === 0;

/** The peers that can be asked here. */
export function findPeers(folder: string): readonly Peer[] {
  const python = process.env["COTANGENT_PYTHON"];
  const complaint = install(folder, "the npm peers");
  if (complaint !== undefined) console.error(`bench: ${complaint}`);
  const fromNpm = complaint === undefined ? npmPeers.map((peer) => ({ ...peer, command: process.execPath })) : [];
  const fromPython =
    python === undefined ? [] : pythonPeers.filter(({ module }) => hasModule(python, module)).map((peer) => ({ ...peer, command: python }));
  return [...fromNpm, ...fromPython].map(({ name, command, file, ids }) => ({ name, command, words: [join(folder, file)], ids }));
}

/** A peer's figures of a row; none where it has no such row. */
export async function askPeer(peer: Peer, id: string, settings: Settings, threads: number | undefined): Promise<readonly Figure[]> {
  if (!peer.ids.includes(id)) return [];
  const words = [...peer.words, id, JSON.stringify({ seconds: settings.seconds, quick: settings.quick, threads: threads ?? null })];
  const { json, failed } = await ask(peer.command, words, process.env, 300);
  return failed === undefined ? (json as readonly Figure[]) : [{ case: id, note: failed }];
}
