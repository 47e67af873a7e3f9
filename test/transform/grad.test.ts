// grad and valueAndGrad: arguments, trees, auxiliary results, and what is refused.

import { describe, expect, test } from "vitest";
import { DTypeError, type NDArray, OptionError, ShapeError, TreeError, grad, valueAndGrad } from "../../src/index.js";
import { add, mul, neg, sub } from "../../src/ops/arithmetic.js";
import { exp } from "../../src/ops/exponential.js";
import { convertElementType } from "../../src/ops/convert.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { stopGradient } from "../../src/ops/stop.js";
import { sin } from "../../src/ops/trigonometric.js";
import { registerNode } from "../../src/tree/index.js";
import { contents, expectClose, f32, f64, i32, untyped } from "./arrays.js";

const dot = (x: NDArray, y: NDArray): NDArray => reduceSum(mul(x, y));

describe("arguments", () => {
  const f = (x: NDArray, y: NDArray, z: NDArray): NDArray => reduceSum(mul(mul(x, y), z));
  const args = [f64(1, 2), f64(3, 4), f64(5, 6)] as const;

  test("the first, unless said otherwise", () => expect(grad(f)(...args).toArray()).toEqual([15, 24]));

  test.each([
    [1, [5, 12]],
    [-1, [3, 8]],
    [-3, [15, 24]],
  ])("argnums %s", (argnums, expected) => expect(grad(f, { argnums })(...args).toArray()).toEqual(expected));

  test("a list gives a list, in its order", () => {
    const [dz, dx] = grad(f, { argnums: [2, 0] })(...args);
    expect([dz.toArray(), dx.toArray()]).toEqual([
      [3, 8],
      [15, 24],
    ]);
    expect(grad(f, { argnums: [1] })(...args)).toHaveLength(1);
    expect(grad(f, { argnums: [] })(...args)).toEqual([]);
  });

  test.each([3, -4, 0.5, [0, 3], [0, 0], [0, -3], "1", [null]])("argnums %j is refused", (argnums) => {
    const refused = (): unknown => untyped(untyped(grad)(f, { argnums }))(...args);
    expect(refused).toThrow(OptionError);
    expect(refused).toThrow(
      `grad: expected argnums: distinct positions among the 3 arguments of the call, got ${JSON.stringify(argnums)}.\n  use positions from 0 to 2.`,
    );
  });

  test("a call without arguments", () => {
    expect(() => untyped(grad(f))()).toThrow("grad: expected argnums: distinct positions among the 0 arguments of the call, got 0.");
  });

  test("an argument that the result does not depend on has a gradient of zeros", () => {
    const [dx, dy] = grad((x: NDArray, _y: NDArray) => reduceSum(x), { argnums: [0, 1] })(f32(1, 2), f32(3));
    expect([dx.toArray(), dy.toArray(), dy.dtype]).toEqual([[1, 1], [0], "float32"]);
    expect(grad((_x: NDArray) => 3)(f64(1)).toArray()).toEqual([0]);
  });

  test("the same array for two arguments is two arguments", () => {
    const x = f64(2, 3);
    expect(grad(dot, { argnums: 0 })(x, x).toArray()).toEqual([2, 3]);
  });

  test("the other arguments may be anything", () => {
    const scaled = (x: NDArray, how: { name: string; of: (y: NDArray) => NDArray }): NDArray => reduceSum(how.of(x));
    expect(grad(scaled)(f64(1), { name: "twice", of: (y) => mul(y, 2) }).toArray()).toEqual([2]);
  });
});

describe("numbers", () => {
  test("a number is a scalar", () => {
    const cube = (x: NDArray): NDArray => mul(mul(x, x), x);
    const dx = grad(cube)(3);
    expect([dx.item(), dx.shape, dx.dtype]).toEqual([27, [], "float32"]);
    expect(grad(grad(cube))(3).item()).toBe(18);
  });

  test("a number beside a float64 array is used exactly, its gradient is float32", () => {
    const f = (s: NDArray, x: NDArray): NDArray => reduceSum(mul(x, s));
    expect(
      valueAndGrad(f, { argnums: [0, 1] })(0.1, f64(1, 2)).map((part) => (Array.isArray(part) ? part.map((p) => p.dtype) : part.item())),
    ).toEqual([0.1 + 0.2, ["float32", "float64"]]);
  });

  test("the identity", () =>
    expect([grad((x: NDArray) => x)(3).item(), grad((x: NDArray) => x)(f64(3).aval.shape.length).item()]).toEqual([1, 1]));
});

