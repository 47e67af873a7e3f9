// What reverse mode keeps of a loop of 1,000 steps: the residuals of the linearised program, in bytes, for the plain body, a
// checkpointed one, and blocks of steps checkpointed together; and what is kept out of them.

import { describe, expect, test } from "vitest";
import "../../../src/install.js";
import { bytesOf } from "../../../src/core/dtype.js";
import { type NDArray, checkpoint, grad, lax, makeJaxpr, numpy as np, setDebug } from "../../../src/index.js";
import { withoutDeadCode } from "../../../src/transform/deadcode.js";
import { linearizeFlat } from "../../../src/transform/partial.js";
import { expectClose } from "../arrays.js";

setDebug({ checkJaxprs: true });

const WIDTH = 8;
const STEPS = 1000;
const ROW = WIDTH * 4;
const x0 = np.linspace(-1, 1, WIDTH);
const xs = np.linspace(-2, 2, STEPS);
const BLOCKS = 40;
const blocked = xs.reshape([BLOCKS, STEPS / BLOCKS]);
const weights = np.eye(WIDTH).mul(0.5).add(0.01);

/** Three nonlinear operations a step. */
const step =
  (w: NDArray) =>
  (c: NDArray, x: NDArray): [NDArray, null] => [
    np.tanh(
      np
        .sin(np.matmul(w, c))
        .mul(np.exp(c.mul(0.1)))
        .add(x),
    ),
    null,
  ];

type Loss = (w: NDArray, c: NDArray) => NDArray;

/** Bytes of the residuals that are neither inputs nor what a program captured. */
function residualBytes(f: Loss): number {
  const inputs = [weights, x0, xs, blocked];
  const { program } = linearizeFlat("test", (w, c) => [f(w, c)], [weights, x0], [true, true]);
  const kept = program.consts.filter((x) => !inputs.includes(x));
  return kept.reduce((sum, x) => sum + x.size * bytesOf(x.dtype), 0);
}

const plain: Loss = (w, c) => lax.scan(step(w), c, xs)[0].sum();
const checkpointed: Loss = (w, c) => lax.scan(checkpoint(step(w)), c, xs)[0].sum();
const blocks: Loss = (w, c) =>
  lax
    .scan(
      checkpoint((carry: NDArray, part: NDArray) => lax.scan(checkpoint(step(w)), carry, part)),
      c,
      blocked,
    )[0]
    .sum();

describe("residuals of 1,000 steps", () => {
  test("are those of one step each; a checkpointed body keeps the carry alone; blocks keep a carry each", () => {
    const [full, carries, squareRoot] = [plain, checkpointed, blocks].map(residualBytes);
    // sin's cosine and its value, exp's value, tanh's value and 1 − it, the carry: no more than six rows a step.
    expect(full).toBeGreaterThanOrEqual(4 * STEPS * ROW);
    expect(full).toBeLessThanOrEqual(6 * STEPS * ROW);
    expect(carries).toBe(STEPS * ROW);
    expect(squareRoot).toBe(BLOCKS * ROW);
  });

  test("gradients are the same", () => {
    const [dw, dc] = grad(plain, { argnums: [0, 1] })(weights, x0);
    for (const f of [checkpointed, blocks]) {
      const [dw2, dc2] = grad(f, { argnums: [0, 1] })(weights, x0);
      expectClose(dw2, dw, 1e-4);
      expectClose(dc2, dc, 1e-4);
    }
  });
});

describe("what stays the same in all steps", () => {
  /** The types of what the forward loop of a gradient gives. */
  const forwardLoop = (f: (w: NDArray, c: NDArray) => NDArray): string => {
    const text = String(makeJaxpr(grad(f, { argnums: [0, 1] }))(weights, x0));
    return (/^(.*) = scan\[/m.exec(text)?.[1] ?? "").trim();
  };

  test("is no residual: what depends on consts alone is computed once", () => {
    // The body is linear in the carry; its matrix depends on w alone.
    const f: Loss = (w, c) => lax.scan((y: NDArray) => [np.matmul(np.tanh(w), y), null], c, null, { length: STEPS })[0].sum();
    expect(forwardLoop(f)).toMatch(/^\w+:f32\[8\] \w+:f32\[1000,8\]$/);
    // Nor when w is handed on in the carry, unchanged.
    const handedOn: Loss = (w, c) =>
      lax
        .scan(([v, y]: [NDArray, NDArray]) => [[v, np.matmul(np.tanh(v), y)], null], [w, c] as [NDArray, NDArray], null, {
          length: STEPS,
        })[0][1]
        .sum();
    expect(forwardLoop(handedOn)).toMatch(/^\w+:f32\[8\] \w+:f32\[1000,8\]$/);
    const [a, b] = [f, handedOn].map((g) => grad(g)(weights, x0));
    expectClose(a, b, 1e-5);
  });

  test("xs and ys that are residuals are not stacked a second time", () => {
    const f: Loss = (w, c) => {
      const [, ys] = lax.scan(
        (y: NDArray, x: NDArray) => {
          const next = np.exp(y.mul(x));
          return [next, next];
        },
        c,
        xs,
      );
      return ys.sum().add(w.sum());
    };
    // exp's derivative is the ys, and x is there already.
    expect(forwardLoop(f).match(/f32\[1000,8\]/g)).toHaveLength(1);
  });

  test("carries and ys that nobody reads go with what only they need", () => {
    const f = (w: NDArray, c: NDArray): NDArray =>
      lax
        .scan(
          ([y, unread]: [NDArray, NDArray], x: NDArray) => [[np.sin(y).add(x), np.exp(unread).mul(w.sum())], np.cos(unread)],
          [c, c] as [NDArray, NDArray],
          xs,
        )[0][0]
        .sum();
    const text = String(withoutDeadCode(makeJaxpr(grad((c: NDArray) => f(weights, c)))(x0)));
    expect(text).not.toMatch(/exp /);
    expect(text.match(/ cos /g)).toHaveLength(1);
  });
});
