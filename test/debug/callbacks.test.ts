// debugPrint and debugCallback: the right values, once, in order, under every transform; programs keep them.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type NDArray,
  OptionError,
  TreeError,
  TypeMismatchError,
  checkpoint,
  checkpointPolicies,
  customBatching,
  customJvp,
  customVjp,
  debugCallback,
  debugPrint,
  grad,
  jit,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  numpy as np,
  setDebug,
  vmap,
} from "../../src/index.js";
import { debugSettings } from "../../src/core/debug.js";
import { ConcreteArray } from "../../src/core/array.js";
import { untyped } from "../transform/arrays.js";

let lines: string[] = [];
const { print } = debugSettings;

beforeEach(() => {
  lines = [];
  setDebug({ print: (line) => void lines.push(line), checkJaxprs: true });
});
afterEach(() => void setDebug({ print, checkJaxprs: false, debugNans: false }));

/** What is printed while `run` runs. */
function printed(run: () => unknown): readonly string[] {
  lines = [];
  run();
  return lines;
}

const x = np.array([1, 2, 3]);
const f = (y: NDArray): NDArray => {
  debugPrint("first {}", y);
  const z = y.mul(2);
  debugPrint("then {} and {}", z, z.sum());
  return z.mul(z).sum();
};
const once = ["first [1. 2. 3.]", "then [2. 4. 6.] and 12"];