interface Layer {
  readonly w: NDArray;
  readonly b: NDArray | null;
}

class Scale {
  constructor(
    readonly factor: NDArray,
    readonly name: string,
  ) {}
}
registerNode(Scale, { flatten: (x) => [{ factor: x.factor }, x.name], unflatten: (name, { factor }) => new Scale(factor, name) });

describe("trees", () => {
  test("records, lists, tuples, null and undefined keep their form", () => {
    const params = {
      layers: [
        { w: f64(1, 2), b: null },
        { w: f64(3, 4), b: f64(5, 6) },
      ],
      pair: [f64(1), undefined] as const,
    };
    const loss = (p: { layers: Layer[]; pair: readonly [NDArray, undefined] }): NDArray =>
      add(reduceSum(mul(p.layers[0].w, add(p.layers[1].w, p.layers[1].b ?? 0))), reduceSum(p.pair[0]));
    const grads = grad(loss)(params);
    expect(contents(grads)).toEqual({ ".layers[0].w": [8, 10], ".layers[1].w": [1, 2], ".layers[1].b": [1, 2], ".pair[0]": [1] });
    expect([grads.layers[0].b, grads.pair[1], grads.pair.length]).toEqual([null, undefined, 2]);
  });

  test("registered classes come back as instances, with what is static", () => {
    const g = grad((s: Scale) => reduceSum(mul(s.factor, s.factor)))(new Scale(f64(3), "s"));
    expect(g).toBeInstanceOf(Scale);
    expect([g.name, g.factor.toArray()]).toEqual(["s", [6]]);
  });

  test("numbers in a tree are differentiated", () => {
    const g = grad((p: { rate: NDArray; x: NDArray }) => reduceSum(mul(p.x, p.rate)))({ rate: f32(2), x: f32(3) });
    expect(contents(g)).toEqual({ ".rate": [3], ".x": [2] });
    expect(contents(untyped(grad((p: { rate: NDArray }) => mul(p.rate, p.rate)))({ rate: 4 }))).toEqual({ ".rate": 8 });
  });

  test("an empty tree has an empty gradient", () => expect(grad((_: { a: NDArray[] }) => 1)({ a: [] })).toEqual({ a: [] }));
});

describe("auxiliary results", () => {
  const f = (x: NDArray): [NDArray, { y: NDArray; note: null }] => [reduceSum(mul(x, x)), { y: sin(x), note: null }];

  test("grad gives [grads, aux], valueAndGrad [[value, aux], grads]", () => {
    const [grads, aux] = grad(f, { hasAux: true })(f64(1, 2));
    expect([grads.toArray(), aux.note]).toEqual([[2, 4], null]);
    expectClose(aux.y, [Math.sin(1), Math.sin(2)]);
    const [[value, again], same] = valueAndGrad(f, { hasAux: true })(f64(1, 2));
    expect([value.item(), same.toArray(), again.y.toArray()]).toEqual([5, [2, 4], aux.y.toArray()]);
  });

  test("aux is not differentiated, and may hold integers and numbers", () => {
    const g = (x: NDArray): [NDArray, [NDArray, number]] => [reduceSum(x), [i32(7), 3]];
    const [grads, [n, three]] = grad(g, { hasAux: true })(f64(1));
    expect([grads.toArray(), n.toArray(), n.dtype, three.item()]).toEqual([[1], [7], "int32", 3]);
  });

  test("aux passes through an outer grad", () => {
    const outer = (x: NDArray): NDArray => {
      const [grads, aux] = grad(f, { hasAux: true })(x);
      return reduceSum(add(grads, aux.y));
    };
    expectClose(grad(outer)(f64(1, 2)), [2 + Math.cos(1), 2 + Math.cos(2)]);
  });

  test.each([
    [(x: NDArray): unknown => reduceSum(x), "an array float64[]"],
    [(x: NDArray): unknown => [reduceSum(x)], "a list of 1"],
    [(): unknown => undefined, "undefined"],
    [(x: NDArray): unknown => ({ value: x }), "an object"],
  ])("hasAux without a pair is refused", (g, received) => {
    const refused = (): unknown => untyped(untyped(grad)(g, { hasAux: true }))(f64(1));
    expect(refused).toThrow(OptionError);
    expect(refused).toThrow(`grad: expected with hasAux, a function that returns [value, aux], got ${received}.`);
  });
});

