// Loops of compiled calls keep a bounded resident size, whether the event loop turns or not. (What a finalizer holds must
// not hold the results that were moved out of the heap.)

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("soak.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
// 1.6 GB of results in the suite, more than the bound.
const steps = process.env["COTANGENT_DEEP"] === "1" ? 20_000 : 400;

test.each(["undonated", "donated", "awaited"])(
  `${steps} steps with 4 MB of results each stay under 1 GB: %s`,
  { timeout: 600_000 },
  (mode) => {
    const output = execFileSync(process.execPath, ["--import", "tsx", program, String(steps), mode], {
      cwd: root,
      encoding: "utf8",
      // With a worker, which shares each step.
      env: { ...process.env, COTANGENT_THREADS: "2" },
    });
    const { largest, last } = JSON.parse(output) as { largest: number; last: number };
    expect(last).toBe(2);
    expect(largest).toBeLessThan(1024);
  },
);
