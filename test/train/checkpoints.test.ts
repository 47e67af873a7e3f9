// Checkpoints: what is saved comes back bit for bit, what is broken is skipped and said, what does not fit is refused, and a run
// that goes on from any of them ends with the bits of one that was never interrupted.

import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { numpy as np } from "../../src/index.js";
import { readSafetensors } from "../../src/io/index.js";
import { checkWhole, encodeCheckpoint } from "../../src/train/checkpointFile.js";
import * as train from "../../src/train/index.js";
import { refusal, right } from "../io/arbitrary.js";
import { bitsOf, freshState, makeData, makeStep } from "./model.js";

let root = "";
let made = 0;
const newFolder = (): string => join(root, `run${made++}`);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "cotangent-checkpoints-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const step = makeStep();

/** A run to this step, with a checkpoint every two. */
async function runTo(folder: string, steps: number, keep = 3): Promise<Awaited<ReturnType<typeof freshState>>> {
  const hooks = [train.history(), train.checkpoints<ReturnType<typeof freshState>>({ folder, every: 2, keep })];
  return (await train.fit(freshState(), makeData(), step, { steps, hooks })).state;
}

async function latest(folder: string): Promise<{ found: train.Checkpoint<ReturnType<typeof freshState>> | undefined; warnings: string[] }> {
  const warnings: string[] = [];
  const found = right(await train.latestCheckpoint(folder, freshState(), { warn: (message) => void warnings.push(message) })());
  return { found, warnings };
}

async function flip(path: string, part: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[Math.floor(part * bytes.length)] ^= 0x10;
  await writeFile(path, bytes);
}

test("a state comes back bit for bit, with the memories of hooks", async () => {
  const folder = newFolder();
  const state = await runTo(folder, 5);
  const { found, warnings } = await latest(folder);
  expect(bitsOf(found?.state)).toEqual(bitsOf(state));
  expect([found?.step, found?.path, warnings]).toEqual([5, join(folder, "step-000000005.safetensors"), []]);
  expect(found?.memories["history"]).toHaveLength(5);
});

test("is a safetensors file, whose arrays go by their paths", async () => {
  const folder = newFolder();
  const path = right(await train.saveCheckpoint(folder, freshState())());
  const { tensors, metadata } = right(await readSafetensors(path)());
  expect([...tensors.keys()]).toContain("state.params.layers.0.w");
  expect(metadata.get("sha256")).toMatch(/^[0-9a-f]{64}$/);
});

test("the newest few stay, and the last step of a run is saved", async () => {
  const folder = newFolder();
  await runTo(folder, 9, 2);
  expect((await readdir(folder)).toSorted()).toEqual(["step-000000008.safetensors", "step-000000009.safetensors"]);
});

test("the step at which a hook stops the run is saved", async () => {
  const folder = newFolder();
  const hooks = [train.checkpoints<ReturnType<typeof freshState>>({ folder, every: 100 }), train.each(3, () => ({ stop: "enough" }))];
  await train.fit(freshState(), makeData(), step, { steps: 50, hooks });
  expect((await latest(folder)).found?.step).toBe(3);
});

test("nothing there is no error", async () => {
  expect(await latest(newFolder())).toEqual({ found: undefined, warnings: [] });
});

