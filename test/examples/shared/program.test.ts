// The examples' command line, and that importing an example runs nothing.

import { expect, test, vi } from "vitest";
import { report } from "../../../examples/shared/figures.js";
import { claim, program, readFlags } from "../../../examples/shared/program.js";

test("flags go over the defaults, and what means nothing is refused", () => {
  const defaults = { steps: 500, rate: 0.1 };
  expect(readFlags([], defaults)).toEqual({ options: defaults, out: undefined });
  expect(readFlags(["--steps", "20", "--out", "here"], defaults)).toEqual({ options: { steps: 20, rate: 0.1 }, out: "here" });
  expect(readFlags(["--data", "7"], { data: "" }).options).toEqual({ data: "7" });
  expect(() => readFlags(["--steps", "many"], defaults)).toThrow('--steps takes a number, not "many"');
  expect(() => readFlags(["--step", "20"], defaults)).toThrow(/Unknown option '--step'/);
});

test("an example that is imported does not run", async () => {
  const run = vi.fn<() => never>();
  await program(import.meta.url, {}, run);
  expect(run).not.toHaveBeenCalled();
});

test("a claim that does not hold is a figure that is missed", () => {
  const lines: string[] = [];
  expect(report([claim("so it is", true), claim("so it is not", false)], (line) => lines.push(line))).toBe(1);
  expect(lines).toEqual(["reached  so it is: 1 (expected at least 1)", "MISSED   so it is not: 0 (expected at least 1)"]);
});
