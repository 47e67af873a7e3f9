// Printed jaxprs, letter by letter in JAX's form; the first three texts come from JAX itself.

import { describe, expect, test } from "vitest";
import { type NDArray, grad, jit, makeJaxpr, shapeDtype } from "../../src/index.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { sin } from "../../src/ops/trigonometric.js";
import { ClosedJaxpr } from "../../src/core/closed.js";
import { Literal, Var } from "../../src/core/jaxpr.js";
import { aval } from "../../src/core/aval.js";
import type { DType } from "../../src/core/dtype.js";
import { arrayOf } from "../ops/rules.js";

const f32 = (...shape: number[]): NDArray => shapeDtype(shape, "float32");

describe("as JAX prints", () => {
  test("sin_mul", () => {
    expect(String(makeJaxpr((x: NDArray) => mul(sin(x), 2))(f32(3)))).toBe(
      "{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul b 2.0:f32[] in (c,) }",
    );
  });

  // JAX's parameters that make no sense here (`out_sharding`, the shape that the type repeats) are left out.
  test("grad_sin_sum", () => {
    const text = String(makeJaxpr(grad((x: NDArray) => reduceSum(sin(x))))(f32(3)));
    expect(text).toBe(
      [
        "{ lambda ; a:f32[3]. let",
        "    b:f32[3] = sin a",
        "    c:f32[3] = cos a",
        "    _:f32[] = reduce_sum[axes=(0,)] b",
        "    d:f32[3] = broadcast_in_dim 1.0:f32[]",
        "    e:f32[3] = mul d c",
        "  in (e,) }",
      ].join("\n"),
    );
  });

  test("matmul", () => {
    const dot = (x: NDArray, y: NDArray): NDArray =>
      dotGeneral(x, y, [
        [[1], [0]],
        [[], []],
      ]);
    const text = String(makeJaxpr(dot)(f32(2, 3), f32(3, 4)));
    expect(text).toMatch(
      /^\{ lambda ; a:f32\[2,3\] b:f32\[3,4\]\. let\n {4}c:f32\[2,4\] = dot_general\[\n {6}dimension_numbers=\(\(\[1\], \[0\]\), \(\[\], \[\]\)\)/,
    );
    expect(text).toMatch(/\] a b\n {2}in \(c,\) \}$/);
  });
});

describe("the parts of a program", () => {
  test("no equations, no inputs, nothing at all", () => {
    expect(String(makeJaxpr((x: NDArray) => x)(f32(3)))).toBe("{ lambda ; a:f32[3]. let  in (a,) }");
    expect(String(makeJaxpr(() => [] as NDArray[])())).toBe("{ lambda ; . let  in () }");
    expect(String(makeJaxpr(() => 2)())).toBe("{ lambda ; . let  in (2.0:f32[],) }");
  });

  test("several outputs, one of them twice", () => {
    expect(String(makeJaxpr((x: NDArray, y: NDArray) => [y, x, x])(f32(), f32(2)))).toBe(
      "{ lambda ; a:f32[] b:f32[2]. let  in (b, a, a) }",
    );
  });

  test("arrays that the function closes over stand before the semicolon", () => {
    const w = arrayOf("float32", [1, 2]);
    expect(String(makeJaxpr((x: NDArray) => add(mul(x, w), w))(f32(2)))).toBe(
      "{ lambda a:f32[2]; b:f32[2]. let\n    c:f32[2] = mul b a\n    d:f32[2] = add c a\n  in (d,) }",
    );
  });

  test("what nothing reads prints as _, and takes no letter", () => {
    const f = (x: NDArray): NDArray => {
      sin(x);
      return mul(x, x);
    };
    expect(String(makeJaxpr(f)(f32()))).toBe("{ lambda ; a:f32[]. let _:f32[] = sin a; b:f32[] = mul a a in (b,) }");
  });

  test("after z comes ba", () => {
    const chain = (x: NDArray): NDArray => Array.from({ length: 30 }).reduce<NDArray>((y) => sin(y), x);
    const lines = String(makeJaxpr(chain)(f32())).split("\n");
    expect(lines.slice(24, 28).map((line) => line.trim())).toEqual([
      "y:f32[] = sin x",
      "z:f32[] = sin y",
      "ba:f32[] = sin z",
      "bb:f32[] = sin ba",
    ]);
    expect(lines.at(-1)).toBe("  in (be,) }");
  });

  test("a nested program has letters of its own, and breaks where it must", () => {
    const inner = jit(function double(y: NDArray) {
      return mul(y, 2);
    });
    expect(String(makeJaxpr((x: NDArray) => inner(sin(x)))(f32(3)))).toBe(
      [
        "{ lambda ; a:f32[3]. let",
        "    b:f32[3] = sin a",
        "    c:f32[3] = jit[",
        "      jaxpr={ lambda ; d:f32[3]. let e:f32[3] = mul d 2.0:f32[] in (e,) }",
        "      name=double",
        "    ] b",
        "  in (c,) }",
      ].join("\n"),
    );
  });
});

describe("literals as Python writes them", () => {
  test.each<[DType, number, string]>([
    ["float32", 2, "2.0:f32[]"],
    ["float32", Math.fround(0.1), "0.10000000149011612:f32[]"],
    ["float64", 0.1, "0.1:f64[]"],
    ["float64", -0, "-0.0:f64[]"],
    ["float64", 0.0001, "0.0001:f64[]"],
    ["float64", 0.00001, "1e-05:f64[]"],
    ["float64", 1.5e-7, "1.5e-07:f64[]"],
    ["float64", 1e-100, "1e-100:f64[]"],
    ["float64", 1e15, "1000000000000000.0:f64[]"],
    ["float64", 1e16, "1e+16:f64[]"],
    ["float64", 1e22, "1e+22:f64[]"],
    ["float32", NaN, "nan:f32[]"],
    ["float32", -Infinity, "-inf:f32[]"],
    ["int32", -3, "-3:i32[]"],
    ["bool", 1, "True:bool[]"],
  ])("%s %s", (dtype, value, expected) => {
    const program = new ClosedJaxpr({ constvars: [], invars: [], equations: [], outvars: [new Literal(value, aval([], dtype))] }, []);
    expect(program.toString()).toBe(`{ lambda ; . let  in (${expected},) }`);
  });
});

test("variables are told apart by identity, not by type", () => {
  const [x, y] = [new Var(aval([], "float32")), new Var(aval([], "float32"))];
  const program = new ClosedJaxpr({ constvars: [], invars: [x, y], equations: [], outvars: [y] }, []);
  expect(program.toString()).toBe("{ lambda ; a:f32[] b:f32[]. let  in (b,) }");
});
