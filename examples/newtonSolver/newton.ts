// Newton's method for f(x, a) = 0 in one unknown: a guess and parameters go in, the root comes out, found by a loop that ends when the
// steps have become small. Two ways to differentiate the root: through the loop, and by the equation alone, however it was solved.

import { type NDArray, customVjp, jvp, lax, numpy as np, vjp } from "cotangent";

/** An equation in the scalar x, with a tree of parameters. */
export type Equation<A> = (x: NDArray, a: A) => NDArray;

interface Progress {
  readonly x: NDArray;
  readonly move: NDArray;
  readonly steps: NDArray;
}

export interface Root {
  readonly x: NDArray;
  readonly steps: NDArray;
}

const TOLERANCE = 1e-10;

/** f and ∂f/∂x at x. */
const valueAndSlope = <A>(f: Equation<A>, a: A, x: NDArray): [NDArray, NDArray] => jvp((y: NDArray) => f(y, a), [x], [np.onesLike(x)]);

/** x ← x − f(x) / f′(x), until a move is small. Reverse mode through it needs `maxSteps`, and memory for as many steps. */
export function newton<A>(f: Equation<A>, a: A, guess: NDArray, options: { readonly maxSteps?: number } = {}): Root {
  const step = ({ x, steps }: Progress): Progress => {
    const [value, slope] = valueAndSlope(f, a, x);
    const move = value.div(slope);
    return { x: x.sub(move), move, steps: steps.add(1) };
  };
  const far = ({ move }: Progress): NDArray => move.abs().greater(TOLERANCE);
  return lax.whileLoop(far, step, { x: guess, move: np.onesLike(guess), steps: np.array(0, { dtype: "int32" }) }, options);
}

/** What the rule below serves: any equation, any tree of parameters. */
type ImplicitRoot = <A>(f: Equation<A>, a: A, guess: NDArray) => NDArray;

/**
 * The same root, differentiated by the implicit function theorem: from f(x(a), a) = 0 follows dx = −(∂f/∂a · da) / (∂f/∂x), whatever
 * the steps were. Both modes are written with the root itself, so derivatives of any order come by themselves.
 */
export const implicitRoot = customVjp((f: Equation<unknown>, a: unknown, guess: NDArray) => newton(f, a, guess).x, {
  nondiffArgnums: 0,
  forward: (f, a, guess) => {
    const x = implicitRoot(f, a, guess);
    return [x, { a, x }];
  },
  backward: ({ a, x }, ct, f) => {
    const [, slope] = valueAndSlope(f, a, x);
    const [da] = vjp((b: unknown) => f(x, b), [a])[1](ct.div(slope).neg());
    return [null, da, null];
  },
  jvp: ([f, a, guess], [, da]) => {
    const x = implicitRoot(f, a, guess);
    const [, slope] = valueAndSlope(f, a, x);
    const [, push] = jvp((b: unknown) => f(x, b), [a], [da]);
    return [x, push.div(slope).neg()];
  },
}) as ImplicitRoot;
