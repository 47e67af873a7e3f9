// lax.cond and lax.switch: one of several functions, chosen by a value that may be traced.

import { type ArrayLike, type NDArray, asArray, kindOf } from "../core/array.js";
import { type Aval, aval, showAval, strong } from "../core/aval.js";
import { isInteger } from "../core/dtype.js";
import { DTypeError, OptionError, ShapeError, TypeMismatchError } from "../core/errors.js";
import { bindAll } from "../core/trace.js";
import { min } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { literalTo } from "../ops/operands.js";
import { checkSameTypes } from "../transform/control/checks.js";
import { condP } from "../transform/control/cond.js";
import { widened } from "../transform/control/programs.js";
import { type Traced, retyped, traceFunction } from "../transform/control/tracing.js";
import { type AnyFunction, checkFunction } from "../transform/functions.js";
import { type Arrays, treeUnflatten } from "../tree/index.js";
import { type AnyTree, type Leaves, leavesOf } from "./trees.js";

/** The operands as a branch sees them: their numbers are arrays. */
type Operands<A extends readonly unknown[]> = { -readonly [K in keyof A]: Arrays<A[K]> };

/**
 * `trueFun(...operands)` where `pred` holds, else `falseFun(...operands)`; both are traced, one is run. Like `jax.lax.cond`.
 *
 * Under `vmap` with a predicate that differs from example to example, both are run, and their results selected. Branches
 * are traced once for each combination of types, so they must be pure; what they close over is read when they are traced.
 *
 * @throws TypeMismatchError, ShapeError or DTypeError unless `pred` is a bool scalar; TreeError, ShapeError or DTypeError when the
 * branches return different structures or types, by path.
 * @example lax.cond(np.array(3).greater(2), (x: NDArray) => x.mul(2), (x: NDArray) => x.sub(1), np.array(5)) // 10
 */
export function cond<A extends readonly AnyTree[], R>(
  pred: ArrayLike,
  trueFun: (...operands: Operands<A>) => R,
  falseFun: (...operands: Operands<A>) => R,
  ...operands: A
): Arrays<R> {
  const op = "cond";
  const predicate = asArray(pred, op);
  checkPredicate(op, predicate.aval);
  const index = convertElementType(predicate, "int32");
  const named = [
    { f: falseFun, label: "the false branch" },
    { f: trueFun, label: "the true branch" },
  ];
  return choose(op, index, named, operands) as Arrays<R>;
}

/**
 * `branches[index](...operands)`, the index moved to the nearest where there is no such branch; all are traced, one is run.
 * Like `jax.lax.switch`.
 *
 * @throws OptionError for no branches; ShapeError or DTypeError unless `index` is an integer scalar; TreeError, ShapeError or
 * DTypeError when the branches return different structures or types, by path.
 * @example lax.switch(1, [(x: NDArray) => x, (x: NDArray) => x.neg()], np.array(5)) // -5
 */
export function switchBranch<A extends readonly AnyTree[], R>(
  index: ArrayLike,
  branches: readonly ((...operands: Operands<A>) => R)[],
  ...operands: A
): Arrays<R> {
  const op = "switch";
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new OptionError({
      op,
      expected: "a list of at least one function",
      received: Array.isArray(branches) ? "an empty list" : kindOf(branches),
      remedy: "pass the branches as a list, before the operands: switch(index, [f, g], x)",
    });
  }
  const named = branches.map((f, i) => ({ f, label: `branch ${i}` }));
  return choose(op, indexOf(op, asArray(index, op), branches.length), named, operands) as Arrays<R>;
}

interface Branch {
  readonly f: AnyFunction;
  readonly label: string;
}

