// Functions with rules of their own in every nesting of transforms: the plain function's values and derivatives.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type NDArray,
  checkpoint,
  checkpointPolicies,
  customBatching,
  customJvp,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  numpy as np,
  setDebug,
  vjp,
  vmap,
} from "../../../src/index.js";
import { expectClose } from "../arrays.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));
afterAll(() => void setDebug({ checkJaxprs: false }));

type Map = (x: NDArray) => NDArray;

const sigmoid: Map = (x) => np.divide(1, np.exp(x.neg()).add(1));
const slope = (y: NDArray): NDArray => y.mul(np.subtract(1, y));
const forward = (f: Map) => (x: NDArray) => {
  const y = f(x);
  return [y, { y }] as const;
};
const backward = ({ y }: { y: NDArray }, ct: NDArray) => [ct.mul(slope(y))] as const;

// Rules that use the function with the rule, so that higher derivatives use it too; and one that does not.
const byJvp: Map = customJvp(sigmoid, {
  jvp: ([x], [dx]) => {
    const y = byJvp(x);
    return [y, dx.mul(slope(y))];
  },
});
const byArgument: Map = customJvp(sigmoid, { jvps: [(dx, y) => dx.mul(slope(y))] });
const byVjp: Map = customVjp(sigmoid, { forward: (x) => forward(sigmoid)(x), backward });
const recursive: Map = customVjp(sigmoid, { forward: (x) => forward(recursive)(x), backward });
const byBoth: Map = customVjp(sigmoid, {
  forward: (x) => forward(byBoth)(x),
  backward,
  jvp: ([x], [dx]) => {
    const y = byBoth(x);
    return [y, dx.mul(slope(y))];
  },
});
const batched: Map = customBatching(sigmoid, { batch: (_, [isBatched], x) => [sigmoid(x), isBatched] });

const all = { byJvp, byArgument, byVjp, recursive, byBoth, batched };
const inForwardMode = { byJvp, byArgument, byBoth, batched };

const summed = (f: Map) => (x: NDArray) => f(x).sum();
const x = np.array([0.3, -0.7, 2], { dtype: "float64" });
const xs = np.array(
  [
    [0.3, -0.7, 1.5],
    [2, 1.1, -0.2],
  ],
  { dtype: "float64" },
);

const steps = (f: Map, y: NDArray): NDArray => {
  const [last, ys] = lax.scan(
    (carry: NDArray, row: NDArray): [NDArray, NDArray] => {
      const next = f(carry.mul(row));
      return [next, f(next)];
    },
    y,
    xs,
  );
  return last.add(ys.sum(0));
};
const branch = (f: Map, y: NDArray): NDArray =>
  lax.cond(
    np.greater(y.sum(), 0),
    (z: NDArray) => f(z),
    (z: NDArray) => z,
    y,
  );

/** What a nesting gives for a function of one argument. */
const reverseNestings: Record<string, (f: Map) => NDArray> = {
  eager: (f) => f(x),
  jit: (f) => jit(f)(x),
  grad: (f) => grad(summed(f))(x),
  "jit of grad": (f) => jit(grad(summed(f)))(x),
  "grad of jit": (f) => grad(summed(jit(f)))(x),
  vmap: (f) => vmap(f)(xs),
  "vmap along the last axis": (f) => vmap(f, { inAxes: -1, outAxes: -1 })(xs),
  "vmap of vmap": (f) => vmap(vmap(f))(xs),
  "vmap of grad": (f) => vmap(grad(summed(f)))(xs),
  "grad of vmap": (f) => grad(summed(vmap(f)))(xs),
  "grad of vmap of vmap": (f) => grad(summed(vmap(vmap(f))))(xs),
  "jit of vmap of grad": (f) => jit(vmap(grad(summed(f))))(xs),
  "vmap of jit of grad": (f) => vmap(jit(grad(summed(f))))(xs),
  "grad of jit of vmap": (f) => grad(summed(jit(vmap(f))))(xs),
  "grad of vmap of jit": (f) => grad(summed(vmap(jit(f))))(xs),
  "vmap where only another argument is mapped": (f) => grad((w: NDArray) => vmap((row: NDArray) => f(w).mul(row))(xs).sum())(x),
  jacrev: (f) => jacrev(f)(x),
  checkpoint: (f) => grad(summed(checkpoint((y: NDArray) => f(f(y)))))(x),
  "jit of grad of checkpoint that keeps all": (f) =>
    jit(grad(summed(checkpoint((y: NDArray) => f(f(y)), { policy: checkpointPolicies.everythingSaveable }))))(x),
  "vmap of grad of checkpoint": (f) => vmap(grad(summed(checkpoint(f))))(xs),
  "vmap of a pullback": (f) => vmap((ct: NDArray) => vjp(f, [x])[1](ct)[0])(xs),
  scan: (f) => steps(f, x),
  "grad of scan": (f) => grad(summed((y) => steps(f, y)))(x),
  "jit of grad of scan": (f) => jit(grad(summed((y) => steps(f, y))))(x),
  "vmap of grad of scan": (f) => vmap(grad(summed((y) => steps(f, y))))(xs),
  "grad of vmap of scan": (f) => grad(summed(vmap((y: NDArray) => steps(f, y))))(xs),
  "grad of cond": (f) => grad(summed((y) => branch(f, y)))(x),
  "grad of vmap of cond": (f) => grad(summed(vmap((y: NDArray) => branch(f, y))))(xs),
};