describe("refusals", () => {
  const x = f64(1, 2);

  test.each<[string, (y: NDArray) => unknown, string]>([
    ["an array", (y) => y, "a scalar, got float64[2].\n  reduce it with .sum() or .mean()"],
    ["a list", (y) => [reduceSum(y)], "one scalar, got a tree [*]"],
    ["nothing", () => undefined, "one scalar, got a tree undefined"],
    ["null", () => null, "one scalar, got a tree null"],
  ])("a function that returns %s", (_, f, message) => {
    expect(() => untyped(grad(f as (y: NDArray) => NDArray))(x)).toThrow(ShapeError);
    expect(() => untyped(grad(f as (y: NDArray) => NDArray))(x)).toThrow(`grad: expected a function that returns ${message}`);
  });

  test("an integer or bool result", () => {
    const count = (y: NDArray): NDArray => reduceSum(convertElementType(y, "int32"));
    expect(() => valueAndGrad(count)(x)).toThrow(DTypeError);
    expect(() => valueAndGrad(count)(x)).toThrow("valueAndGrad: expected a function that returns a floating-point scalar, got int32[].");
    expect(() => untyped(grad(() => true))(x)).toThrow("got bool[]");
  });

  test("an integer argument, by its path", () => {
    const loss = (p: { layers: { n: NDArray }[] }): NDArray => reduceSum(p.layers[0].n);
    expect(() => grad(loss)({ layers: [{ n: i32(1) }] })).toThrow(DTypeError);
    expect(() => grad(loss)({ layers: [{ n: i32(1) }] })).toThrow(
      'grad: expected floating-point inputs to differentiate, got int32[1] at argument 0.layers[0].n.\n  convert it with x.astype("float32"), or choose other arguments with argnums.',
    );
    expect(() => grad(dot, { argnums: -1 })(x, i32(1, 2))).toThrow("int32[2] at argument 1.");
    expect(() => untyped(grad((p: NDArray) => p))(true)).toThrow("bool[] at argument 0.");
  });

  test("a leaf that is no array, by its path", () => {
    const call = (): unknown => untyped(grad((p: { w: NDArray }) => reduceSum(p.w)))({ w: f64(1), name: "w" });
    expect(call).toThrow(TreeError);
    expect(call).toThrow('grad: expected an array, a number or a boolean at argument 0.name, got the string "w".');
  });

  test("an operation without a derivative says which", () => {
    expect(() => grad((y: NDArray) => stopGradient(reduceSum(y)))(x).toArray()).not.toThrow();
    expect(grad((y: NDArray) => stopGradient(reduceSum(mul(y, y))))(x).toArray()).toEqual([0, 0]);
  });
});

describe("values", () => {
  test("sums over several uses, signs, and constants that change nothing", () => {
    const f = (x: NDArray): NDArray => add(reduceSum(sub(mul(x, x), neg(exp(x)))), 100);
    expectClose(grad(f)(f64(0, 1)), [1, 2 + Math.E]);
  });

  test("valueAndGrad gives both", () => {
    const [value, grads] = valueAndGrad(dot, { argnums: [0, 1] })(f64(1, 2), f64(3, 4));
    expect([value.item(), grads[0].toArray(), grads[1].toArray()]).toEqual([11, [3, 4], [1, 2]]);
  });

  test("a reading of what has no gradient works under grad", () => {
    const f = (x: NDArray): NDArray => mul(reduceSum(x), stopGradient(reduceSum(x)).item() > 2 ? 10 : 1);
    expect([grad(f)(f64(1, 2)).toArray(), grad(f)(f64(1, 0)).toArray()]).toEqual([
      [10, 10],
      [1, 1],
    ]);
  });
});
