// The benchmark as a program: it reads its command line, measures its cheapest row on the sources, and prints what
// its data says. No figure is judged.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { parseArguments } from "./arguments.js";
import { rows } from "./rows.js";
import { type Line, linesOf, shown, tableOf } from "./table.js";

const here = dirname(fileURLToPath(import.meta.url));

describe("the command line", () => {
  test("means every row, for a second a case, with peers", () => {
    const parsed = parseArguments([]);
    expect(parsed).toMatchObject(E.right({ only: rows.map(({ id }) => id), seconds: 1, steps: 100_000, peers: true, json: false }));
  });

  test("takes rows, threads and the rest", () => {
    const parsed = parseArguments(["--only", "gemm,tiny", "--threads", "2", "--no-peers", "--json", "--data", "somewhere"]);
    expect(parsed).toMatchObject(E.right({ only: ["gemm", "tiny"], threads: 2, peers: false, json: true, data: "somewhere" }));
  });

  test.each([
    [["--only", "tiny,huge"], "huge"],
    [["--threads", "0"], "0"],
    [["--seconds", ""], ""],
    [["--loud"], "--loud"],
  ])("refuses %j", (words, received) => {
    const parsed = parseArguments(words);
    expect(E.isLeft(parsed) && parsed.left.received).toContain(received);
  });
});

describe("the table", () => {
  const row = rows.find(({ id }) => id === "axpb");
  if (row === undefined) throw new Error("the row is gone");
  const lines = linesOf({
    row,
    ours: [
      { case: "axpb 1e6", value: 0.06 },
      { case: "axpb 16e6", note: "no memory" },
    ],
    peers: [
      { name: "tfjs", figures: [{ case: "axpb 1e6", value: 1.2 }] },
      { name: "JAX", figures: [{ case: "axpb", note: "not here" }] },
    ],
  });

  test("has a line for each case, with ratios to ours and the target", () => {
    expect(lines[0]).toMatchObject({ ours: 0.06, peers: { tfjs: { value: 1.2, ratio: 20 } }, target: 0.09, reached: true });
    expect(lines[1]).toMatchObject({ ours: null, peers: {}, reached: null, notes: ["no memory"] });
  });

  test("keeps the reason of a peer that failed", () => {
    expect(lines[0].notes).toEqual(["JAX: not here"]);
  });

  test("is text in columns", () => {
    const [header, first] = tableOf(lines, ["tfjs", "JAX"]).split("\n");
    expect(header).toMatch(/^case +ours +tfjs +JAX +target$/);
    expect(first).toMatch(/^axpb 1e6 +60\.0 µs +1\.20 ms \(20x\) +90\.0 µs +reached$/);
  });

  test("writes figures with their units", () => {
    expect([shown(0.0041, "ms"), shown(0.75, "ms"), shown(160, "ms"), shown(96.24, "%"), shown(0.654, "s"), shown(1000, "MB")]).toEqual([
      "4.10 µs",
      "750 µs",
      "160 ms",
      "96.2 %",
      "0.654 s",
      "1000 MB",
    ]);
  });
});

test("measures a row in a process of its own", () => {
  const words = ["--import", "tsx", join(here, "main.ts"), "--source", "--quick", "--no-peers", "--json", "--only", "call"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", cwd: join(here, "..", "..") });
  expect(stderr).toContain("bench: call");
  expect(status).toBe(0);
  const { lines } = JSON.parse(stdout) as { readonly lines: readonly Line[] };
  expect(lines.map((line) => line.case)).toEqual(["call 12 to 1", "call 12 to 12"]);
  for (const { ours } of lines) expect(ours).toBeGreaterThan(0);
});
