// debugNans says which pass made the NaN, and of which operation, eager and jitted.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NanError, type NDArray, checkpoint, customVjp, grad, jit, jvp, numpy as np, setDebug, vmap } from "../../src/index.js";

beforeEach(() => void setDebug({ debugNans: true }));
afterEach(() => void setDebug({ debugNans: false }));

const caught = (run: () => unknown): NanError => {
  try {
    run();
  } catch (error) {
    if (error instanceof NanError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const zero = np.array([0, 1]);
const divided = customVjp(
  function divided(y: NDArray) {
    return y;
  },
  { forward: (y) => [y, y], backward: (y, ct) => [ct.div(y).mul(0)] },
);
const loss = (x: NDArray): NDArray => x.sqrt().mul(0).sum();

describe("debugNans names the pass", () => {
  test.each<readonly [string, () => unknown, RegExp]>([
    ["forward, eager", () => np.log(np.array([-1])), /^log: .*float32\[1\], in eager evaluation\./],
    ["forward, jitted", () => jit((x: NDArray) => np.log(x))(np.array([-1])), /^log: .*float32\[1\], in a compiled function, equation:/],
    [
      "forward, of a differentiated function",
      () => grad((x: NDArray) => np.log(x).sum())(np.array([-1])),
      /^log: .*float32\[1\], in eager evaluation\./,
    ],
    ["backward, eager", () => grad(loss)(zero), /^(mul|div): .*float32\[2\], in the backward pass of sqrt, in eager evaluation\./],
    ["backward, jitted", () => jit(grad(loss))(zero), /^(mul|div): .*in the backward pass of sqrt, in a compiled function/],
    ["backward of a jitted function", () => grad(jit(loss))(zero), /^(mul|div): .*in the backward pass of sqrt, in a compiled function/],
    ["backward, with checkpoint", () => grad(checkpoint(loss))(zero), /^(mul|div): .*in the backward pass of sqrt, in/],
    ["backward, batched", () => vmap(grad(loss))(np.stack([zero, zero])), /^(mul|div): .*in the backward pass of sqrt, in/],
    ["forward mode", () => jvp(loss, [zero], [np.zeros([2])]), /^(mul|div): .*in the derivative of sqrt, in eager evaluation\./],
    [
      "forward mode, jitted",
      () => jit((x: NDArray) => jvp(loss, [x], [np.zeros([2])])[1])(zero),
      /^(mul|div): .*in the derivative of sqrt, in a compiled function/,
    ],
    [
      "a rule of the user's",
      () => grad((x: NDArray) => divided(x).sum())(zero),
      /^mul: .*in the backward pass of divided, in eager evaluation\./,
    ],
  ])("%s", (_, run, message) => {
    const error = caught(run);
    expect(error.message).toMatch(message);
    expect(error.at).toMatch(/nans\.test\.ts/);
  });
});