describe("debugPrint", () => {
  const same: Record<string, () => unknown> = {
    eager: () => f(x),
    jit: () => jit(f)(x),
    "jit of jit": () => jit((y: NDArray) => jit(f)(y))(x),
    grad: () => grad(f)(x),
    "jit of grad": () => jit(grad(f))(x),
    "grad of jit": () => grad(jit(f))(x),
    jvp: () => jvp(f, [x], [x]),
    "jvp of jit": () => jvp(jit(f), [x], [x]),
    "grad of grad": () => grad((y: NDArray) => grad(f)(y).sum())(x),
    checkpoint: () => checkpoint(f)(x),
    "grad of checkpoint: not again where values are computed again": () => grad(checkpoint(f))(x),
    "jit of grad of checkpoint with a policy": () => jit(grad(checkpoint(f, { policy: checkpointPolicies.everythingSaveable })))(x),
    "one branch of cond": () => jit((y: NDArray) => lax.cond(np.greater(y.sum(), 0), f, (z: NDArray) => z.sum(), y))(x),
  };

  test.each(Object.entries(same))("%s: each line once, in order", (_, run) => {
    expect(printed(run)).toEqual(once);
  });

  const ruled: Record<string, (y: NDArray) => NDArray> = {
    customBatching: customBatching(f, { batch: (_, [isBatched], y) => [vmap(f)(y), isBatched] }),
    "customVjp with a jvp": customVjp(f, {
      forward: (y) => [f(y), y],
      backward: (y, ct) => [y.mul(8).mul(ct)],
      jvp: ([y], [dy]) => [f(y), y.mul(8).mul(dy).sum()],
    }),
    customJvp: customJvp(f, { jvp: ([y], [dy]) => [f(y), y.mul(8).mul(dy).sum()] }),
  };

  const derivatives: Record<string, (g: (y: NDArray) => NDArray) => unknown> = {
    grad: (g) => grad(g)(x),
    "jit of grad": (g) => jit(grad(g))(x),
    "grad of jit": (g) => grad(jit(g))(x),
    jvp: (g) => jvp(g, [x], [x]),
    "jit of jvp": (g) => jit((y: NDArray) => jvp(g, [y], [y])[1])(x),
    "jvp of jvp": (g) => jvp((y: NDArray) => jvp(g, [y], [x])[1], [x], [x]),
    "grad of jvp": (g) => grad((y: NDArray) => jvp(g, [y], [x])[1])(x),
    "jvp of grad": (g) => jvp(grad(g), [x], [x]),
    "grad of grad": (g) => grad((y: NDArray) => grad(g)(y).sum())(x),
    "linearize, then its derivative": (g) => linearize(g, [x])[1](x),
    "vmap of grad": (g) => vmap(grad(g))(np.expandDims(x, 0)),
    "vmap of jvp": (g) => vmap((y: NDArray) => jvp(g, [y], [y])[1])(np.expandDims(x, 0)),
    "grad of vmap": (g) => grad((y: NDArray) => vmap(g)(y).sum())(np.expandDims(x, 0)),
  };

  test.each(Object.keys(ruled).flatMap((name) => Object.keys(derivatives).map((derivative) => [name, derivative])))(
    "%s computes its value once under %s",
    (name, derivative) => {
      expect(printed(() => derivatives[derivative](ruled[name]))).toEqual(once);
    },
  );

  test("what a checkpoint computes again does not print, inside of loops, branches and calls either", () => {
    const shown = (y: NDArray): NDArray => (debugPrint("{}", y.sum()), y.mul(2));
    const batched = customBatching(shown, { batch: (_, [isBatched], y) => [y.mul(2), isBatched] });
    const inside: Record<string, readonly [f: (y: NDArray) => NDArray, lines: readonly string[]]> = {
      loop: [(y) => lax.foriLoop(0, 2, (_, c) => np.sin(shown(c)), y), ["6", expect.anything()]],
      branch: [
        (y) =>
          lax.cond(
            true,
            (z: NDArray) => np.sin(shown(z)),
            (z: NDArray) => z,
            y,
          ),
        ["6"],
      ],
      call: [(y) => np.sin(batched(y)), ["6"]],
    };
    for (const [marked, expected] of Object.values(inside)) {
      const g = checkpoint((y: NDArray) => marked(y).sum());
      for (const run of [grad(g), jit(grad(g)), grad(jit(g))]) expect(printed(() => run(x))).toEqual(expected);
    }
  });

  test("a jitted function prints at each call, also where nothing else is left of it", () => {
    const g = jit((y: NDArray): void[] => {
      debugPrint("{}", y.sum());
      return [];
    });
    expect(printed(() => [g(x), g(x.mul(2))])).toEqual(["6", "12"]);
  });

  test("vmap prints each example; what is not batched is printed once", () => {
    const rows = np.array([
      [1, 2],
      [3, 4],
    ]);
    const g = (row: NDArray): NDArray => {
      debugPrint("row {} of {}", row, rows.shape.length);
      debugPrint("alone");
      return row.sum();
    };
    const expected = ["row [1. 2.] of 2", "row [3. 4.] of 2", "alone"];
    expect(printed(() => vmap(g)(rows))).toEqual(expected);
    expect(printed(() => jit(vmap(g))(rows))).toEqual(expected);
    expect(printed(() => vmap(jit(g))(rows))).toEqual(expected);
    expect(printed(() => vmap(g, { inAxes: 1 })(rows))).toEqual(["row [1. 3.] of 2", "row [2. 4.] of 2", "alone"]);
    expect(printed(() => vmap(grad(g))(rows))).toEqual(expected);
    const pairs = (y: NDArray): NDArray => vmap((z: NDArray) => (debugPrint("{} {}", y, z), z))(x);
    expect(printed(() => vmap(pairs)(np.array([7, 8])))).toEqual(["7 1", "7 2", "7 3", "8 1", "8 2", "8 3"]);
  });

  test("a compiled scan prints each step once, where its products are done for all turns ahead of it", () => {
    const chain = jit((rows: NDArray, weights: NDArray): NDArray => {
      const step = (carry: NDArray, row: NDArray): [NDArray, null] => {
        debugPrint("{}", row);
        return [carry.add(weights.matmul(row)), null];
      };
      return lax.scan(step, np.zeros([2]), rows)[0];
    });
    const rows = np.array([
      [1, 2],
      [3, 4],
    ]);
    expect(printed(() => expect(chain(rows, np.ones([2, 2])).toArray()).toEqual([10, 10]))).toEqual(["[1. 2.]", "[3. 4.]"]);
  });

  test("a loop without a bound prints where it is linearised, and not where the derivative runs it again", () => {
    const f = (y: NDArray): NDArray =>
      lax.whileLoop(
        ([n]) => n.less(2),
        ([n, z]) => {
          debugPrint("z = {}", z);
          return [n.add(1), z.mul(z)];
        },
        [np.array(0, { dtype: "int32" }), y],
      )[1];
    let derivative = (dy: NDArray): NDArray => dy;
    expect(printed(() => ([, derivative] = linearize(f, [np.array(3)])))).toEqual(["z = 3", "z = 9"]);
    expect(printed(() => expect(derivative(np.array(1)).item()).toBe(108))).toEqual([]);
  });

  test("scan and while print each step, forward and in a derivative", () => {
    const chain = (init: NDArray): NDArray =>
      lax.scan(
        (carry: NDArray, y: NDArray): [NDArray, null] => {
          debugPrint("{} {}", carry, y);
          return [carry.mul(y), null];
        },
        init,
        x,
      )[0];
    const steps = ["2 1", "2 2", "4 3"];
    const two = np.array(2);
    for (const run of [chain, jit(chain), grad(chain), jit(grad(chain)), grad(jit(chain))]) expect(printed(() => run(two))).toEqual(steps);
    const loop = (init: NDArray): NDArray =>
      lax.whileLoop(
        (y: NDArray) => np.less(y, 5),
        (y: NDArray) => (debugPrint("{}", y), y.mul(2)),
        init,
      );
    for (const run of [loop, jit(loop)]) expect(printed(() => run(two))).toEqual(["2", "4"]);
  });

  test("in a rule of the user's, the backward pass prints too", () => {
    const g = customVjp((y: NDArray) => y, {
      forward: (y) => [y, null],
      backward: (_, ct) => {
        debugPrint("cotangent {}", ct);
        return [ct];
      },
    });
    for (const run of [grad((y: NDArray) => g(y).mul(3).sum()), jit(grad((y: NDArray) => g(y).mul(3).sum()))]) {
      expect(printed(() => run(np.array([1, 2])))).toEqual(["cotangent [3. 3.]"]);
    }
  });

  test("numbers, texts, trees and braces", () => {
    const g = jit((y: NDArray) => {
      debugPrint("{} {} {{{}}} {}", 0.1, "text", { a: y, b: [y.sum(), null] }, true);
      return y;
    });
    expect(printed(() => g(np.array([1, 2])))).toEqual(["0.1 text {{a: [1. 2.], b: [3, null]}} true"]);
    expect(printed(() => debugPrint("{}", np.array([1, 2], { dtype: "int32" })))).toEqual(["[1 2]"]);
  });

  test("standard output, unless replaced", () => {
    setDebug({ print });
    const log = console.log;
    try {
      console.log = (line: string) => void lines.push(`log ${line}`);
      expect(printed(() => debugPrint("x"))).toEqual(["log x"]);
    } finally {
      console.log = log;
    }
  });

  test("lines before a failure are printed", () => {
    setDebug({ debugNans: true });
    const g = jit((y: NDArray) => {
      debugPrint("{}", y);
      return y.sub(4).sqrt();
    });
    lines = [];
    expect(() => g(np.array(1))).toThrow("sqrt: expected no NaN");
    expect(lines).toEqual(["1"]);
  });

  test("a program keeps it, and prints it as JAX does", () => {
    const program = makeJaxpr((y: NDArray) => (debugPrint("{}", y.add(1)), y))(np.array([1, 2]));
    expect(String(program)).toBe(
      "{ lambda ; a:f32[2]. let\n    b:f32[2] = add a 1.0:f32[]\n    debug_callback[callback=<function>] b\n  in (a,) }",
    );
  });

  test("a format that does not fit the values, and values that cannot be printed", () => {
    expect(() => debugPrint("{} {}", x)).toThrow(OptionError);
    expect(() => debugPrint("{} {}", x)).toThrow('debugPrint: expected a format with one {} for each of 1 values, got 2 in "{} {}".');
    expect(() => debugPrint("{}", { a: "text" })).toThrow(TreeError);
  });
});

