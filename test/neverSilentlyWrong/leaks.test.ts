// A tracer that outlives its transform throws when it is used, and says in which function, at which line, it was made.
// Errors inside a transform leave everything usable.

import { describe, expect, test } from "vitest";
import {
  LeakedTracerError,
  type NDArray,
  TreeError,
  TypeMismatchError,
  checkpoint,
  evalShape,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearTranspose,
  linearize,
  makeJaxpr,
  vjp,
  vmap,
} from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { f64, untyped } from "../transform/arrays.js";

const x = f64(1, 2);

/** Each transform, run on a function of a vector with a scalar result. */
const transforms: Readonly<Record<string, (f: (y: NDArray) => NDArray) => unknown>> = {
  jit: (f) => jit(f)(x),
  grad: (f) => grad(f)(x),
  vmap: (f) => vmap(f, { inAxes: null, axisSize: 2 })(x),
  "vmap of a batch": (f) => vmap(f)(mul(f64(1, 2), 1)),
  jvp: (f) => jvp(f, [x], [x]),
  vjp: (f) => vjp(f, [x]),
  linearize: (f) => linearize(f, [x]),
  linearTranspose: (f) => linearTranspose(f, [x]),
  checkpoint: (f) => checkpoint(f)(x),
  jacfwd: (f) => jacfwd(f)(x),
  jacrev: (f) => jacrev(f)(x),
  hessian: (f) => hessian(f)(x),
  makeJaxpr: (f) => makeJaxpr(f)(x),
  evalShape: (f) => evalShape(f, x),
};

describe("leaks", () => {
  // Where nothing is mapped, vmap makes no tracer that could leak.
  test.each(Object.entries(transforms).filter(([name]) => name !== "vmap"))("%s", (name, transform) => {
    const kept: NDArray[] = [];
    transform(function stores(y: NDArray) {
      kept.push(y, mul(y, 2));
      return reduceSum(y);
    });
    const where = name.replace(" of a batch", "");
    for (const leaked of kept) {
      const uses = [
        () => add(leaked, 1),
        () => leaked.item(),
        () => leaked.toArray(),
        () => jit(sin)(leaked),
        () => reduceSum(grad(reduceSumOf)(leaked)),
      ];
      for (const use of uses) {
        expect(use).toThrow(LeakedTracerError);
        expect(use).toThrow(
          new RegExp(
            `^use of a tracer after its transform: expected an array of the computation at hand, got a traced float64\\[\\d*\\] made in ${where} of stores, at .*leaks\\.test\\.ts:\\d+:\\d+\\.\\n {2}return the value from the transformed function instead of storing it in an outer variable\\.`,
          ),
        );
      }
    }
  });

  test("the line is the one of the operation, where the program has it", () => {
    let kept: NDArray | undefined;
    let line = 0;
    jit((y: NDArray) => {
      line = Number(/:(\d+):\d+\)?$/.exec(new Error().stack?.split("\n")[1] ?? "")?.[1]) + 1;
      kept = sin(y);
      return y;
    })(x);
    expect(() => add(kept ?? 0, 1)).toThrow(new RegExp(`made in jit of an anonymous function, at .*leaks\\.test\\.ts:${line}:\\d+\\.`));
  });

  test("as a constant of another trace, in an inner transform, and in a closure called later", () => {
    let kept: NDArray = x;
    const later: (() => NDArray)[] = [];
    grad((y: NDArray) => {
      kept = y;
      later.push(() => mul(y, y));
      return reduceSum(y);
    })(x);
    for (const use of [
      () => jit((z: NDArray) => mul(z, kept))(x),
      () => makeJaxpr((z: NDArray) => mul(z, kept))(x),
      () => vmap((z: NDArray) => mul(z, kept))(x),
      later[0],
    ]) {
      expect(use).toThrow(LeakedTracerError);
      expect(use).toThrow("made in grad of an anonymous function");
    }
  });

  test("the tracers of an outer transform are alive in the inner one", () => {
    const f = (y: NDArray): NDArray => reduceSum(vmap((s: NDArray) => jit((z: NDArray) => mul(mul(z, s), reduceSum(y)))(s))(y));
    expect(grad(f)(x).toArray()).toEqual([11, 17]);
  });
});

