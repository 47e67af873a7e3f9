// The user's line: the first frame that is not the library's, by its place and never by the function's name.

import { describe, expect, test } from "vitest";
import { captureFarSource, captureSource, currentSource, surroundedBy, userLine, withSource } from "../../src/core/source.js";

const library = new URL("../../src/", import.meta.url).pathname;
const stackOf = (...frames: readonly string[]): string => ["Error: x", ...frames.map((frame) => `    at ${frame}`)].join("\n");

describe("stack frames", () => {
  test.each([
    ["a named function", ["f (/home/me/app.js:3:5)"], "/home/me/app.js:3:5"],
    ["no function", ["/home/me/app.js:3:5"], "/home/me/app.js:3:5"],
    ["a URL", ["file:///home/me/app.js:3:5"], "/home/me/app.js:3:5"],
    ["an async frame", ["async file:///home/me/app.js:3:5"], "/home/me/app.js:3:5"],
    ["an anonymous function", ["<anonymous> (/home/me/app.js:3:5)"], "/home/me/app.js:3:5"],
    ["a method without a name", ["Object.<anonymous> (/home/me/app.js:3:5)"], "/home/me/app.js:3:5"],
    ["parentheses in the path", ["f (/home/me/old (2)/app.js:3:5)"], "/home/me/old (2)/app.js:3:5"],
    ["an alias", ["Loss.f [as g] (/home/me/app.js:3:5)"], "/home/me/app.js:3:5"],
    ["a drive letter", ["f (C:\\me\\app.js:3:5)"], "C:\\me\\app.js:3:5"],
    [
      "after the library",
      [`bind (${library}core/trace.ts:9:9)`, `file://${library}ops/mul.ts:1:1`, "f (/home/me/app.js:3:5)"],
      "/home/me/app.js:3:5",
    ],
    [
      "after built-ins",
      ["Array.map (<anonymous>)", "node:internal/main:1:1", "f (node:fs:1:1)", "f (/home/me/app.js:3:5)"],
      "/home/me/app.js:3:5",
    ],
    ["after eval", ["eval (eval at <anonymous> (/home/me/x.js:1:1), <anonymous>:1:1)", "f (/home/me/app.js:3:5)"], "/home/me/app.js:3:5"],
    ["nothing but the library", [`bind (${library}core/trace.ts:9:9)`], undefined],
    [
      "a folder of the user's that only looks like the library",
      [`f (/elsewhere${library}core/trace.ts:9:9)`],
      `/elsewhere${library}core/trace.ts:9:9`,
    ],
  ])("%s", (_, frames, expected) => expect(userLine(stackOf(...frames))).toBe(expected));

  test("no stack, no line", () => expect([userLine(undefined), userLine("")]).toEqual([undefined, undefined]));
});

describe("capture", () => {
  test("gives this file, also from within callbacks without a name", () => {
    const lines = [0].map(() => captureSource().line);
    expect(lines[0]).toMatch(/core\/source\.test\.ts:\d+:\d+$/);
  });

  test("the source in force wins, and the outer one comes back, after errors too", () => {
    const outer = { line: "outer.ts:1:1" };
    const inner = { line: "inner.ts:2:2" };
    withSource(outer, () => {
      expect(captureSource()).toBe(outer);
      expect(() =>
        withSource(inner, () => {
          expect(captureSource()).toBe(inner);
          throw new Error("stop");
        }),
      ).toThrow("stop");
      expect(withSource(undefined, () => currentSource())).toBe(outer);
    });
    expect(currentSource()).toBeUndefined();
  });

  test("the surroundings serve where the user's code is not near, but no other place", () => {
    const around = { line: "around.ts:1:1" };
    expect(surroundedBy(around, () => captureSource()).line).toMatch(/source\.test\.ts/);
    const far = surroundedBy(around, () => captureFarSource());
    expect(far.line).toMatch(/source\.test\.ts/);
    expect(() =>
      surroundedBy(around, () => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
  });

  test("the caller's limit on stack traces stays", () => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 3;
    try {
      expect(captureSource().line).toMatch(/source\.test\.ts/);
      expect(Error.stackTraceLimit).toBe(3);
    } finally {
      Error.stackTraceLimit = limit;
    }
  });
});
