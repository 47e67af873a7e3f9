// What loops and branches refuse, and what the messages say.

import { beforeAll, describe, expect, test } from "vitest";
import {
  ConcretizationError,
  DTypeError,
  LeakedTracerError,
  type NDArray,
  NotDifferentiableError,
  OptionError,
  ShapeError,
  TreeError,
  TypeMismatchError,
  grad,
  jit,
  lax,
  linearTranspose,
  numpy as np,
  setDebug,
  vjp,
} from "../../../src/index.js";
import { f32, f64, i32, untyped } from "../arrays.js";

beforeAll(() => void setDebug({ checkJaxprs: true }));

const scan = untyped(lax.scan);
const cond = untyped(lax.cond);
const whileLoop = untyped(lax.whileLoop);
const x = f32(1, 2, 3);

/** The error that `f` throws. */
function caught(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

type Kind = abstract new (...args: never[]) => Error;

/** Expects an error of a class, whose message has all of these parts and the user's line. */
function expectError(f: () => unknown, kind: Kind, ...parts: readonly string[]): void {
  const error = caught(f);
  expect(error).toBeInstanceOf(kind);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.message).toMatch(/at: .*test\/transform\//);
}

describe("scan", () => {
  test("a carry that changes its type, by path", () => {
    const changing = (): unknown =>
      scan((c: { w: NDArray; n: NDArray }) => [{ w: c.w.sum(), n: c.n.add(0.5) }, null], { w: x, n: i32(1).sum() }, x);
    expectError(
      changing,
      ShapeError,
      "scan: expected the same types on both sides",
      ".n: int32[] in the initial carry, float32[] in the carry that the function returned",
      ".w: float32[3] in the initial carry, float32[] in the carry that the function returned",
      "return a carry of the structure, shapes and dtypes it came with",
    );
    expectError(
      () => scan((c: NDArray) => [c.astype("float64"), null], x, x),
      DTypeError,
      "float32[3] in the initial carry, float64[3] in",
    );
  });

  test("a carry that changes its structure", () => {
    expectError(
      () => scan((c: { a: NDArray }) => [{ b: c.a }, null], { a: x }, x),
      TreeError,
      "scan",
      ".a: array in the initial carry, missing in the carry that the function returned",
    );
  });

  test("a function that returns no pair", () => {
    expectError(() => scan((c: NDArray) => c, x, x), TreeError, "a function that returns [carry, y]", "an array");
    expectError(() => scan((c: NDArray) => [c, c, c], x, x), TreeError, "a list of 3");
    expectError(() => scan(3, x, x), TypeMismatchError, "expected a function", "a number");
  });

  test("xs of different lengths, scalars, no length", () => {
    const id = (c: NDArray): unknown => [c, null];
    expectError(() => scan(id, x, { a: x, b: f32(1) }), ShapeError, "one length for the leading axes of all xs", "3 at xs.a, 1 at xs.b");
    expectError(() => scan(id, x, x, { length: 2 }), ShapeError, "leading axes of length 2 (length)", "3 at xs");
    expectError(() => scan(id, x, { a: 1 }), ShapeError, "a leading axis of steps at xs.a", "float32[]", "close over");
    expectError(() => scan(id, x, null), OptionError, "xs with at least one array, or length");
    expectError(() => scan(id, x, null, { length: -1 }), OptionError, "length: a non-negative integer", "-1");
  });

  test("options that do not exist or make no sense", () => {
    const id = (c: NDArray): unknown => [c, null];
    expectError(() => scan(id, x, x, { reversed: true }), OptionError, "length, reverse, unroll", "reversed");
    expectError(() => scan(id, x, x, { unroll: 0 }), OptionError, "unroll: a positive integer", "0");
    expectError(() => scan(id, x, x, { unroll: 1.5 }), OptionError, "1.5");
  });

  test("a tracer that escapes from the body, and a value that the body reads", () => {
    let escaped: NDArray = x;
    lax.scan(
      (c: NDArray) => {
        escaped = c.mul(2);
        return [c, null];
      },
      x,
      null,
      { length: 2 },
    );
    expectError(
      () => escaped.add(1),
      LeakedTracerError,
      "made in scan of an anonymous function",
      "return the value from the transformed function",
    );
    const reading = (c: NDArray): [NDArray, null] => [c.item() > 0 ? c : c.neg(), null];
    expectError(
      () => lax.scan(reading, np.array(1), null, { length: 2 }),
      ConcretizationError,
      "Tracer<float32[]> of scan of reading",
      "lax.cond for a choice",
    );
  });
});

describe("cond and switch", () => {
  const two = (a: unknown, b: unknown) => (): unknown =>
    cond(
      true,
      () => a,
      () => b,
    );

  test("branches that differ, by path, shape and dtype", () => {
    expectError(
      two({ u: x, v: x }, { u: x, v: x.sum() }),
      ShapeError,
      "cond: expected the same types on both sides",
      ".v: float32[] in the false branch, float32[3] in the true branch",
    );
    expectError(two({ u: x }, { u: f64(1, 2, 3) }), DTypeError, ".u: float64[3] in the false branch, float32[3] in the true branch");
    expectError(
      two({ u: x }, { w: x }),
      TreeError,
      ".u: missing in the false branch, array in the true branch",
      ".w: array in the false branch",
    );
    expectError(two(x, [x]), TreeError, "(root): list of 1 in the false branch, array in the true branch");
    const branches = [() => x, () => x, () => x.sum()];
    expectError(() => lax.switch(0, branches), ShapeError, "switch", "(root): float32[3] in branch 0, float32[] in branch 2");
  });

  test("a predicate that is no bool scalar", () => {
    const identity = (y: NDArray): NDArray => y;
    const f = (p: NDArray | number): unknown => lax.cond(p, identity, identity, x);
    expectError(() => f(x.greater(0)), ShapeError, "a predicate that is a bool scalar", "bool[3]", "x.all() or x.any()", "np.where");
    expectError(() => f(1), DTypeError, "a predicate that is a bool scalar", "float32[]", "x.greater(0)");
    expectError(() => jit(f)(np.array(2, { dtype: "int32" })), DTypeError, "int32[]");
    expectError(() => cond("yes", identity, identity, x), TypeMismatchError, "a string");
  });

  test("an index that is no integer scalar, no branches", () => {
    expectError(() => lax.switch(i32(1), [() => x]), ShapeError, "an index that is an integer scalar", "int32[1]");
    expectError(() => lax.switch(0.5, [() => x]), TypeMismatchError, "an index that is an integer scalar");
    expectError(() => lax.switch(np.array(true), [() => x]), TypeMismatchError, "bool[]");
    expectError(() => lax.switch(0, []), OptionError, "at least one function");
  });

  test("a user's function that reads a traced predicate", () => {
    const f = (p: NDArray): NDArray => (p.item() === 1 ? x : x.neg());
    expectError(() => jit(f)(np.array(true)), ConcretizationError, "Tracer<bool[]> of jit of f", "np.where or lax.cond for a choice");
  });
});

describe("whileLoop and foriLoop", () => {
  const less = (c: NDArray): NDArray => c.less(10).all();

  test("reverse mode without a bound says maxSteps", () => {
    const f = (a: NDArray): NDArray => lax.whileLoop(less, (c: NDArray) => c.mul(2), a).sum();
    const parts = ["a bound on the number of steps", "maxSteps", "foriLoop with bounds that are numbers"];
    for (const g of [() => grad(f)(x), () => jit(grad(f))(x), () => vjp(f, [x])[1](1)]) expectError(g, NotDifferentiableError, ...parts);
    const fori = jit((n: NDArray, a: NDArray) => lax.foriLoop(0, n, (_, c: NDArray) => c.mul(2), a).sum());
    expectError(() => grad((a: NDArray) => fori(i32(3).sum(), a))(x), NotDifferentiableError, ...parts);
  });

  test("a carry that changes, a condition that is no bool scalar", () => {
    expectError(
      () => whileLoop(less, (c: NDArray) => c.sum(), x),
      ShapeError,
      "whileLoop",
      "(root): float32[3] in the initial carry, float32[] in the carry that the body returned",
    );
    expectError(
      () =>
        whileLoop(
          (c: NDArray) => c.less(1),
          (c: NDArray) => c,
          x,
        ),
      ShapeError,
      "a predicate that is a bool scalar",
      "bool[3]",
    );
    expectError(
      () =>
        whileLoop(
          (c: NDArray) => c.sum(),
          (c: NDArray) => c,
          x,
        ),
      DTypeError,
      "a predicate that is a bool scalar",
      "float32[]",
    );
    expectError(
      () =>
        whileLoop(
          (c: NDArray) => [c],
          (c: NDArray) => c,
          x,
        ),
      TypeMismatchError,
      "a condition that returns a bool scalar",
      "a list",
    );
    expectError(() => lax.foriLoop(0, 2, (_, c: NDArray) => c.sum(), x), ShapeError, "foriLoop", "in the initial carry");
  });

  test("a value that the body reads: the error names the user's function", () => {
    const reading = (i: NDArray, c: NDArray): NDArray => (i.item() > 0 ? c : c.neg());
    expectError(() => lax.foriLoop(0, 2, reading, x), ConcretizationError, "Tracer<int32[]> of foriLoop of reading");
    const mapped = (y: NDArray): NDArray => (y.item() > 0 ? y : y.neg());
    expectError(() => lax.map(mapped, x), ConcretizationError, "Tracer<float32[]> of map of mapped");
  });

  test("options and bounds that make no sense", () => {
    expectError(() => whileLoop(less, less, x, { maxStep: 3 }), OptionError, "maxSteps", "maxStep");
    expectError(() => lax.whileLoop(less, (c: NDArray) => c, x, { maxSteps: -1 }), OptionError, "maxSteps: a non-negative integer", "-1");
    expectError(() => lax.foriLoop(0.5, 2, (_, c: NDArray) => c, x), DTypeError, "bounds that are integer scalars");
    expectError(
      () => jit((n: NDArray) => lax.foriLoop(0, n, (_, c: NDArray) => c, x, { unroll: 2 }))(i32(3).sum()),
      OptionError,
      "unroll",
      "traced bounds",
    );
  });
});

test("a loop that is not linear has no transpose", () => {
  const f = (a: NDArray): NDArray => lax.scan((c: NDArray) => [c.mul(c), null], a, null, { length: 2 })[0];
  expectError(() => linearTranspose(f, [x])(x), NotDifferentiableError, "a function linear in its inputs");
  const linear = (a: NDArray): NDArray =>
    lax.scan(([c, n]: [NDArray, NDArray]) => [[c.mul(n), n.add(1)], null], [a, np.array(1)] as [NDArray, NDArray], null, {
      length: 3,
    })[0][0];
  expect(linearTranspose(linear, [x])(x)[0].toArray()).toEqual([6, 12, 18]);
});
