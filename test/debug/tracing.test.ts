// What setDebug explains and checks about tracing: cache misses, functions jitted anew for each call, impure functions.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  LeakedTracerError,
  type NDArray,
  SideEffectError,
  checkpoint,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearTranspose,
  linearize,
  makeJaxpr,
  numpy as np,
  setDebug,
  stopGradient,
  valueAndGrad,
  vjp,
  vmap,
} from "../../src/index.js";
import { debugSettings } from "../../src/core/debug.js";
import { CotangentError } from "../../src/core/errors.js";

let warnings: string[] = [];
const { warn } = debugSettings;

beforeEach(() => {
  warnings = [];
  setDebug({ warn: (message) => void warnings.push(message) });
});
afterEach(() => void setDebug({ warn, explainCacheMisses: false, checkSideEffects: false }));

/** The line of this file on which the caller stands. */
const line = (): number => Number(/tracing\.test\.ts:(\d+):\d+/.exec(new Error().stack?.split("\n")[2] ?? "")?.[1]);
const lineIn = (text: string | undefined): number => Number(/tracing\.test\.ts:(\d+):\d+$/.exec(text ?? "")?.[1]);

const [two, three] = [np.ones([2]), np.ones([3])];

describe("explainCacheMisses", () => {
  test("says which argument changed, from what to what, and at which call", () => {
    setDebug({ explainCacheMisses: true });
    const f = jit(
      function loss(p: { w: NDArray }, x: NDArray, mode: string) {
        return mode === "" ? p.w.sum() : p.w.mul(x).sum();
      },
      { staticArgnums: 2 },
    );
    f({ w: two }, two, "");
    f({ w: two }, two, "");
    expect(warnings).toEqual([]);
    f({ w: three }, 2, "");
    const called = line() - 1;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^cotangent: jit of loss is traced again: argument 0\.w was float32\[2\], now float32\[3\]; argument 1 was float32\[2\], now a whole JavaScript number\n {2}at: /,
    );
    expect(lineIn(warnings[0])).toBe(called);
    f({ w: three }, 2, "other");
    expect(warnings[1]).toContain('static argument 2 was "", now "other"');
    f({ w: three.astype("float64") }, 2, "other");
    expect(warnings[2]).toContain("argument 0.w was float32[3], now float64[3]");
  });

  test("off, nothing is said", () => {
    const f = jit((x: NDArray) => x.mul(2));
    f(two);
    f(three);
    expect(f.traces).toHaveLength(2);
    expect(warnings).toEqual([]);
  });
});

describe("a function jitted again and again", () => {
  test("is warned of once, with its line", () => {
    let made = 0;
    for (let step = 0; step < 200; step++) {
      jit((x: NDArray) => x.mul(step))(two);
      made = line() - 1;
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^cotangent: jit made 64 functions at one place, each traced, compiled, and called about once, so that nothing was reused\.\n {2}Make the jitted function once, outside of the loop/,
    );
    expect(lineIn(warnings[0])).toBe(made);
  });

  test("not where they are reused, nor where they are not called", () => {
    const layers = Array.from({ length: 100 }, (_, i) => jit((x: NDArray) => x.add(i)));
    for (let pass = 0; pass < 3; pass++) layers.slice(0, 63).reduce((x, layer) => layer(x), two);
    layers.slice(63).forEach((layer) => layer(two));
    expect(warnings).toEqual([]);
    for (let i = 0; i < 100; i++) jit((x: NDArray) => x.add(i));
    expect(warnings).toEqual([]);
  });
});

