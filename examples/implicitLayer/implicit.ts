// The solution z of F(z, p) = 0 as a function of p, for any way of solving it: solvers go in, and out comes a function with derivatives
// of every order in both modes. Derivatives are solutions of linear equations, which are solved by conjugate gradients, without matrices.

import { type NDArray, customVjp, jvp, lax, linearize, numpy as np, vjp } from "cotangent";

/** What is to be zero, of the shape of z, given z and a tree of parameters. */
export type Equation<P> = (z: NDArray, p: P) => NDArray;
export type Solver = <P>(F: Equation<P>, p: P, guess: NDArray) => NDArray;
type Solution = <P>(F: Equation<P>, p: P, guess: NDArray, solve: Solver) => NDArray;

const MAX_STEPS = 200;
const toleranceOf = ({ dtype }: NDArray): number => (dtype === "float64" ? 1e-13 : 1e-6);
const zero = np.array(0, { dtype: "int32" });

/** z ← z + F(z), until nothing moves by more than the tolerance: for F that are f(z) − z, where f is a contraction. */
export const iterate: Solver = (F, p, guess) => {
  type Progress = [z: NDArray, move: NDArray, steps: NDArray];
  const step = ([z, , steps]: Progress): Progress => {
    const move = F(z, p);
    return [z.add(move), move, steps.add(1)];
  };
  const goesOn = ([z, move, steps]: Progress): NDArray => np.logicalAnd(move.abs().max().greater(toleranceOf(z)), steps.less(MAX_STEPS));
  return lax.whileLoop(goesOn, step, [guess, F(guess, p), zero])[0];
};

/**
 * For F(z) = A z + b: conjugate gradients on Aᵀ A z = −Aᵀ b (Hestenes and Stiefel 1952), from any guess. A and Aᵀ are the derivative
 * of F forward and backward.
 */
export const solveLinear: Solver = (F, p, guess) => {
  type Progress = { readonly z: NDArray; readonly r: NDArray; readonly d: NDArray; readonly gamma: NDArray; readonly steps: NDArray };
  const affine = (z: NDArray): NDArray => F(z, p);
  const [atGuess, A] = linearize(affine, [guess]);
  const [, transposed] = vjp(affine, [guess]);
  const AT = (r: NDArray): NDArray => transposed(r)[0];
  const dot = (a: NDArray, b: NDArray): NDArray => a.mul(b).sum();
  const step = ({ z, r, d, gamma, steps }: Progress): Progress => {
    const q = A(d);
    const alpha = gamma.div(dot(q, q));
    const rest = r.sub(q.mul(alpha));
    const s = AT(rest);
    const next = dot(s, s);
    return { z: z.add(d.mul(alpha)), r: rest, d: s.add(d.mul(next.div(gamma))), gamma: next, steps: steps.add(1) };
  };
  const r = atGuess.neg();
  const d = AT(r);
  const first = dot(d, d);
  const enough = first.mul(toleranceOf(guess) ** 2);
  const goesOn = ({ gamma, steps }: Progress): NDArray => np.logicalAnd(gamma.greater(enough), steps.less(MAX_STEPS));
  return lax.whileLoop(goesOn, step, { z: guess, r, d, gamma: first, steps: zero }).z;
};

/**
 * The z that `solve` finds for F(z, p) = 0. By the implicit function theorem, with A = ∂F/∂z: dz solves A dz + ∂F/∂p dp = 0, and the
 * cotangent of p is (∂F/∂p)ᵀ u, where u solves Aᵀ u + ct = 0. Both are solutions again, so they have derivatives too.
 */
export const solution = customVjp((F: Equation<unknown>, p: unknown, guess: NDArray, solve: Solver) => solve(F, p, guess), {
  nondiffArgnums: [0, 3],
  forward: (F, p, guess, solve) => {
    const z = solution(F, p, guess, solve);
    return [z, { p, z }];
  },
  backward: ({ p, z }, ct, F) => {
    type Given = { readonly p: unknown; readonly z: NDArray; readonly ct: NDArray };
    const adjoint: Equation<Given> = (u, given) => vjp((y: NDArray) => F(y, given.p), [given.z])[1](u)[0].add(given.ct);
    const u = solution(adjoint, { p, z, ct }, np.zerosLike(ct), solveLinear);
    const [dp] = vjp((q: unknown) => F(z, q), [p])[1](u);
    return [null, dp, null, null];
  },
  jvp: ([F, p, guess, solve], [, dp]) => {
    const z = solution(F, p, guess, solve);
    type Given = { readonly p: unknown; readonly z: NDArray; readonly push: NDArray };
    const tangent: Equation<Given> = (v, given) => jvp((y: NDArray) => F(y, given.p), [given.z], [v])[1].add(given.push);
    const [, push] = jvp((q: unknown) => F(z, q), [p], [dp]);
    return [z, solution(tangent, { p, z, push }, np.zerosLike(z), solveLinear)];
  },
}) as Solution;
