// An array in JavaScript's own arithmetic, comparison, text or control flow would give NaN, "[object Object]" or a wrong
// branch in silence. Every such use throws at once, says what to write instead, and where it stood.

import { describe, expect, test } from "vitest";
import { ConcretizationError, type NDArray, TypeMismatchError, grad, jit, jvp, shapeDtype, vmap } from "../../src/index.js";
import { mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { scalar } from "../../src/core/array.js";
import { f32, f64, i32, untyped } from "../transform/arrays.js";

/** What plain JavaScript can do to a value, past the types. */
const number = (x: unknown): number => x as number;
const uses: Readonly<Record<string, (x: unknown) => unknown>> = {
  "x * 2": (x) => number(x) * 2,
  "2 - x": (x) => 2 - number(x),
  "x + 1": (x) => number(x) + 1,
  'x + "a"': (x) => number(x) + "a",
  "-x": (x) => -number(x),
  "+x": (x) => +number(x),
  "x ** 2": (x) => number(x) ** 2,
  "x | 0": (x) => number(x) | 0,
  "x > 0": (x) => number(x) > 0,
  "0 <= x": (x) => 0 <= number(x),
  // oxlint-disable-next-line eqeqeq -- the loose comparison is what is tested
  "x == 1": (x) => number(x) == 1,
  "x++": (x) => {
    let y = number(x);
    return y++;
  },
  "Math.sin(x)": (x) => Math.sin(number(x)),
  "Math.max(x, 0)": (x) => Math.max(number(x), 0),
  "Number(x)": (x) => Number(x),
  "isNaN(x)": (x) => isNaN(number(x)),
  "new Array(3).fill(0).at(x)": (x) => new Array(3).fill(0).at(number(x)),
  "Float32Array.of(x)": (x) => Float32Array.of(number(x)),
  "parseFloat of a sum": (x) => parseFloat((number(x) + 1).toString()),
};

const message =
  /^JavaScript operator or Math function: expected a number, got an array float32\[(\d*)\]\.\n {2}use the array's methods or functions: x\.mul\(2\) for x \* 2, x\.greater\(0\) for x > 0, np\.sin\(x\) for Math\.sin\(x\), np\.where\(condition, a, b\) for a choice; x\.item\(\) reads the number of a concrete scalar\.\n {2}at: .*conversions\.test\.ts:\d+:\d+$/;

describe.each(Object.entries(uses))("%s", (_, use) => {
  test("of a concrete array, also of one element", () => {
    for (const x of [f32(1, 2), scalar(1, "float32")]) {
      expect(() => use(x)).toThrow(TypeMismatchError);
      expect(() => use(x)).toThrow(message);
    }
  });

  test("of a tracer, under every transform", () => {
    const f = (x: NDArray): NDArray => {
      use(x);
      return x;
    };
    const calls = [
      () => jit(f)(f32(1, 2)),
      () => grad((x: NDArray) => reduceSum(f(x)))(f32(1, 2)),
      () => vmap(f)(f32(1, 2)),
      () => jvp(f, [f32(1)], [f32(1)]),
    ];
    for (const call of calls) {
      expect(call).toThrow(TypeMismatchError);
      expect(call).toThrow(message);
    }
  });
});

describe("text and property names", () => {
  test("a concrete array has its text", () => {
    expect([`${f32(1, 2) as unknown as string}`, String(i32(3)), ["a", "b"][i32(1).toArray() as unknown as number]]).toEqual([
      "[1. 2.]",
      "[3]",
      "b",
    ]);
  });

  test("a tracer has none: neither in a template nor as an index", () => {
    const list = ["a", "b"];
    const texts: readonly ((x: NDArray) => unknown)[] = [
      (x) => `${x as unknown as string}`,
      (x) => String(x),
      (x) => list[x as unknown as number],
      (x) => Reflect.get({ a: 1 }, x as unknown as string) as unknown,
    ];
    for (const use of texts) {
      const call = (): unknown =>
        jit((x: NDArray) => {
          use(x);
          return x;
        })(f32(1));
      expect(call).toThrow(TypeMismatchError);
      expect(call).toThrow(
        /^conversion to a string or property name: expected a concrete array, got Tracer<float32\[1\]> of jit of an anonymous function\.\n {2}use console\.log\(x\) or x\.toString\(\) to see its type/,
      );
    }
  });

  test("toString of a tracer tells what it is", () => {
    let text = "";
    jit(function step(x: NDArray) {
      text = x.toString();
      return x;
    })(f32(1, 2));
    expect(text).toBe("Tracer<float32[2]> of jit of step");
  });
});

describe("values read inside a transform", () => {
  const readings: Readonly<Record<string, (x: NDArray) => unknown>> = {
    item: (x) => x.item(),
    toArray: (x) => x.toArray(),
    toTypedArray: (x) => x.toTypedArray(),
  };
  test.each(Object.entries(readings))("%s", (name, read) => {
    const f = (x: NDArray): NDArray => {
      read(x);
      return mul(x, x);
    };
    const calls = [
      [() => jit(f)(f64(3)), "jit of f"],
      [() => grad((x: NDArray) => reduceSum(f(x)))(f64(3)), "grad of an anonymous function"],
      [() => vmap(f)(f64(3)), "vmap of f"],
      [() => jvp(f, [f64(3)], [f64(1)]), "jvp of f"],
    ] as const;
    for (const [call, where] of calls) {
      expect(call).toThrow(ConcretizationError);
      expect(call).toThrow(
        new RegExp(`^${name}: expected a concrete array, got Tracer<float64\\[1?\\]> of ${where}, which has no elements to read\\.`),
      );
      expect(call).toThrow(/np\.where or lax\.cond for a choice\).*staticArgnums.*stopGradient\(x\)/s);
      expect(call).toThrow(/at: .*conversions\.test\.ts:\d+:\d+$/);
    }
    expect(() => read(shapeDtype([1]))).toThrow("AbstractArray<float32[1]>, which has no elements to read");
  });
});

describe("what is no array", () => {
  test("is named with its place", () => {
    const f = jit((p: { w: NDArray }) => p.w);
    expect(() => untyped(f)({ w: f32(1), name: "a" })).toThrow(
      /^jit: expected an array, a number or a boolean at arguments\[0\]\.name, got the string "a"\./,
    );
    expect(() => untyped(f)({ w: Float32Array.of(1) })).toThrow(
      /arguments\[0\]\.w, got a Float32Array, a typed array\.\n {2}make an array of it with np\.array/,
    );
    expect(() => untyped(mul)([1, 2], 2)).toThrow(
      /^mul: expected an array, a number or a boolean, got a JavaScript list\.\n {2}make an array of it with np\.array\(list\)/,
    );
  });
});
