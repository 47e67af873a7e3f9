// Every error is tagged, says its four parts and the user's line, and shows them in `stack` too.

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import * as errors from "../../src/core/errors.js";

const parts = { op: "add", expected: "a", received: "b", remedy: "do c" };
const classes = [
  [errors.ShapeError, "shape"],
  [errors.DTypeError, "dtype"],
  [errors.TypeMismatchError, "type"],
  [errors.ConcretizationError, "concretization"],
  [errors.LeakedTracerError, "leaked-tracer"],
  [errors.TreeError, "tree"],
  [errors.IndexError, "index"],
  [errors.OptionError, "option"],
  [errors.NotDifferentiableError, "not-differentiable"],
  [errors.NanError, "nan"],
  [errors.DonatedError, "donated"],
  [errors.MissingPackageError, "missing-package"],
  [errors.JaxprError, "jaxpr"],
] as const;

describe.each(classes)("%o", (ErrorClass, tag) => {
  const error = new ErrorClass(parts);

  test("has a tag, a name and its parts", () => {
    expect([error.tag, error.name, error instanceof errors.CotangentError, error instanceof Error]).toEqual([
      tag,
      ErrorClass.name,
      true,
      true,
    ]);
    expect([error.op, error.expected, error.received, error.remedy]).toEqual(["add", "a", "b", "do c"]);
  });

  test("says them, and where", () => {
    expect(error.message).toMatch(/^add: expected a, got b\.\n {2}do c\.\n {2}at: .*errors\.test\.ts:\d+:\d+$/);
    expect(error.at).toMatch(/errors\.test\.ts:\d+:\d+$/);
  });

  test("the stack and what consoles print begin with name and message", () => {
    expect(error.stack?.startsWith(`${ErrorClass.name}: ${error.message}\n    at `)).toBe(true);
    expect(inspect(error)).toContain("expected a, got b");
    expect(String(error)).toBe(`${ErrorClass.name}: ${error.message}`);
  });
});

test("errors about outside data blame no line of the program", () => {
  const error = new errors.DataError(parts);
  expect([error.message, error.at, error.tag]).toEqual(["add: expected a, got b.\n  do c.", undefined, "data"]);
});

test("tags tell all classes apart", () => {
  const tags = classes.map(([, tag]) => tag);
  expect(new Set(tags).size).toBe(tags.length);
});