describe("broken files", () => {
  test("a run goes on from any checkpoint and ends with the same bits, however the newer ones are broken", async () => {
    const whole = bitsOf((await train.fit(freshState(), makeData(), step, { steps: 14 })).state);
    for (const damage of [0.001, 0.2, 0.9, "cut", "empty"] as const) {
      const folder = newFolder();
      await runTo(folder, 8);
      const newest = join(folder, "step-000000008.safetensors");
      if (damage === "cut") await writeFile(newest, (await readFile(newest)).subarray(0, 1000));
      else if (damage === "empty") await writeFile(newest, "");
      else await flip(newest, damage);
      await writeFile(join(folder, ".step-000000010.safetensors.x.part"), "the beginning of a");
      await writeFile(join(folder, "notes.txt"), "not a checkpoint");
      const { found, warnings } = await latest(folder);
      expect(found?.step).toBe(6);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(
        /^cotangent: skipped a checkpoint\. latestCheckpoint: expected a whole checkpoint, got .* in .*step-000000008\.safetensors\./,
      );
      const history = train.history();
      const said: string[] = [];
      const hooks = [
        history,
        train.checkpoints<ReturnType<typeof freshState>>({ folder, every: 5, warn: (message) => void said.push(message) }),
      ];
      const { state } = await train.fit(found?.state ?? freshState(), makeData(), step, {
        steps: 14,
        hooks,
        memories: found?.memories ?? {},
      });
      expect(bitsOf(state)).toEqual(whole);
      expect(history.rows.map(({ step }) => step)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
      expect(said).toHaveLength(1);
      expect(said[0]).toContain("cotangent: removed a checkpoint. latestCheckpoint: expected a whole checkpoint");
      const kept = ["notes.txt", ...["06", "10", "14"].map((step) => `step-0000000${step}.safetensors`)];
      expect((await readdir(folder)).toSorted()).toEqual(kept);
    }
  });

  test("when all are broken it is an error, not a new beginning", async () => {
    const folder = newFolder();
    await runTo(folder, 4);
    for (const name of await readdir(folder)) await flip(join(folder, name), 0.5);
    const result = await train.latestCheckpoint(folder, freshState(), { warn: () => undefined })();
    expect(refusal(result)).toBe(
      `latestCheckpoint: expected a whole checkpoint in ${folder}, got 2, all of them broken.\n  remove them to begin anew.`,
    );
  });

  test("any changed byte and any cut is found", () => {
    const bytes = encodeCheckpoint({ w: np.arange(20), step: np.array(3, { dtype: "int32" }) }, 3, {});
    expect(E.isRight(checkWhole(bytes, "x"))).toBe(true);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(E.isLeft(checkWhole(bytes.subarray(0, at), "x"))).toBe(true);
        expect(
          E.isLeft(
            checkWhole(
              bytes.map((byte, i) => (i === at ? byte ^ change : byte)),
              "x",
            ),
          ),
        ).toBe(true);
      }),
    );
  });
});

describe("refusals", () => {
  test("a state of another structure, by path", async () => {
    const folder = newFolder();
    await runTo(folder, 2);
    const result = await train.latestCheckpoint(folder, freshState(4))();
    expect(refusal(result)).toContain(
      '\n    .state.params.layers[0].w ("state.params.layers.0.w"): float32[2,4] expected, float32[2,16] in the file',
    );
  });

  test("the folder of a run that is further", async () => {
    const folder = newFolder();
    await runTo(folder, 4);
    await expect(runTo(folder, 2)).rejects.toThrow("checkpoints: expected a folder without checkpoints of later steps than 0, got ");
    expect((await readdir(folder)).toSorted()).toEqual(["step-000000002.safetensors", "step-000000004.safetensors"]);
  });

  test("a place that is no folder", async () => {
    const path = join(root, "file");
    await writeFile(path, "x");
    expect(refusal(await train.latestCheckpoint(path, freshState())())).toMatch(/^checkpoints: expected a folder at .*file, got ENOTDIR/);
    expect(refusal(await train.saveCheckpoint(path, freshState())())).toMatch(/^checkpoints: expected a folder for checkpoints, got E/);
  });

  test("options that make no sense", () => {
    expect(() => train.checkpoints({ folder: "x", every: 0 })).toThrow("checkpoints: expected every: a number of steps from 1");
    expect(() => train.checkpoints({ folder: "x", every: 1, keep: 0 })).toThrow(
      "checkpoints: expected keep: a number of files from 1, got 0.",
    );
    // @ts-expect-error A misspelt option.
    expect(() => train.saveCheckpoint("x", freshState(), { kept: 1 })).toThrow("got kept");
  });
});
