// Files: what is written is whole or not there, what cannot be read or written is a DataError, and nothing of Node is imported
// before a file is touched.

import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { numpy as np } from "../../src/index.js";
import {
  encodeNpy,
  encodeSafetensors,
  loadTree,
  parseNpy,
  readNpy,
  readNpz,
  readSafetensors,
  saveTree,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from "../../src/io/index.js";
import { refusal, right } from "./arbitrary.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cotangent-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("every format goes to a file and back", async () => {
  const x = np.arange(6).reshape([2, 3]);
  right(await writeSafetensors(join(folder, "x.safetensors"), { x }, { metadata: { by: "a test" } })());
  right(await writeNpy(join(folder, "x.npy"), x)());
  right(await writeNpz(join(folder, "x.npz"), { x }, { compress: true })());
  right(await saveTree(join(folder, "tree.safetensors"), [{ x }])());
  const { tensors, metadata } = right(await readSafetensors(join(folder, "x.safetensors"))());
  expect(metadata.get("by")).toBe("a test");
  expect(tensors.get("x")?.toArray()).toEqual(x.toArray());
  expect(right(await readNpy(join(folder, "x.npy"))()).toArray()).toEqual(x.toArray());
  expect(
    right(await readNpz(join(folder, "x.npz"))())
      .get("x")
      ?.toArray(),
  ).toEqual(x.toArray());
  expect(right(await loadTree(join(folder, "tree.safetensors"), [{ x: np.zerosLike(x) }])())[0].x.toArray()).toEqual(x.toArray());
});

test("a file that is replaced is the old one or the whole new one, and no other file stays", async () => {
  const inner = join(folder, "replaced");
  await mkdir(inner);
  const path = join(inner, "x.safetensors");
  const versions = [1, 2].map((value) => encodeSafetensors({ x: np.full([200_000], value) }));
  right(await writeSafetensors(path, { x: np.full([200_000], 1) })());
  const progress = { writing: true };
  const writes = (async () => {
    for (let i = 0; i < 20; i++) right(await writeSafetensors(path, { x: np.full([200_000], 1 + (i % 2)) })());
    progress.writing = false;
  })();
  let reads = 0;
  while (progress.writing) {
    const bytes = readFileSync(path);
    expect(versions.some((version) => Buffer.compare(version, bytes) === 0)).toBe(true);
    reads++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await writes;
  expect(reads).toBeGreaterThan(1);
  expect(await readdir(inner)).toEqual(["x.safetensors"]);
});

test("what cannot be read", async () => {
  const path = join(folder, "nowhere.npz");
  expect(refusal(await readNpz(path)())).toBe(`readNpz: expected a file that can be read, got no file at ${path}.\n  check the path.`);
  expect(refusal(await readSafetensors(folder)())).toContain("readSafetensors: expected a file that can be read, got EISDIR");
  await writeFile(join(folder, "short.npy"), "x");
  expect(refusal(await readNpy(join(folder, "short.npy"))())).toContain(`got 1 byte in ${join(folder, "short.npy")}`);
});

test("what cannot be written leaves nothing behind", async () => {
  const path = join(folder, "missing", "x.npy");
  expect(refusal(await writeNpy(path, 1)())).toMatch(
    /^writeNpy: expected a place where .*x\.npy can be written, got ENOENT.*\n {2}check that the folder exists/,
  );
  const taken = join(folder, "taken");
  await mkdir(join(taken, "x.npy", "inside"), { recursive: true });
  expect(refusal(await writeNpy(join(taken, "x.npy"), 1)())).toContain("writeNpy: expected a place where ");
  expect(await readdir(taken)).toEqual(["x.npy"]);
});

test("nothing of Node is imported, so that pages can load these folders", () => {
  for (const folder of ["io", "train"]) {
    const sources = join(import.meta.dirname, "../../src", folder);
    for (const name of readdirSync(sources)) {
      const imports = [...readFileSync(join(sources, name), "utf8").matchAll(/^.*\b(?:from|import\()\s*"node:.*$/gm)];
      expect(imports.filter(([line]) => !line.startsWith("import type ")).map(([line]) => `${folder}/${name}: ${line}`)).toEqual([]);
    }
  }
});

test("where there is no Node, files are refused, and bytes are not", async () => {
  const { process } = globalThis;
  vi.stubGlobal("process", { ...process, getBuiltinModule: undefined });
  try {
    expect(refusal(await readNpy("x.npy")())).toBe(
      "reading and writing files: expected Node, or another system with its modules, got none with node:fs/promises.\n" +
        "  use what parses and encodes bytes instead, and move them with fetch or a form.",
    );
    expect(refusal(await writeNpy("x.npy", 1)())).toContain("got none with node:fs/promises");
    expect(right(parseNpy(encodeNpy(np.array([1, 2])))).toArray()).toEqual([1, 2]);
  } finally {
    vi.unstubAllGlobals();
  }
});
