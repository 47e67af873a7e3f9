// Steps that are transforms of functions, some of which close over another value of the program, and steps of numpy,
// whose operands promote and broadcast.

import type { NDArray } from "../../core/array.js";
import { scalar } from "../../core/array.js";
import * as np from "../../numpy/index.js";
import { add, mul } from "../../ops/arithmetic.js";
import { reduceSum } from "../../ops/reduce.js";
import { cos, sin, tanh } from "../../ops/trigonometric.js";
import { checkpoint } from "../../transform/checkpoint.js";
import { jvp } from "../../transform/forward.js";
import { grad } from "../../transform/grad.js";
import { jit } from "../../transform/jit.js";
import { vmap } from "../../transform/vmap.js";
import { type Fits, type StepRule, anything, both, bounded, float, ofDType, shaped, unary } from "./picker.js";

const inner = (x: NDArray): NDArray => mul(tanh(x), add(cos(x), scalar(0.5, x.dtype)));
const INNER = "lax.mul(lax.tanh(x), lax.add(lax.cos(x), 0.5))";

/** A transform of a function that closes over another value of the program; `{f}` stands for the function in the code, `{sum}` for the sum of its value. */
const closing = (code: string, transform: (f: (x: NDArray) => NDArray, x: NDArray) => NDArray, fits: Fits = float): StepRule => ({
  code: code
    .replace("{f}", `(x) => lax.mul(${INNER}, lax.sin($1))`)
    .replace("{sum}", `(x) => lax.reduceSum(lax.mul(${INNER}, lax.sin($1)))`),
  run: (p) => {
    const x = p.value(fits);
    const z = p.value(both(ofDType(x.dtype), (y) => y.ndim === 0));
    return transform((y) => mul(inner(y), sin(z)), x);
  },
});

const summed =
  (f: (x: NDArray) => NDArray) =>
  (x: NDArray): NDArray =>
    reduceSum(f(x));

const lines =
  (x: NDArray): Fits =>
  (y) => {
    const [a, b] = [x.shape.toReversed(), y.shape.toReversed()];
    const joins = a.every((n, k) => k >= b.length || n === b[k] || n === 1 || b[k] === 1);
    // No dtype holds uint32 and a signed integer.
    const unsigned = [x.dtype, y.dtype].includes("uint32") && [x.dtype, y.dtype].some((d) => d === "int32" || d === "int8");
    return joins && !unsigned;
  };

const promoting = (code: string, f: (x: NDArray, y: NDArray) => NDArray): StepRule => ({
  code,
  run: (p) => {
    const x = p.value(anything);
    return f(x, p.value(lines(x)));
  },
});

const taken: StepRule = {
  code: 'np.take($0, np.clip($2, 0, $3), null, { mode: "clip" })',
  run: (p) => {
    const x = p.value(anything);
    const y = p.value(lines(x));
    const text = y.dtype === "int32" ? p.choices[1].plain : 'np.zeros([2], { dtype: "int32" })';
    p.choices.push({ plain: text, bounded: text });
    const indices = y.dtype === "int32" ? y : np.zeros([2], { dtype: "int32" });
    return np.take(x, np.clip(indices, 0, p.write(Math.max(0, x.size - 1))), null, { mode: "clip" });
  },
};

const rows = both(float, shaped);

export const nestedSteps = {
  jit: unary(`jit((x) => ${INNER})($0)`, (x) => jit(inner)(x), float),
  checkpoint: unary(`checkpoint((x) => ${INNER})($0)`, (x) => checkpoint(inner)(x), float),
  jitClosing: closing("jit({f})($0)", (f, x) => jit(f)(x)),
  checkpointClosing: closing("checkpoint({f})($0)", (f, x) => checkpoint(f)(x)),
  vmap: closing("vmap({f})($0)", (f, x) => vmap(f)(x), rows),
  vmapJit: closing("vmap(jit({f}), { inAxes: -1, outAxes: -1 })($0)", (f, x) => vmap(jit(f), { inAxes: -1, outAxes: -1 })(x), rows),
  grad: closing("grad({sum})($0)", (f, x) => grad(summed(f))(x)),
  gradJit: closing("lax.sin(jit(grad({sum}))($0))", (f, x) => sin(jit(grad(summed(f)))(x))),
  gradOfCheckpoint: closing("lax.sin(grad((y) => lax.reduceSum(checkpoint({f})(y)))($0))", (f, x) => sin(grad(summed(checkpoint(f)))(x))),
  jvp: closing("jvp({f}, [$0], [lax.cos($0)])[1]", (f, x) => jvp(f, [x], [cos(x)])[1]),
  vmapGrad: closing("vmap(grad({sum}))($0)", (f, x) => vmap(grad(summed(f)))(x), rows),
} satisfies Record<string, StepRule>;

/** Functions of numpy: operands of any dtypes, which promote, and of shapes that broadcast. */
export const promotingSteps = {
  npAdd: promoting("np.add($0, $1)", np.add),
  npMultiply: promoting("np.multiply($0, ~1)", (x, y) => np.multiply(x, bounded(y))),
  npMaximum: promoting("np.maximum($0, $1)", np.maximum),
  npLess: promoting("np.less($0, $1)", np.less),
  npWhere: promoting("np.where(np.less($1, $0), $0, $1)", (x, y) => np.where(np.less(y, x), x, y)),
  npHypot: promoting("np.arctan2(~0, np.add(np.abs(~1), 1.5))", (x, y) => np.arctan2(bounded(x), np.add(np.abs(bounded(y)), 1.5))),
  npTake: taken,
} satisfies Record<string, StepRule>;