describe("debugCallback", () => {
  test("gets arrays that hold their elements, and may compute with them, jitted functions included", () => {
    const double = jit((y: NDArray) => y.mul(2));
    const seen: unknown[] = [];
    const g = jit((y: NDArray) => {
      debugCallback(
        (p: { y: NDArray }, label: string, s: NDArray) => {
          expect(p.y).toBeInstanceOf(ConcreteArray);
          seen.push(label, double(p.y).toArray(), s.item());
        },
        { y },
        "sum",
        y.sum(),
      );
      return y.mul(3).sum().mul(y);
    });
    expect(g(x).toArray()).toEqual([18, 36, 54]);
    expect(seen).toEqual(["sum", [2, 4, 6], 6]);
  });

  test("the values it gets stay as they are", () => {
    const kept: NDArray[] = [];
    const g = jit((y: NDArray) => {
      debugCallback((z: NDArray) => kept.push(z), y.add(1));
      return y.add(1).mul(2).sum();
    });
    for (let i = 0; i < 3; i++) g(np.array([i, i]));
    expect(kept.map((z) => z.toArray())).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test("what it throws reaches the caller", () => {
    const g = jit((y: NDArray) => {
      debugCallback(() => {
        throw new RangeError("enough");
      });
      return y;
    });
    expect(() => g(x)).toThrow("enough");
    expect(printed(() => jit(f)(x))).toEqual(once);
    expect(() => untyped(debugCallback)("text", x)).toThrow(TypeMismatchError);
    expect(() => untyped(debugCallback)("text", x)).toThrow("debugCallback: expected a function, then the values it takes, got string.");
  });
});
