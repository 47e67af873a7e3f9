// findTracerLeaks: what outlived its transform is found, with its line; what did not is not.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type NDArray,
  OptionError,
  checkpoint,
  customVjp,
  findTracerLeaks,
  grad,
  jit,
  lax,
  numpy as np,
  setDebug,
  vmap,
} from "../../src/index.js";

setFlagsFromString("--expose-gc");
const gc: unknown = runInNewContext("gc");

beforeEach(() => {
  Reflect.set(globalThis, "gc", gc);
  setDebug({ checkTracerLeaks: true });
});
afterEach(() => {
  setDebug({ checkTracerLeaks: false });
});

const x = np.array([1, 2, 3]);

describe("findTracerLeaks", () => {
  test("names what is kept, its transform and its line, until it is let go", async () => {
    const kept: NDArray[] = [];
    jit(function loss(y: NDArray) {
      kept.push(y.mul(2));
      return y.sum();
    })(x);
    grad((y: NDArray) => {
      kept.push(y.sin());
      return y.sum();
    })(x);
    vmap((y: NDArray) => {
      kept.push(y);
      return y;
    })(x);
    const leaks = await findTracerLeaks();
    expect(leaks).toHaveLength(3);
    expect(leaks[0]).toMatch(/^float32\[3\], made in jit of loss, at .*leaks\.test\.ts:\d+:\d+$/);
    expect(leaks[1]).toMatch(/^float32\[3\], made in grad of an anonymous function, at .*leaks\.test\.ts:\d+:\d+$/);
    expect(leaks[2]).toMatch(/^float32\[\], made in vmap of an anonymous function, at .*leaks\.test\.ts:\d+:\d+$/);
    expect(kept).toHaveLength(3);
    kept.length = 0;
    expect(await findTracerLeaks()).toEqual([]);
  });

  test("finds nothing in functions that keep nothing, whatever the library keeps of them", async () => {
    const rule = customVjp((y: NDArray) => y.mul(y), { forward: (y) => [y.mul(y), y], backward: (y, ct) => [ct.mul(y).mul(2)] });
    const loss = (y: NDArray): NDArray => checkpoint((z: NDArray) => rule(z).sin())(y).sum();
    const functions = [
      jit(grad(loss)),
      jit(vmap((y: NDArray) => y.mul(2).sin())),
      grad(jit(loss)),
      jit((y: NDArray) => lax.scan((c: NDArray, z: NDArray): [NDArray, NDArray] => [c.add(rule(z)), c], y.sum(), y)[0]),
    ];
    for (const f of functions) f(x);
    expect(await findTracerLeaks()).toEqual([]);
    expect(functions).toHaveLength(4);
  });

  test("needs the switch, and a collector that can be called", async () => {
    setDebug({ checkTracerLeaks: false });
    await expect(findTracerLeaks()).rejects.toThrow(OptionError);
    await expect(findTracerLeaks()).rejects.toThrow("got checkTracerLeaks off.");
    setDebug({ checkTracerLeaks: true });
    Reflect.deleteProperty(globalThis, "gc");
    await expect(findTracerLeaks()).rejects.toThrow(
      "findTracerLeaks: expected checkTracerLeaks on, and a garbage collector that can be called, got no globalThis.gc.\n  call setDebug({ checkTracerLeaks: true }) before the transforms, and run node with --expose-gc.",
    );
  });
});