const reduceSumOf = (y: NDArray): NDArray => reduceSum(mul(y, y));

describe("errors inside a traced function", () => {
  test.each(Object.entries(transforms))("%s: the error is the user's own, and everything works afterwards", (_, transform) => {
    const mine = new RangeError("mine");
    const fails = (y: NDArray): NDArray => {
      mul(y, 2);
      throw mine;
    };
    let caught: unknown;
    try {
      transform(fails);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(mine);
    expect(add(x, 1).toArray()).toEqual([2, 3]);
    expect(jit(grad(reduceSumOf))(x).toArray()).toEqual([2, 4]);
  });

  test("caught inside an outer transform, it does no harm to it", () => {
    const f = (y: NDArray): NDArray => {
      expect(() =>
        jit((z: NDArray) => {
          mul(z, y);
          throw new RangeError("mine");
        })(y),
      ).toThrow(RangeError);
      return reduceSumOf(y);
    };
    expect(grad(f)(x).toArray()).toEqual([2, 4]);
    expect(jit(f)(x).item()).toBe(5);
  });
});

describe("functions that are no plain functions of arrays", () => {
  const strange: readonly (readonly [string, unknown, new (...args: never[]) => Error, RegExp])[] = [
    [
      "async",
      async (y: NDArray): Promise<NDArray> => reduceSum(await Promise.resolve(y)),
      TypeMismatchError,
      /: expected a function that returns arrays when it is called, got an async function, which computes later\.\n {2}make it a plain function; await data before the call/,
    ],
    [
      "a generator",
      function* (y: NDArray): Generator<NDArray> {
        yield y;
      },
      TypeMismatchError,
      /: expected a function that returns arrays when it is called, got a generator, which computes later\./,
    ],
    [
      "a string",
      (): string => "loss",
      TreeError,
      /: expected an array, a number or a boolean at the result, got the string "loss"\.\n {2}return arrays, numbers and booleans, or trees of them, and nothing else\./,
    ],
    ["a function", () => (): number => 1, TreeError, /at the result, got a function\./],
    ["a string inside", (y: NDArray): unknown => ({ y, note: "n" }), TreeError, /at the result\.note, got the string "n"\./],
    ["a Map", (): unknown => new Map(), TreeError, /at the result, got an instance of Map\./],
  ];
  for (const [what, f, ErrorClass, message] of strange)
    test.each(Object.entries(transforms))(`${what}, given to %s`, (_, transform) => {
      const call = (): unknown => transform(f as (y: NDArray) => NDArray);
      expect(call).toThrow(ErrorClass);
      expect(call).toThrow(message);
    });

  test("what an async function does after its first await is a leak", async () => {
    let failure: unknown;
    const late = async (y: NDArray): Promise<void> => {
      await Promise.resolve();
      try {
        mul(y, 2);
      } catch (error) {
        failure = error;
      }
    };
    expect(() => untyped(jit(late))(x)).toThrow(TypeMismatchError);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(failure).toBeInstanceOf(LeakedTracerError);
  });

  test.each(["jit", "grad", "vmap", "jacfwd", "jacrev", "hessian", "valueAndGrad"] as const)("no function at all: %s", async (name) => {
    const library = await import("../../src/index.js");
    for (const [wrong, received] of [
      [null, "null"],
      [undefined, "undefined"],
      [3, "a number"],
      [x, "an array float64[2]"],
      [[sin], "a JavaScript list"],
    ] as const)
      expect(() => untyped(library[name])(wrong)).toThrow(
        `${name}: expected a function, got ${received}.\n  call ${name}(f, ...) with the function to transform.`,
      );
  });
});
