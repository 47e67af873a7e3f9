// Workers start when a program first has a step that is worth sharing, and do not keep the process alive.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("workers.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

test("they start late, and the process ends by itself while they are parked", () => {
  const env = { ...process.env, COTANGENT_THREADS: "3" };
  const options = { cwd: root, env, encoding: "utf8", timeout: 50_000 } as const;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", program], options);
  expect([status, signal, stderr]).toEqual([0, null, ""]);
  expect(JSON.parse(stdout)).toEqual({ counts: [0, 2], sums: [64, 256 ** 3, 256 ** 3] });
});
