// The examples of custom rules run, and what each claims holds: a claim that fails throws.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const claims = (): number => lines.filter((line) => line.startsWith("ok: ")).length;

test("sigmoid", async () => {
  await import("../../examples/customRules/sigmoid.js");
  expect(claims()).toBe(3);
  expect(lines).toContainEqual(expect.stringMatching(/^plain derivative {2}\[ *nan/));
});

test("gradient clipping", async () => {
  await import("../../examples/customRules/gradientClipping.js");
  expect(claims()).toBe(2);
});

test("straight-through estimator", async () => {
  await import("../../examples/customRules/straightThrough.js");
  expect(claims()).toBe(2);
  expect(lines).toContain("straight through:  [ 0.5  -1.25  2.  ]");
});

test("implicit differentiation of a fixed point", async () => {
  await import("../../examples/customRules/fixedPoint.js");
  expect(claims()).toBe(1);
  expect(lines.slice(0, 3)).toEqual(["√a at 2: 1.41421356", "its derivative at 2: 0.35355339", "its second derivative at 2: -0.08838835"]);
});
