// Reverse mode: linearise, then transpose. The pullback may be called any number of times, and is itself made of
// operations, so it can be differentiated, batched and staged like anything else.

import { type NDArray, kindOf } from "../core/array.js";
import { type Aval, strong } from "../core/aval.js";
import { debugSettings } from "../core/debug.js";
import { isFloat } from "../core/dtype.js";
import { NotDifferentiableError, OptionError, TreeError, TypeMismatchError } from "../core/errors.js";
import { Linear, type Tangent, Zero } from "../core/primitive.js";
import { withSource } from "../core/source.js";
import { type ArrayLikes, type Arrays, type TreeStructure, treeUnflatten } from "../tree/index.js";
import { literalTo } from "../ops/operands.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Cotangents, type Inputs, type Output, call, checkArguments, checkFunction, describe } from "./functions.js";
import { instantiate } from "./jvp.js";
import { type FlatTree, checkFits, checkZeros, flattenArrays } from "./leaves.js";
import { type Linearized, linearizeFlat } from "./partial.js";
import { checkPure } from "./sideEffects.js";
import { transposeProgram } from "./transpose.js";

/** The outputs of a flat function, and the map from their cotangents to those of the differentiated inputs. */
export interface FlatVjp {
  readonly outs: readonly NDArray[];
  pullback(cts: readonly Tangent[]): readonly Tangent[];
}

