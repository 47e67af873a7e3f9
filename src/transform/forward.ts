// Forward mode and linearisation for functions of trees.

import type { NDArray } from "../core/array.js";
import { type Aval, strong } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { evaluateJaxpr } from "../core/evaluate.js";
import { type Tangent, Linear, Zero } from "../core/primitive.js";
import { stage } from "../core/staging.js";
import { literalTo } from "../ops/operands.js";
import { type Arrays, type TreeStructure, treeUnflatten } from "../tree/index.js";
import { withoutDeadCode } from "./deadcode.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Cotangents, type Inputs, type Output, checkArguments, checkFunction, describe } from "./functions.js";
import { instantiate, jvpFlat } from "./jvp.js";
import { type FlatTree, checkFits, checkFloats, checkZeros, flattenArrays } from "./leaves.js";
import { linearizeFlat } from "./partial.js";
import { transposeMixed } from "./transpose.js";
import { FlatFunction, cotangentsOf } from "./vjp.js";

export interface JvpOptions {
  /** The function returns `[value, aux]`; `aux` is passed on and not differentiated. */
  readonly hasAux?: boolean;
}

/** What `jvp` gives: the value, its tangent, and with `hasAux` the auxiliary part. */
export type JvpResult<F extends AnyFunction, O extends JvpOptions> = O extends { readonly hasAux: true }
  ? ReturnType<F> extends readonly [infer V, infer A]
    ? [out: Arrays<V>, tangent: Arrays<V>, aux: Arrays<A>]
    : never
  : [out: Output<F>, tangent: Output<F>];

/** A tangent per leaf. An integer leaf has none: its place in the tree holds zeros. */
function tangentsOf(op: string, primals: FlatTree, given: FlatTree): readonly Tangent[] {
  const avals = primals.leaves.map((x) => strong(x.aval));
  checkFits(op, "a tangent", { avals, structure: primals.structure, label: "primals" }, given);
  checkZeros(op, "tangent", "argument", avals, given);
  return avals.map((a, i) => {
    const dx = given.leaves[i];
    if (isFloat(a.dtype)) return dx.aval.weak === undefined ? dx : literalTo(dx, a.dtype, op);
    return new Zero(a);
  });
}

/**
 * The value of `f` at `primals` and its derivative along `tangents` (the Jacobian times them), in one forward pass.
 *
 * Integer and bool arguments take zeros as tangents. Like `jax.jvp`.
 *
 * @throws TreeError, ShapeError or DTypeError when the tangents do not fit the primals.
 * @example
 * const [y, dy] = jvp((x: NDArray) => np.sin(x), [np.array([0, 1])], [np.ones([2])]); // sin x, cos x
 */
export function jvp<F extends AnyFunction, const O extends JvpOptions = Record<never, never>>(
  f: F,
  primals: Inputs<F>,
  tangents: Inputs<F>,
  options?: O,
): JvpResult<F, O> {
  checkFunction("jvp", f);
  checkOptions("jvp", options ?? {}, ["hasAux"]);
  checkArguments("jvp", "primals", primals);
  checkArguments("jvp", "tangents", tangents);
  const input = flattenArrays(primals, "jvp", "primals");
  const dxs = tangentsOf("jvp", input, flattenArrays(tangents, "jvp", "tangents"));
  const flat = new FlatFunction("jvp", f, (xs) => treeUnflatten(input.structure, xs) as readonly unknown[], options?.hasAux ?? false);
  const [outs, outTangents] = jvpFlat(describe("jvp", f), flat.checkedRun, input.leaves, dxs);
  const result = [flat.value(outs), flat.value(outTangents.map(instantiate)), ...(flat.hasAux ? [flat.aux(outs)] : [])];
  return result as JvpResult<F, O>;
}

/** The derivative of `F` at a point, as a function of tangents. */
export type Pushforward<F extends AnyFunction> = (...tangents: Inputs<F>) => Output<F>;

/**
 * The value of `f` at `primals`, and its derivative there as a linear function of tangents. The nonlinear part is
 * computed once; each call of the derivative costs only its linear part. Like `jax.linearize`.
 *
 * @throws TreeError, ShapeError or DTypeError (from the derivative) when tangents do not fit.
 * @example
 * const [y, df] = linearize((x: NDArray) => np.sin(x), [np.array([0, 1])]);
 * df(np.ones([2])); // cos(x)
 */
export function linearize<F extends AnyFunction>(f: F, primals: Inputs<F>): [out: Output<F>, pushforward: Pushforward<F>] {
  checkFunction("linearize", f);
  checkArguments("linearize", "primals", primals);
  const input = flattenArrays(primals, "linearize", "primals");
  const flat = new FlatFunction("linearize", f, (xs) => treeUnflatten(input.structure, xs) as readonly unknown[], false);
  const differentiate = input.leaves.map((x) => isFloat(x.dtype));
  const { outs, tangentOf, program } = linearizeFlat(describe("linearize", f), flat.checkedRun, input.leaves, differentiate);
  const push = (...tangents: readonly unknown[]): unknown => {
    const dxs = tangentsOf("linearize", input, flattenArrays(tangents, "linearize", "tangents"));
    const found = evaluateJaxpr(program, dxs.filter((_, i) => differentiate[i]).map(instantiate));
    const tangentOfOut = (y: NDArray, i: number): NDArray => {
      const place = tangentOf[i];
      return place === undefined ? instantiate(new Zero(strong(y.aval))) : found[place];
    };
    return flat.value(outs.map(tangentOfOut));
  };
  const result: [unknown, unknown] = [flat.value(outs), push];
  return result as [Output<F>, Pushforward<F>];
}

/**
 * The transpose of a linear function: from a cotangent of its value to cotangents of its arguments. `examples` give only
 * the shapes and dtypes of the arguments. Like `jax.linear_transpose`.
 *
 * @throws NotDifferentiableError when `f` is not linear; DTypeError for integer arguments.
 * @example
 * const [x] = linearTranspose((x: NDArray) => x.mul(2), [np.ones([3])])(np.ones([3])); // [2, 2, 2]
 */
export function linearTranspose<F extends AnyFunction>(f: F, examples: Inputs<F>): (ct: Output<F>) => Cotangents<F> {
  checkFunction("linearTranspose", f);
  checkArguments("linearTranspose", "examples", examples);
  const input = flattenArrays(examples, "linearTranspose", "examples");
  checkFloats("linearTranspose", input, "arguments");
  const flat = new FlatFunction("linearTranspose", f, (xs) => treeUnflatten(input.structure, xs) as readonly unknown[], false);
  const avals: readonly Aval[] = input.leaves.map((x) => strong(x.aval));
  const program = withoutDeadCode(stage(describe("linearTranspose", f), avals, flat.checkedRun));
  const structure = flat.outStructure as TreeStructure;
  return (ct) => {
    const given = flattenArrays(ct, "linearTranspose", "the cotangent");
    checkFits("linearTranspose", "a cotangent", { avals: program.outAvals, structure, label: "the value" }, given);
    checkZeros("linearTranspose", "cotangent", "result", program.outAvals, given);
    const operands = avals.map((a) => new Linear(a));
    const found = transposeMixed(program, operands, cotangentsOf(program.outAvals, given)) as readonly Tangent[];
    return treeUnflatten(input.structure, found.map(instantiate)) as Cotangents<F>;
  };
}
