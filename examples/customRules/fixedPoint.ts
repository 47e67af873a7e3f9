// Implicit differentiation of a fixed point. z = f(a, z) says how z depends on a, however it was found: with u = ct + uᵀ ∂f/∂z
// (a fixed point again), the cotangent of a is uᵀ ∂f/∂a. Nothing of the iteration is kept, and reverse mode works where the loop
// alone has none. Because the backward pass is a fixed point too, second derivatives come by themselves.
// (Bai, Kolter, Koltun: Deep Equilibrium Models, 2019, section 3.)
//
//   npx tsx examples/customRules/fixedPoint.ts
//
// Expected: the fixed point of z = (z + a / z) / 2 is √a: 1.41421356 at 2, with derivatives 0.35355339 and -0.08838835.

import { type NDArray, customVjp, grad, jit, lax, numpy as np, vjp } from "cotangent";
import { check } from "./check.js";

/** One turn: from a parameter and a guess to a better guess. */
type Turn<A> = (a: A, z: NDArray) => NDArray;

const TOLERANCE = 1e-13;
/** The rule for every type of parameters. */
type FixedPoint = <A>(turn: Turn<A>, a: A, guess: NDArray) => NDArray;

function iterate<A>(turn: Turn<A>, a: A, guess: NDArray): NDArray {
  const moves = ([before, now]: [NDArray, NDArray]): NDArray => np.abs(now.sub(before)).max().greater(TOLERANCE);
  return lax.whileLoop(moves, ([, now]: [NDArray, NDArray]): [NDArray, NDArray] => [now, turn(a, now)], [guess, turn(a, guess)])[1];
}

const fixedPoint = customVjp(iterate, {
  nondiffArgnums: 0,
  forward: (turn, a, guess) => {
    const z = fixedPoint(turn, a, guess);
    return [z, { a, z }];
  },
  backward: ({ a, z }, ct, turn) => {
    // u = ct + (∂f/∂z)ᵀ u, whose parameters are all that it depends on.
    const adjoint: Turn<{ a: unknown; z: NDArray; ct: NDArray }> = (p, u) => p.ct.add(vjp((y: NDArray) => turn(p.a, y), [p.z])[1](u)[0]);
    const u = fixedPoint(adjoint, { a, z, ct }, ct);
    const [da] = vjp((b: typeof a) => turn(b, z), [a])[1](u);
    return [null, da, null];
  },
}) as FixedPoint;

const heron: Turn<NDArray> = (a, z) => z.add(a.div(z)).div(2);
const root = (a: NDArray): NDArray => fixedPoint(heron, a, np.ones([], { dtype: "float64" }));

const two = np.array(2, { dtype: "float64" });
const found = [root, grad(root), jit(grad(grad(root)))].map((f) => f(two).item());
const exact = [Math.SQRT2, 1 / (2 * Math.SQRT2), -1 / (8 * Math.SQRT2)];
["√a", "its derivative", "its second derivative"].forEach((name, i) => console.log(`${name} at 2: ${found[i].toFixed(8)}`));
check(
  "value, first and second derivative are exact to 1e-10",
  found.every((value, i) => Math.abs(value - exact[i]) < 1e-10),
);
