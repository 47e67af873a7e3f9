// A synchronous loop of eager operations keeps a bounded resident size: no turn of the event loop frees anything there.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("memory.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const deep = process.env["COTANGENT_DEEP"] === "1";
// The whole job of 80 GB takes minutes; a part of it, more than the bound, tells as much of growth.
const operations = deep ? 20_000 : 300;

test(`${operations} operations on 4 MB arrays stay under 1 GB`, { timeout: 600_000 }, () => {
  const output = execFileSync(process.execPath, ["--import", "tsx", program, String(operations), String(2 ** 20)], {
    cwd: root,
    encoding: "utf8",
  });
  const { largest, last } = JSON.parse(output) as { largest: number; last: number };
  expect(last).toBeGreaterThan(0);
  expect(largest).toBeLessThan(1024);
});