describe("checkSideEffects", () => {
  let counter = 0;
  const caught = (run: () => unknown): CotangentError => {
    try {
      run();
    } catch (error) {
      if (error instanceof CotangentError) return error;
      throw error;
    }
    throw new Error("nothing was thrown");
  };

  const impure: Record<string, readonly [f: (x: NDArray) => NDArray, message: RegExp]> = {
    "a counter": [
      (x) => x.mul(2).add(counter++),
      /^(jit|makeJaxpr|checkpoint) of .*: expected the same program each time that the function is traced, got "c:f32\[2\] = add b \d+\.0:f32\[\]" the first time, "c:f32\[2\] = add b \d+\.0:f32\[\]" the second\.\n {2}make the function pure/,
    ],
    "a random number": [(x) => x.mul(Math.random()), /got "b:f32\[2\] = mul a 0\.\d+:f32\[\]" the first time/],
    "an operation less": [
      (x) => (counter++ % 2 === 0 ? x.sin() : x),
      /got "b:f32\[2\] = sin a" the first time, no further equation the second|no further equation the first/,
    ],
    "another array": [
      (x) => x.add(np.array([counter++, 0])),
      /got a constant float32\[2\] \[ ?\d+\. +0\.\] the first time, float32\[2\] \[ ?\d+\. +0\.\] the second/,
    ],
    "another result": [
      (x) => [x.sin(), x.cos()][counter++ % 2],
      /got "b:f32\[2\] = sin a" the first time, "_:f32\[2\] = sin a" the second|"_:/,
    ],
  };

  test.each(Object.entries(impure))("%s", (_, [f, message]) => {
    setDebug({ checkSideEffects: true });
    for (const run of [() => jit(f)(two), () => makeJaxpr(f)(two), () => checkpoint(f)(two)]) {
      const error = caught(run);
      expect(error).toBeInstanceOf(SideEffectError);
      expect(error.message).toMatch(message);
    }
  });

  const once: Record<string, (f: (x: NDArray) => NDArray) => unknown> = {
    grad: (f) => grad((x: NDArray) => f(x).sum())(two),
    valueAndGrad: (f) => valueAndGrad((x: NDArray) => f(x).sum())(two),
    vjp: (f) => vjp(f, [two]),
    jvp: (f) => jvp(f, [two], [two]),
    linearize: (f) => linearize(f, [two]),
    linearTranspose: (f) => linearTranspose(f, [two])(two),
    vmap: (f) => vmap(f)(two),
    jacfwd: (f) => jacfwd(f)(two),
    jacrev: (f) => jacrev(f)(two),
    hessian: (f) => hessian((x: NDArray) => f(x).sum())(two),
  };

  test.each(Object.entries(once))("%s, which alone runs a function once", (name, run) => {
    setDebug({ checkSideEffects: true });
    expect(() => run((x) => x.mul(2))).not.toThrow();
    let calls = 0;
    const error = caught(() => run((x) => x.mul(calls++)));
    const at = line() - 1;
    expect(error).toBeInstanceOf(SideEffectError);
    expect(error.message).toMatch(
      /^\w+ of .*: expected the same program each time that the function is traced, got "b:f32\[[2]?\] = mul a 0/,
    );
    if (name !== "hessian") expect(error.op.startsWith(`${name} of`)).toBe(true);
    expect(lineIn(error.at)).toBe(at);
    setDebug({ checkSideEffects: false });
    expect(() => run((x) => x.mul(calls++))).not.toThrow();
  });

  test("a function that reads values is let pass, as it has no program", () => {
    setDebug({ checkSideEffects: true });
    const f = (x: NDArray): NDArray => x.mul(stopGradient(x).sum().item()).sum();
    expect(grad(f)(two).toArray()).toEqual([2, 2]);
    expect(jvp(f, [two], [two])[1].item()).toBe(4);
  });

  test("results in another order", () => {
    setDebug({ checkSideEffects: true });
    const f = (x: NDArray): NDArray[] => (counter++ % 2 === 0 ? [x, x.sin()] : [x.sin(), x]);
    expect(() => jit(f)(two)).toThrow(/got results of\n\{ lambda [^]* the first time, of\n/);
    expect(() => grad(jit((x: NDArray) => x.mul(counter++).sum()))(two)).toThrow(SideEffectError);
  });

  test("the error is at the operation that differs", () => {
    setDebug({ checkSideEffects: true });
    let at = 0;
    const f = (x: NDArray): NDArray => {
      const y = x.sin();
      at = line() + 1;
      return y.mul(counter++);
    };
    expect(lineIn(caught(() => jit(f)(two)).at)).toBe(at);
  });

  test("a traced array kept from the first trace is found by the second", () => {
    setDebug({ checkSideEffects: true });
    let kept: NDArray | undefined;
    const f = (x: NDArray): NDArray => {
      const y = kept === undefined ? x : x.add(kept);
      kept = y.mul(2);
      return y;
    };
    expect(() => jit(f)(two)).toThrow(LeakedTracerError);
  });

  test("pure functions pass, whatever they are made of", () => {
    setDebug({ checkSideEffects: true });
    const scale = np.array([1, 2]);
    const f = (x: NDArray): NDArray => checkpoint((y: NDArray) => jit((z: NDArray) => z.mul(scale).add(np.array([3, 4])))(y).sin())(x);
    expect(jit(vmap(f))(np.ones([3, 2])).shape).toEqual([3, 2]);
    expect(jit(grad((x: NDArray) => f(x).sum()))(two).shape).toEqual([2]);
  });
});