/** Reverse mode on lists of arrays; inputs whose `differentiate` is false have no cotangent. */
export function vjpFlat(
  description: string,
  f: (...xs: NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  differentiate: readonly boolean[],
): FlatVjp {
  const linearized: Linearized = linearizeFlat(description, f, primals, differentiate);
  const { program, tangentOf, outs } = linearized;
  const operands = program.jaxpr.invars.map((v) => new Linear(v.aval));
  const pullback = (cts: readonly Tangent[]): readonly Tangent[] => {
    const used = cts.filter((_, i) => tangentOf[i] !== undefined);
    const found = blamingRules(() => transposeProgram(program, operands, used)) as readonly Tangent[];
    let next = 0;
    return primals.map((x, i) => (differentiate[i] ? found[next++] : new Zero(strong(x.aval))));
  };
  return { outs, pullback };
}

/** A program of tangents is linear, unless a rule of the user's made a part of it that is not: then the error names the rule. */
function blamingRules<T>(transpose: () => T): T {
  try {
    return transpose();
  } catch (error) {
    if (!(error instanceof NotDifferentiableError) || error.op !== "linearTranspose" || error.rule === undefined) throw error;
    const { rule, received, at } = error;
    throw withSource(
      { line: at },
      () =>
        new NotDifferentiableError({
          op: rule,
          expected: "a rule whose tangent is linear in the tangents it takes, as reverse mode transposes it",
          received,
          remedy:
            "let nonlinear operations of the rule depend on the primals alone; what depends on the tangents may be added, and multiplied by such values",
        }),
    );
  }
}

/** A function of trees seen as a function of lists; remembers the structure of what it returned. */
export class FlatFunction {
  outStructure: TreeStructure | undefined;
  /** The structure of the auxiliary part, when the function has one. */
  auxStructure: TreeStructure | undefined;
  /** How many of the flat outputs are the function's value; the rest is the auxiliary part. */
  outCount = 0;

  constructor(
    readonly op: string,
    readonly f: AnyFunction,
    readonly argumentsOf: (leaves: readonly NDArray[]) => readonly unknown[],
    readonly hasAux: boolean,
  ) {}

  readonly run = (...leaves: NDArray[]): readonly NDArray[] => {
    const result = call(this.f, this.argumentsOf(leaves));
    checkSynchronous(this.op, result);
    const [value, aux] = this.hasAux ? splitAux(this.op, result) : [result, undefined];
    const out = flattenResult(value, this.op, "the result");
    this.outStructure = out.structure;
    this.outCount = out.leaves.length;
    if (!this.hasAux) return out.leaves;
    const extra = flattenResult(aux, this.op, "the auxiliary result");
    this.auxStructure = extra.structure;
    return [...out.leaves, ...extra.leaves];
  };

  /** The same for transforms that run the function once: where side effects are looked for, it is traced twice before. */
  readonly checkedRun = (...leaves: NDArray[]): readonly NDArray[] => {
    if (debugSettings.checkSideEffects) checkPure(describe(this.op, this.f), this.run, leaves);
    return this.run(...leaves);
  };

  /** The value, as the tree that the function returned. */
  value(leaves: readonly NDArray[]): unknown {
    return treeUnflatten(this.outStructure as TreeStructure, leaves.slice(0, this.outCount).map(settled));
  }

  /** The auxiliary part, as the tree that the function returned. */
  aux(leaves: readonly NDArray[]): unknown {
    return treeUnflatten(this.auxStructure as TreeStructure, leaves.slice(this.outCount).map(settled));
  }
}

/** A literal that came out of a function is an array like any other from there on. */
export const settled = (x: NDArray): NDArray => (x.aval.weak === undefined ? x : literalTo(x, "float32", "result"));

/** The arrays that a function returned; the remedies for arguments, such as making them static, are none here. */
function flattenResult(result: unknown, op: string, label: string): FlatTree {
  try {
    return flattenArrays(result, op, label);
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const { expected, received } = error;
    throw new TreeError({ op, expected, received, remedy: "return arrays, numbers and booleans, or trees of them, and nothing else" });
  }
}

/** A transform sees what a function computes while it runs, so one that goes on later cannot be transformed. */
function checkSynchronous(op: string, result: unknown): void {
  if (typeof result !== "object" || result === null) return;
  const isGenerator = Symbol.toStringTag in result && String(result[Symbol.toStringTag]).endsWith("Generator");
  const kind = result instanceof Promise ? "an async function" : isGenerator ? "a generator" : undefined;
  if (kind === undefined) return;
  // It will fail once it goes on, with tracers that are dead by then; the error below says why.
  if (result instanceof Promise) result.catch(() => undefined);
  throw new TypeMismatchError({
    op,
    expected: "a function that returns arrays when it is called",
    received: `${kind}, which computes later`,
    remedy: "make it a plain function; await data before the call, and pass it as an argument",
  });
}

function splitAux(op: string, result: unknown): readonly [unknown, unknown] {
  if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
  throw new OptionError({
    op,
    expected: "with hasAux, a function that returns [value, aux]",
    received: Array.isArray(result) ? `a list of ${result.length}` : kindOf(result),
    remedy: "return a pair, or leave hasAux out",
  });
}

/** A cotangent per output leaf; integer outputs have none. */
export function cotangentsOf(avals: readonly Aval[], ct: FlatTree): readonly Tangent[] {
  return avals.map((a, i) => (isFloat(a.dtype) ? inDType(ct.leaves[i], a) : new Zero(a)));
}

const inDType = (x: NDArray, a: Aval): NDArray => (x.aval.weak === undefined ? x : literalTo(x, a.dtype, "cotangent"));

export interface VjpOptions {
  /** The function returns `[value, aux]`; `aux` is passed on and not differentiated. */
  readonly hasAux?: boolean;
}

/** From a cotangent of a value of type `V` to cotangents of the arguments of `F`. */
export type Pullback<F extends AnyFunction, V> = (ct: ArrayLikes<[Arrays<V>]>[0]) => Cotangents<F>;

/** What `vjp` gives: the value, the pullback, and with `hasAux` the auxiliary part. */
export type VjpResult<F extends AnyFunction, O extends VjpOptions> = O extends { readonly hasAux: true }
  ? ReturnType<F> extends readonly [infer V, infer A]
    ? [out: Arrays<V>, pullback: Pullback<F, V>, aux: Arrays<A>]
    : never
  : [out: Output<F>, pullback: Pullback<F, ReturnType<F>>];

/**
 * The value of `f` at `primals`, and the function that takes a cotangent of the value to cotangents of the arguments
 * (the transposed Jacobian). It may be called any number of times.
 *
 * Integer and bool leaves among the arguments get zeros. Like `jax.vjp`.
 *
 * @throws TreeError, ShapeError or DTypeError (from the pullback) when the cotangent does not fit the value.
 * @example
 * const [y, pullback] = vjp((x: NDArray) => np.sin(x), [np.array([0, 1])]);
 * const [dx] = pullback(np.ones([2])); // cos(x)
 */
export function vjp<F extends AnyFunction, const O extends VjpOptions = Record<never, never>>(
  f: F,
  primals: Inputs<F>,
  options?: O,
): VjpResult<F, O> {
  checkFunction("vjp", f);
  checkOptions("vjp", options ?? {}, ["hasAux"]);
  checkArguments("vjp", "primals", primals);
  const input = flattenArrays(primals, "vjp", "primals");
  const flat = new FlatFunction("vjp", f, (xs) => treeUnflatten(input.structure, xs) as readonly unknown[], options?.hasAux ?? false);
  const differentiate = input.leaves.map((x) => isFloat(x.dtype));
  const { outs, pullback } = vjpFlat(describe("vjp", f), flat.checkedRun, input.leaves, differentiate);
  const avals = outs.slice(0, flat.outCount).map((y) => strong(y.aval));
  const structure = flat.outStructure as TreeStructure;
  const pull = (ct: unknown): unknown => {
    const given = flattenArrays(ct, "vjp pullback", "the cotangent");
    checkFits("vjp pullback", "a cotangent", { avals, structure, label: "the value" }, given);
    checkZeros("vjp pullback", "cotangent", "result", avals, given);
    const cts = [...cotangentsOf(avals, given), ...outs.slice(flat.outCount).map((y) => new Zero(y.aval))];
    return treeUnflatten(input.structure, pullback(cts).map(instantiate));
  };
  const result = [flat.value(outs), pull, ...(flat.hasAux ? [flat.aux(outs)] : [])];
  return result as VjpResult<F, O>;
}
