// setDebug: settings come back, misspelt ones are refused, and the checks reach every program and every operation.

import { afterEach, describe, expect, test } from "vitest";
import { aval } from "../../src/core/aval.js";
import { debugSettings, setDebug } from "../../src/core/debug.js";
import { JaxprError, NanError, OptionError } from "../../src/core/errors.js";
import { primitive, constant, pointwise } from "../../src/core/primitive.js";
import { bind } from "../../src/core/trace.js";
import { type NDArray, checkpoint, grad, jit, jvp, makeJaxpr, vmap } from "../../src/index.js";
import { add, div, mul, sub } from "../../src/ops/arithmetic.js";
import { log, sqrt } from "../../src/ops/exponential.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { arrayOf } from "../ops/rules.js";

afterEach(() => void setDebug({ debugNans: false, checkJaxprs: false }));

/** The error that `f` throws. */
function caught(f: () => unknown): NanError {
  try {
    f();
  } catch (error) {
    if (error instanceof NanError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Which line of this file a function's body stands on: the marks are found in its source. */
const here = /debug\.test\.ts:(\d+):\d+$/;
const lineOf = (error: NanError): number => Number(here.exec(error.at ?? "")?.[1]);

describe("settings", () => {
  test("setDebug gives those that were in force, and changes only what it is given", () => {
    const off = { explainCacheMisses: false, checkTracerLeaks: false, checkSideEffects: false };
    const { print, warn } = debugSettings;
    expect(setDebug({ debugNans: true })).toEqual({ debugNans: false, checkJaxprs: false, ...off, print, warn });
    expect(setDebug({ checkJaxprs: true })).toEqual({ debugNans: true, checkJaxprs: false, ...off, print, warn });
    expect(debugSettings).toMatchObject({ debugNans: true, checkJaxprs: true });
    expect(setDebug({})).toEqual({ debugNans: true, checkJaxprs: true, ...off, print, warn });
  });

  test("a setting that does not exist, or of the wrong kind, is refused and changes nothing", () => {
    for (const wrong of [{ debugNaNs: true }, { debugNans: 1, checkJaxprs: true }, { print: "x", checkJaxprs: true }]) {
      const refused = (): unknown => Reflect.apply(setDebug, undefined, [wrong]);
      expect(refused).toThrow(OptionError);
      expect(refused).toThrow(
        /^setDebug: expected true or false for any of debugNans, .*, or a function for print or warn, got (debugNa|print)/,
      );
    }
    expect(debugSettings).toMatchObject({ debugNans: false, checkJaxprs: false });
  });
});

describe("debugNans", () => {
  const bad = arrayOf("float32", [1, -1]);

  test("eager: names the operation, the type and the line", () => {
    setDebug({ debugNans: true });
    const start = Number(here.exec(new Error().stack?.split("\n")[1]?.replace(/\)$/, "") ?? "")?.[1]);
    const error = caught(() => sqrt(bad));
    expect(error.op).toBe("sqrt");
    expect(error.message).toMatch(
      /^sqrt: expected no NaN while debugNans is on, got NaN in its output float32\[2\], in eager evaluation\./,
    );
    expect(lineOf(error)).toBe(start + 1);
  });

  test("jitted: names the equation, and the line of the operation, not of the call", () => {
    setDebug({ debugNans: true });
    let line = 0;
    const f = jit((x: NDArray) => {
      line = Number(here.exec(new Error().stack?.split("\n")[1]?.replace(/\)$/, "") ?? "")?.[1]) + 1;
      const y = log(x);
      return mul(y, 2);
    });
    const error = caught(() => f(bad));
    expect(error.message).toMatch(/^log: .* in a compiled function, equation: float32\[2\] = log float32\[2\]\./);
    expect(lineOf(error)).toBe(line);
  });

  test("backward, eager and jitted: the line of the operation whose derivative it is", () => {
    setDebug({ debugNans: true });
    let line = 0;
    // 0 / 0 appears only in the derivative of sqrt at 0, where the incoming cotangent is 0.
    const loss = (x: NDArray): NDArray => {
      line = Number(here.exec(new Error().stack?.split("\n")[1]?.replace(/\)$/, "") ?? "")?.[1]) + 1;
      const y = sqrt(x);
      return reduceSum(mul(y, 0));
    };
    const zero = arrayOf("float32", [0, 1]);
    expect(reduceSum(mul(sqrt(zero), 0)).item()).toBe(0);
    for (const derivative of [grad(loss), jit(grad(loss)), grad(jit(loss)), grad(checkpoint(loss))]) {
      const error = caught(() => derivative(zero));
      expect(["mul", "div"]).toContain(error.op);
      expect(lineOf(error)).toBe(line);
    }
    const forward = caught(() => jvp(loss, [zero], [arrayOf("float32", [0, 0])]));
    expect(lineOf(forward)).toBe(line);
    expect(lineOf(caught(() => vmap(grad((x: NDArray) => loss(x)))(arrayOf("float32", [0, 1], [2, 1]))))).toBe(line);
  });

  test("infinities, integers and finite results pass", () => {
    setDebug({ debugNans: true });
    expect(div(1, arrayOf("float32", [0])).toArray()).toEqual([Infinity]);
    expect(jit((x: NDArray) => add(x, 1))(arrayOf("int32", [1])).toArray()).toEqual([2]);
  });

  test("off, NaN passes", () => {
    expect(jit((x: NDArray) => sub(x, x))(arrayOf("float32", [Infinity])).toArray()).toEqual([NaN]);
  });
});

describe("checkJaxprs", () => {
  // Its typing changes from call to call, so that no program with it can be checked.
  let calls = 0;
  const fickle = primitive("fickle")<object>({
    type: ([x]) => [aval([...x.shape, ++calls], x.dtype)],
    derivative: constant,
    batch: pointwise,
    reference: ([x]) => [x],
  });

  test("every built program is checked, or none", () => {
    const program = (): unknown => makeJaxpr((x: NDArray) => bind(fickle, [x], {}))(arrayOf("float32", [1]));
    expect(program).not.toThrow();
    setDebug({ checkJaxprs: true });
    expect(program).toThrow(JaxprError);
    expect(program).toThrow(/^jaxpr check of fickle: expected float32\[1,\d+\], got float32\[1,\d+\]/);
  });
});
