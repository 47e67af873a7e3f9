// Functions that close over values of outer transforms, inside of loops: the rules run when the function is long done, on
// values that have become operands of the loop, or batches of them.

import { describe, expect, test } from "vitest";
import { type NDArray, checkpoint, customJvp, customVjp, grad, jit, lax, numpy as np, vmap } from "../../../src/index.js";
import { expectClose } from "../arrays.js";

const xs = np.array([1, 2, 3]);
const one = np.array(1);
const [w, ws] = [np.array(2), np.array([1, 2])];

type Scaled = (w: NDArray) => (y: NDArray) => NDArray;
const byVjp: Scaled = (v) => customVjp((y: NDArray) => y.mul(v), { forward: (y) => [y.mul(v), y], backward: (_, ct) => [ct.mul(v)] });
const byJvp: Scaled = (v) => customJvp((y: NDArray) => y.mul(v), { jvp: ([y], [dy]) => [y.mul(v), dy.mul(v)] });

describe.each([
  ["customVjp", byVjp],
  ["customJvp", byJvp],
] as const)("%s in a scan", (name, scaled) => {
  /** x w³ · 1 · 2 · 3 */
  const f = (v: NDArray) => (x: NDArray) =>
    lax.scan((carry: NDArray, y: NDArray): [NDArray, null] => [scaled(v)(carry).mul(y), null], x, xs)[0];
  const summed = (x: NDArray): NDArray => vmap((v: NDArray) => f(v)(x))(ws).sum();

  test.each<readonly [string, () => NDArray, readonly number[]]>([
    ["jit of grad", () => jit((v: NDArray) => grad(f(v))(one))(w), [48]],
    ["vmap of grad", () => vmap((v: NDArray) => grad(f(v))(one))(ws), [6, 48]],
    ["jit of vmap of grad", () => jit(vmap((v: NDArray) => grad(f(v))(one)))(ws), [6, 48]],
    ["grad of vmap", () => grad(summed)(one), [54]],
    ["grad of jit of vmap of jit", () => grad((x: NDArray) => jit(vmap((v: NDArray) => jit(f(v))(x)))(ws).sum())(one), [54]],
    ["grad of checkpoint of vmap", () => grad(checkpoint(summed))(one), [54]],
    ["jit of grad of checkpoint", () => jit((v: NDArray) => grad(checkpoint((x: NDArray) => f(v)(x)))(one))(w), [48]],
  ])("%s", (_, derivative, expected) => {
    expectClose(derivative(), expected, 0);
  });

  test("a derivative with respect to it is refused", () => {
    const loss = (v: NDArray): NDArray => f(v)(one);
    for (const derivative of [grad(loss), jit(grad(loss)), grad(jit(loss))]) {
      expect(() => derivative(w)).toThrow(
        `${name} of anonymous: expected derivatives with respect to its arguments, got one with respect to a float32[]`,
      );
    }
  });
});
