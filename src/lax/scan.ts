// lax.scan: a loop over slices that hands a carry from step to step, as one operation.

import { aval } from "../core/aval.js";
import { TreeError } from "../core/errors.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { bindAll } from "../core/trace.js";
import { checkLength, checkSameTypes, checkUnroll } from "../transform/control/checks.js";
import { scanP } from "../transform/control/scan.js";
import { type TracedBody, inTypes, traceBody } from "../transform/control/tracing.js";
import { type AnyFunction, checkFunction } from "../transform/functions.js";
import { type Arrays, type TreeStructure, treeFlatten, treeUnflatten } from "../tree/index.js";
import { type AnyTree, type Leaves, type Returned, leavesOf, showKind } from "./trees.js";

export interface ScanOptions {
  /** The number of steps, where `xs` does not say it. */
  readonly length?: number;
  /** Runs from the last slice to the first; ys stand where their x stood. */
  readonly reverse?: boolean;
  /** A hint, as JAX's: steps that the loop may do at a time, `true` for all. The compiler does one at a time so far; no result depends on it. */
  readonly unroll?: number | boolean;
}

/**
 * Runs `f` on a carry and the slices of `xs` along their leading axis, one after the other: `f(carry, x)` returns the next
 * carry and what is to be stacked. Gives the last carry and the stack of all ys. Like `jax.lax.scan`.
 *
 * Carry, xs and ys are any trees; `xs` may be null, with `length` given. The carry keeps its structure, shapes and dtypes.
 * `f` is traced once for each combination of types, so it must be pure; what it closes over is read when it is traced.
 *
 * In reverse mode the residuals of each step are kept, but not what stays the same in all steps; `checkpoint` of `f` keeps
 * the carries alone, and computes the rest again.
 *
 * @throws TreeError, ShapeError or DTypeError when the carry changes its structure or types, by path; ShapeError when xs differ
 * in length; OptionError when nothing says the length, or for an option of the wrong kind.
 * @example
 * const [total, running] = lax.scan((sum: NDArray, x: NDArray) => [sum.add(x), sum.add(x)], 0, np.array([1, 2, 3]));
 * running; // [1, 3, 6]
 */
export function scan<C extends AnyTree, X extends AnyTree, Y>(
  f: (carry: Arrays<C>, x: Arrays<X>) => readonly [carry: Returned<Arrays<C>>, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: Arrays<C>, ys: Arrays<Y>] {
  checkOptions("scan", options, ["length", "reverse", "unroll"]);
  return scanTree("scan", f, init, xs, options) as [Arrays<C>, Arrays<Y>];
}

/** The same without its types; `op` is the function that the user called. */
export function scanTree(op: string, f: AnyFunction, init: unknown, xs: unknown, options: ScanOptions): [unknown, unknown] {
  checkFunction(op, f);
  checkFlags(op, options, ["reverse"]);
  const start = leavesOf(op, init, "init");
  const given = leavesOf(op, xs, "xs");
  const length = checkLength(op, given.leaves, given.structure, options.length);
  const unroll = checkUnroll(op, options.unroll === undefined ? 1 : options.unroll, length);
  const body = bodyOf(op, f, start, given, treeFlatten([init, xs]).structure);
  const carry = inTypes(op, start.leaves, body.carryAvals);
  const outs = bindAll(scanP, [...body.captured, ...carry, ...given.leaves], {
    jaxpr: body.program,
    length,
    reverse: options.reverse ?? false,
    unroll,
    numConsts: body.captured.length,
    numCarry: carry.length,
  });
  const [carryStructure, yStructure] = body.outStructure.children;
  return [treeUnflatten(carryStructure, outs.slice(0, carry.length)), treeUnflatten(yStructure, outs.slice(carry.length))];
}

function bodyOf(op: string, f: AnyFunction, start: Leaves, xs: Leaves, structure: TreeStructure): TracedBody {
  const slices = xs.avals.map((a) => aval(a.shape.slice(1), a.dtype));
  const body = traceBody(op, f, structure, [...start.avals, ...slices], start.avals.length);
  checkPair(op, body.outStructure);
  checkSameTypes(
    op,
    { structure: start.structure, avals: body.carryAvals, label: "the initial carry" },
    {
      structure: body.outStructure.children[0],
      avals: body.program.outAvals.slice(0, body.outStructure.children[0].leafCount),
      label: "the carry that the function returned",
    },
    "return a carry of the structure, shapes and dtypes it came with: convert it with x.astype(dtype), or make the initial one so",
  );
  return body;
}

function checkPair(op: string, { form, children }: TreeStructure): void {
  if (form.kind === "list" && children.length === 2) return;
  throw new TreeError({
    op,
    expected: "a function that returns [carry, y]",
    received: form.kind === "list" ? `a list of ${children.length}` : showKind(form.kind),
    remedy: "return a pair; y may be null where nothing is to be stacked",
  });
}