function choose(op: string, index: NDArray, branches: readonly Branch[], args: readonly unknown[]): unknown {
  const operands = leavesOf(op, args, "operands");
  const traced = branches.map(({ f, label }) => {
    checkFunction(op, f, `pass a function of the operands as ${label}`);
    return traceFunction(op, f, operands.structure, operands.avals);
  });
  const [first, ...others] = traced;
  others.forEach((other, i) =>
    checkSameTypes(
      op,
      { structure: first.outStructure, avals: first.program.outAvals, label: branches[0].label },
      { structure: other.outStructure, avals: other.program.outAvals, label: branches[i + 1].label },
      "return the same structure, shapes and dtypes from every branch, for example with x.astype(dtype) or np.broadcastTo",
    ),
  );
  const { programs, values } = withNumbers(op, branches, traced, operands);
  const captured = programs.flatMap((program) => program.captured);
  const outs = bindAll(condP, [index, ...captured, ...values], { branches: joined(programs, captured) });
  return treeUnflatten(first.outStructure, outs);
}

/** Numbers among the operands enter in float64 where branches only convert them, so that no digit is lost; else in float32. */
function withNumbers(
  op: string,
  branches: readonly Branch[],
  traced: readonly Traced[],
  { leaves, avals, structure }: Leaves,
): { readonly programs: readonly Traced[]; readonly values: readonly NDArray[] } {
  const isWeak = avals.map((a) => a.weak !== undefined);
  if (!isWeak.includes(true)) return { programs: traced, values: leaves };
  const wide = isWeak.map((weak) => (weak ? aval([], "float64") : undefined));
  const programs = traced.map(({ program, captured }) => retyped(program, [...captured.map(() => undefined), ...wide]));
  const as = (dtype: "float32" | "float64"): NDArray[] => leaves.map((x, i) => (isWeak[i] ? literalTo(x, dtype, op) : x));
  if (programs.every((program) => program !== undefined)) {
    return { programs: traced.map((t, b) => ({ ...t, program: programs[b] })), values: as("float64") };
  }
  return { programs: branches.map(({ f }) => traceFunction(op, f, structure, avals.map(strong))), values: as("float32") };
}

/** Every branch with the values that any of them captured before its operands. */
function joined(traced: readonly Traced[], captured: readonly NDArray[]): Traced["program"][] {
  if (captured.length === 0) return traced.map(({ program }) => program);
  let before = 0;
  return traced.map(({ program, captured: own }) => {
    const operands = program.inAvals.slice(own.length);
    const start = before;
    before += own.length;
    const avals: readonly Aval[] = [...captured.map((x) => strong(x.aval)), ...operands];
    const place = (i: number): number | undefined => {
      if (i >= captured.length) return i - captured.length + own.length;
      return i >= start && i < start + own.length ? i - start : undefined;
    };
    return widened(
      program,
      avals,
      avals.map((_, i) => place(i)),
    );
  });
}

/**
 * Refuses anything but one bool.
 *
 * @throws ShapeError, DTypeError
 */
export function checkPredicate(op: string, pred: Aval): void {
  if (pred.dtype === "bool" && pred.shape.length === 0) return;
  const parts = { op, expected: "a predicate that is a bool scalar", received: showAval(pred) };
  if (pred.shape.length > 0) {
    throw new ShapeError({ ...parts, remedy: "reduce it first with x.all() or x.any(), or choose element by element with np.where" });
  }
  throw new DTypeError({ ...parts, remedy: "compare first, for example x.greater(0) or x.notEqual(0)" });
}

function indexOf(op: string, index: NDArray, count: number): NDArray {
  const parts = { op, expected: "an index that is an integer scalar", received: showAval(index.aval) };
  if (index.ndim > 0) throw new ShapeError({ ...parts, remedy: "pass one index; with vmap each example has its own" });
  if (index.aval.weak === "integer") return literalTo(index, "int32", op);
  if (isInteger(index.dtype)) {
    // What does not fit into int32 is beyond the last branch.
    return convertElementType(index.dtype === "uint32" ? min(index, count) : index, "int32");
  }
  throw new TypeMismatchError({ ...parts, received: kindOf(index), remedy: 'convert it with x.astype("int32")' });
}
