// Gamma samples by rejection, each lane with a key and a shape parameter of its own: the method, the order of keys and the
// formulas of the reference (Marsaglia and Tsang, A simple method for generating gamma variables, 2000; the keys as
// jax.random.gamma splits them). Lanes that have their sample wait for the others.

import type { VectorContext } from "../context.js";
import { binaryFloat32, float32 } from "../float32/index.js";
import { binaryFloat64, float64 } from "../float64/index.js";
import { Formula, type Shape, type Term, type Variable } from "../formula.js";
import type { Local } from "../../module.js";
import { type Words, draw, unit, words } from "./threefry.js";

/** The elementary functions on the lanes of a formula. */
function elementary(v: Formula) {
  const [unary, binary] = v.shape === "f32x4" ? [float32, binaryFloat32] : [float64, binaryFloat64];
  const of =
    (name: "log" | "log1p" | "erf_inv") =>
    (x: Variable): Term =>
    () =>
      unary[name](v.context, x.local);
  return {
    log: of("log"),
    log1p: of("log1p"),
    erfInv: of("erf_inv"),
    pow:
      (x: Variable, y: Variable): Term =>
      () =>
        binary.pow(v.context, x.local, y.local),
  };
}

/** Uniform floats of the keys that `key` has at `counter`. */
function uniformOf(v: Formula, key: Words, counter: number, room: { readonly subkey: Words; readonly bits: Words }): Term {
  draw(v, key, counter, room.subkey);
  draw(v, room.subkey, 0, room.bits);
  return unit(v, room.bits);
}

interface Proposal {
  /** A normal x and the cube (1 + c x)³ > 0. */
  readonly square: Variable;
  readonly cube: Variable;
}

/** Draws until each lane of `pending` has a positive cube. */
function propose(v: Formula, start: Words, pending: Variable, c: Variable): Proposal {
  const { erfInv } = elementary(v);
  const least = v.shape === "f32x4" ? 2 ** -24 - 1 : 2 ** -53 - 1;
  const room = { subkey: words(v), bits: words(v) };
  const key: Words = [v.let(start[0]), v.let(start[1])];
  const waiting = v.let(pending);
  const [square, cube] = [v.let(v.constant(0)), v.let(v.constant(1))];
  const [u, x, w] = [v.let(v.constant(0)), v.let(v.constant(0)), v.let(v.constant(0))];
  v.whileAny(waiting, () => {
    v.set(u, v.atLeast(v.add(v.mul(uniformOf(v, key, 1, room), 2), least), least));
    v.set(x, v.mul(erfInv(u), Math.SQRT2));
    v.set(w, v.add(v.mul(x, c), 1));
    v.set(square, v.select(waiting, v.mul(x, x), square));
    v.set(cube, v.select(waiting, v.mul(v.mul(w, w), w), cube));
    v.set(waiting, v.and(waiting, v.not(v.lt(0, w))));
    draw(v, key, 0, room.subkey);
    v.set(key[0], room.subkey[0]);
    v.set(key[1], room.subkey[1]);
  });
  return { square, cube };
}

/** The accepted cube for parameters d + 1/3 ≥ 1, in the lanes of a mask. */
function accepted(v: Formula, start: Words, mask: Variable, d: Variable, c: Variable): Variable {
  const { log } = elementary(v);
  const room = { subkey: words(v), bits: words(v) };
  const key: Words = [v.let(start[0]), v.let(start[1])];
  const proposal = words(v);
  const pending = v.let(mask);
  const cube = v.let(v.constant(1));
  v.whileAny(pending, () => {
    draw(v, key, 1, proposal);
    const next = propose(v, proposal, pending, c);
    const u = v.let(uniformOf(v, key, 2, room));
    const squeezed = v.lt(u, v.sub(1, v.mul(next.square, 0.0331)));
    const bound = v.add(v.mul(next.square, 0.5), v.mul(d, v.add(v.sub(1, next.cube), log(next.cube))));
    const taken = v.or(squeezed, v.not(v.le(bound, log(u))));
    v.set(cube, v.select(pending, next.cube, cube));
    v.set(pending, v.and(pending, v.not(taken)));
    draw(v, key, 0, room.subkey);
    v.set(key[0], room.subkey[0]);
    v.set(key[1], room.subkey[1]);
  });
  return cube;
}

function sample(v: Formula, key: Words, alpha: Variable, logSpace: boolean): Term {
  const { log, log1p, pow } = elementary(v);
  const valid = v.let(v.le(0, alpha));
  const a = v.let(v.select(valid, alpha, 1));
  const boosted = v.let(v.lt(a, 1));
  const d = v.let(v.sub(v.select(boosted, v.add(a, 1), a), 1 / 3));
  const c = v.let(v.div(1 / 3, v.sqrt(d)));
  const start = words(v);
  draw(v, key, 0, start);
  const cube = accepted(v, start, valid, d, c);
  const u = v.let(uniformOf(v, key, 1, { subkey: words(v), bits: words(v) }));
  const power = v.let(v.div(1, a));
  if (logSpace) {
    v.set(u, v.neg(u));
    const logarithm = v.let(log1p(u));
    // 0 stays 0, whatever the power is.
    const boost = v.and(v.mul(logarithm, power), v.and(boosted, v.ne(logarithm, 0)));
    return v.select(valid, v.add(v.add(log(d), log(cube)), boost), NaN);
  }
  v.set(u, v.sub(1, u));
  const factor = v.select(boosted, pow(u, power), 1);
  return v.select(valid, v.mul(v.mul(d, cube), factor), NaN);
}

/** Emits the samples (or their logarithms) for two key words and a parameter; the result is on the stack. */
export function gammaSample(context: VectorContext, shape: Shape, args: readonly Local[], logSpace: boolean): void {
  const v = new Formula(context, shape);
  const [key0, key1, alpha] = args.map((local) => v.local(local));
  v.finish(sample(v, [key0, key1], alpha, logSpace));
}