const twiceReverse: Record<string, (f: Map) => NDArray> = {
  "grad of grad": (f) => grad(summed(grad(summed(f))))(x),
  "third derivative": (f) => grad(summed(grad(summed(grad(summed(f))))))(x),
  "grad of grad of vmap": (f) => grad(summed(grad(summed(vmap(f)))))(xs),
  "grad of vmap of grad": (f) => grad(summed(vmap(grad(summed(f)))))(xs),
  "jit of grad of jit of grad of jit": (f) => jit(grad(summed(jit(grad(summed(jit(f)))))))(x),
  "grad of grad of checkpoint": (f) => grad(summed(grad(summed(checkpoint(f)))))(x),
  "grad of grad of scan": (f) => grad(summed(grad(summed((y) => steps(f, y)))))(x),
};

const forwardNestings: Record<string, (f: Map) => NDArray> = {
  jvp: (f) => jvp(f, [x], [x])[1],
  "jit of jvp": (f) => jit((y: NDArray) => jvp(f, [y], [y])[1])(x),
  "jvp of jit": (f) => jvp(jit(f), [x], [x])[1],
  "jvp of vmap": (f) => jvp(vmap(f), [xs], [xs])[1],
  "vmap of jvp": (f) => vmap((y: NDArray) => jvp(f, [y], [y])[1])(xs),
  "vmap over tangents": (f) => vmap((dx: NDArray) => jvp(f, [x], [dx])[1])(xs),
  "jvp of jvp": (f) => jvp((y: NDArray) => jvp(f, [y], [y])[1], [x], [x])[1],
  "jvp of grad": (f) => jvp(grad(summed(f)), [x], [x])[1],
  "grad of jvp": (f) => grad((y: NDArray) => jvp(f, [y], [x])[1].sum())(x),
  "grad of vmap over tangents": (f) => grad((y: NDArray) => vmap((dx: NDArray) => jvp(f, [y], [dx])[1])(xs).sum())(x),
  "grad with respect to tangents": (f) => grad((dx: NDArray) => jvp(f, [x], [dx])[1].sum())(x),
  "vmap of the linearised function": (f) => vmap(linearize(f, [x])[1])(xs),
  jacfwd: (f) => jacfwd(f)(x),
  hessian: (f) => hessian(summed(f))(x),
  "jvp of checkpoint": (f) => jvp(checkpoint(f), [x], [x])[1],
  "jvp of scan": (f) => jvp((y: NDArray) => steps(f, y), [x], [x])[1],
};

type Cases = readonly (readonly [name: string, of: string])[];
const casesOf = (functions: object, nestings: object): Cases =>
  Object.keys(functions).flatMap((name) => Object.keys(nestings).map((of) => [name, of] as const));

describe("the plain function's values and derivatives", () => {
  test.each(casesOf(all, reverseNestings))("%s: %s", (name, of) => {
    const nesting = reverseNestings[of];
    expectClose(nesting(all[name as keyof typeof all]), nesting(sigmoid), 1e-12);
  });

  test.each(casesOf(all, twiceReverse))("%s: %s", (name, of) => {
    const nesting = twiceReverse[of];
    expectClose(nesting(all[name as keyof typeof all]), nesting(sigmoid), 1e-12);
  });

  test.each(casesOf(inForwardMode, forwardNestings))("%s: %s", (name, of) => {
    const nesting = forwardNestings[of];
    expectClose(nesting(inForwardMode[name as keyof typeof inForwardMode]), nesting(sigmoid), 1e-12);
  });
});

describe("forward mode over a rule for reverse mode alone", () => {
  test("of a forward rule that is plain: works, as reverse mode left nothing of the rule", () => {
    expectClose(hessian(summed(byVjp))(x), hessian(summed(sigmoid))(x), 1e-12);
  });

  test.each(["jvp", "jit of jvp", "jvp of jit", "jvp of vmap", "jacfwd", "jvp of checkpoint", "jvp of scan", "grad of jvp"])(
    "%s throws, and says what to do",
    (of) => {
      expect(() => forwardNestings[of](recursive)).toThrow(
        /^customVjp of sigmoid: expected reverse mode, which its rule is for, got forward mode .*\n {2}give a jvp beside forward and backward/,
      );
    },
  );
});

test.each(Object.entries(inForwardMode))("%s: many tangents at one point leave its values single", (_, f) => {
  const marked: Map = (y) => np.arctan(f(y));
  for (const g of [marked, jit(marked), (y: NDArray) => lax.foriLoop(0, 1, (_i, c) => marked(c), y)]) {
    // The value behind the function is computed once, not once for each column of the Jacobian.
    const program = String(makeJaxpr(jacfwd(g))(x));
    expect(program).toMatch(/f64\[3\] = atan/);
    expect(program).not.toMatch(/f64\[3,3\] = atan/);
    expectClose(jacfwd(g)(x), jacfwd((y: NDArray) => np.arctan(sigmoid(y)))(x));
  }
});
