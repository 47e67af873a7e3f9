// A run that is killed (SIGKILL) at random moments, again and again, always finds a whole checkpoint, and ends with the bits of one
// that was never interrupted. Three kills here; fifty with COTANGENT_DEEP=1.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as train from "../../src/train/index.js";
import { right } from "../io/arbitrary.js";
import { bitsOf, freshState, makeData, makeStep } from "./model.js";

const deep = process.env["COTANGENT_DEEP"] === "1";
const kills = deep ? 50 : 3;
/** So many steps that a run does not come to its end before its kill, where there is time for all. */
const steps = deep ? 1500 : 60;
const width = 2000;
/** Milliseconds from the first step to the kill, at most. */
const longest = deep ? 120 : 60;
const program = join(import.meta.dirname, "killedRun.ts");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cotangent-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hasCheckpoint = async (): Promise<boolean> => (await readdir(folder)).some((file) => file.endsWith(".safetensors"));

/** Resolves once the folder holds a whole checkpoint. */
async function firstCheckpoint(): Promise<void> {
  while (!(await hasCheckpoint())) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Runs the program, and kills it so long after its first step, but not before there is a checkpoint; gives what it wrote. */
function runOnce(killAfter: number | undefined): Promise<{ output: string; errors: string; signal: string | null }> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", program, folder, String(steps), String(width), killAfter === undefined ? "" : "wait"],
      {
        env: { ...process.env, COTANGENT_THREADS: "1" },
      },
    );
    let [output, errors] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      if (output === "" && killAfter !== undefined) void firstCheckpoint().then(() => setTimeout(() => child.kill("SIGKILL"), killAfter));
      output += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    child.on("close", (_, signal) => resolve({ output, errors, signal }));
  });
}

test(`a run killed ${kills} times ends with the same bits`, { timeout: deep ? 600_000 : 60_000 }, async () => {
  const seed = (Date.now() * 16_807) % 2147483647;
  console.log(`killed runs: seed ${seed}`);
  let state = seed;
  const random = (): number => (state = (state * 48_271) % 2147483647) / 2147483647;
  const begins: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const { output, errors, signal } = await runOnce(random() * longest);
    // Every start found a whole checkpoint, or none at all before the first was written, and nothing to warn of.
    expect([errors, signal ?? output], `seed ${seed}, kill ${kill}`).toEqual(["", "SIGKILL"]);
    begins.push(Number(/^from (\d+)\n/.exec(output)?.[1]));
  }
  expect(begins, `seed ${seed}`).toEqual(begins.toSorted((a, b) => a - b));
  const last = await runOnce(undefined);
  expect([last.errors, last.signal]).toEqual(["", null]);
  expect(last.output).toMatch(/^from \d+\ndone\n$/);
  expect(Number(/\d+/.exec(last.output)?.[0]), `seed ${seed}`).toBeGreaterThan(0);

  const found = right(await train.latestCheckpoint(folder, freshState(width))());
  const history = train.history();
  const whole = await train.fit(freshState(width), makeData(), makeStep(), { steps, hooks: [history] });
  expect(found?.step).toBe(steps);
  expect(bitsOf(found?.state)).toEqual(bitsOf(whole.state));
  expect(found?.memories["history"]).toEqual(history.rows);
  // What killed runs had begun to write is gone, too.
  expect((await readdir(folder)).toSorted()).toEqual([2, 1, 0].map((n) => `step-${String(steps - n).padStart(9, "0")}.safetensors`));
});
