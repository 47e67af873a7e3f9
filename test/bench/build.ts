// Sees to it that what is measured is built: the library when a source is newer than it, then the workloads, as plain
// JavaScript that imports the library by its name.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The sources cannot be built; the message is the compiler's. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

const newest = (folder: string): number =>
  Math.max(...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => statSync(join(folder, file)).mtimeMs));

function run(root: string, command: string, words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (status !== 0) throw new BuildError(`${command} ${words.join(" ")} failed:\n${stdout}${stderr}`);
}

/** Builds what is stale; gives the folder of the built workloads. */
export function build(root: string): string {
  const built = join(root, "dist", "index.js");
  if (!existsSync(built) || statSync(built).mtimeMs < newest(join(root, "src"))) run(root, "npm", ["run", "build"]);
  run(root, "npx", ["tsc", "-p", "test/bench/tsconfig.json"]);
  return join(root, "test", "bench", "dist", "test", "bench");
}
