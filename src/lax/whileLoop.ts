// lax.whileLoop: a loop whose number of steps need not be known when it is traced.

import type { ArrayLike } from "../core/array.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { checkOptions, showValue } from "../core/options.js";
import { bindAll } from "../core/trace.js";
import { checkSameTypes } from "../transform/control/checks.js";
import { inTypes, traceBody, traceFunction } from "../transform/control/tracing.js";
import { whileP } from "../transform/control/while.js";
import { type AnyFunction, checkFunction } from "../transform/functions.js";
import { type Arrays, type TreeStructure, treeFlatten, treeUnflatten } from "../tree/index.js";
import { checkPredicate } from "./cond.js";
import { type AnyTree, type Returned, leavesOf, showKind } from "./trees.js";

export interface WhileOptions {
  /** Stops after that many steps at the latest; reverse mode needs it. */
  readonly maxSteps?: number;
}

/**
 * Runs `body` on a carry for as long as `condition` holds for it, and gives the last carry. Like `jax.lax.while_loop`.
 *
 * The carry is any tree, and keeps its structure, shapes and dtypes. Forward mode needs nothing; reverse mode needs
 * `maxSteps`, and then costs memory for that many steps. Under `vmap` it runs until all examples have ended. Both functions
 * are traced once for each combination of types, so they must be pure; what they close over is read when they are traced.
 *
 * @throws TreeError, ShapeError or DTypeError when the carry changes its structure or types, by path, or when the condition is no
 * bool scalar; NotDifferentiableError in reverse mode without `maxSteps`.
 * @example lax.whileLoop((x: NDArray) => x.less(100), (x: NDArray) => x.mul(2), np.array(3)) // 192
 */
export function whileLoop<C extends AnyTree>(
  condition: (carry: Arrays<C>) => ArrayLike,
  body: (carry: Arrays<C>) => Returned<Arrays<C>>,
  init: C,
  options: WhileOptions = {},
): Arrays<C> {
  checkOptions("whileLoop", options, ["maxSteps"]);
  return whileTree("whileLoop", condition, body, init, options.maxSteps) as Arrays<C>;
}

/** The same without its types; `op` is the function that the user called. */
export function whileTree(op: string, condition: AnyFunction, body: AnyFunction, init: unknown, maxSteps?: number): unknown {
  checkFunction(op, condition, "pass a function of the carry as the condition");
  checkFunction(op, body, "pass a function of the carry as the body");
  checkSteps(op, maxSteps);
  const start = leavesOf(op, init, "init");
  const { structure } = treeFlatten([init]);
  const traced = traceBody(op, body, structure, start.avals, start.avals.length);
  checkSameTypes(
    op,
    { structure: start.structure, avals: traced.carryAvals, label: "the initial carry" },
    { structure: traced.outStructure, avals: traced.program.outAvals, label: "the carry that the body returned" },
    "return a carry of the structure, shapes and dtypes it came with: convert it with x.astype(dtype), or make the initial one so",
  );
  const goesOn = traceFunction(op, condition, structure, traced.carryAvals);
  checkCondition(op, goesOn.outStructure.form.kind);
  checkPredicate(op, goesOn.program.outAvals[0]);
  const outs = bindAll(whileP, [...goesOn.captured, ...traced.captured, ...inTypes(op, start.leaves, traced.carryAvals)], {
    condJaxpr: goesOn.program,
    bodyJaxpr: traced.program,
    condConsts: goesOn.captured.length,
    bodyConsts: traced.captured.length,
    ...(maxSteps === undefined ? {} : { maxSteps }),
  });
  return treeUnflatten(start.structure, outs);
}

function checkSteps(op: string, maxSteps: number | undefined): void {
  if (maxSteps === undefined || (Number.isInteger(maxSteps) && maxSteps >= 0)) return;
  throw new OptionError({
    op,
    expected: "maxSteps: a non-negative integer",
    received: showValue(maxSteps),
    remedy: "pass the greatest number of steps that the loop may take, or leave it out",
  });
}

function checkCondition(op: string, kind: TreeStructure["form"]["kind"]): void {
  if (kind === "leaf") return;
  throw new TypeMismatchError({
    op,
    expected: "a condition that returns a bool scalar",
    received: showKind(kind),
    remedy: "return one comparison, for example x.less(10)",
  });
}
