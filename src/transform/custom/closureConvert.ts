// closureConvert: what a function closes over becomes arguments, so that rules can speak of it.

import type { NDArray } from "../../core/array.js";
import { isFloat } from "../../core/dtype.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { OptionError } from "../../core/errors.js";
import { Tracer } from "../../core/trace.js";
import { checkSameStructure, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, type Inputs, type Output, checkFunction } from "../functions.js";
import { flattenArrays } from "../leaves.js";
import { stageFunction } from "../makeJaxpr.js";

/** A function that takes, after its arguments, what it closed over. */
export type Converted<F extends AnyFunction> = (...args: [...args: Inputs<F>, ...consts: NDArray[]]) => Output<F>;

/**
 * `f` with the traced floating-point values that it closes over as further arguments, and these values: `[converted, consts]`
 * with `converted(...args, ...consts)` equal to `f(...args)`. With it a function that takes functions (a solver) can pass what
 * they close over through its own rule, which then says their derivative. `examples` give the types of the arguments. Like
 * `jax.closure_convert`.
 *
 * @throws OptionError (when called) for another number of arguments; TreeError, ShapeError or DTypeError for other types.
 * @example
 * grad((w: NDArray) => {
 *   const [converted, consts] = closureConvert((x: NDArray) => x.mul(w), 2);
 *   return converted(2, ...consts); // consts is [w]
 * })(np.array(3)); // 2
 */
export function closureConvert<F extends AnyFunction>(f: F, ...examples: Inputs<F>): [converted: Converted<F>, consts: NDArray[]] {
  checkFunction("closureConvert", f);
  const { leaves, structure } = flattenArrays(examples, "closureConvert", "examples");
  const staged = stageFunction("closureConvert", f, leaves, (xs) => treeUnflatten(structure, xs) as readonly unknown[]);
  const { jaxpr, consts } = staged.program;
  const isHoisted = consts.map((x) => x instanceof Tracer && isFloat(x.dtype));
  const hoisted = consts.filter((_, i) => isHoisted[i]);
  const program = new ClosedJaxpr(
    {
      ...jaxpr,
      constvars: jaxpr.constvars.filter((_, i) => !isHoisted[i]),
      invars: [...jaxpr.constvars.filter((_, i) => isHoisted[i]), ...jaxpr.invars],
    },
    consts.filter((_, i) => !isHoisted[i]),
  );
  const count = structure.children.length;
  const converted = (...args: readonly unknown[]): unknown => {
    checkCount(args.length, count, hoisted.length);
    const given = flattenArrays(args.slice(0, count), "closureConvert", "arguments");
    checkSameStructure("closureConvert", structure, given.structure, ["the examples", "the arguments"]);
    const extra = flattenArrays(args.slice(count), "closureConvert", "closed-over values").leaves;
    return treeUnflatten(staged.outStructure, evaluateJaxpr(program, [...extra, ...given.leaves]));
  };
  return [converted as Converted<F>, hoisted];
}

function checkCount(found: number, args: number, consts: number): void {
  if (found === args + consts) return;
  throw new OptionError({
    op: "closureConvert",
    expected: `${args} arguments of the function, then the ${consts} values that it closed over`,
    received: `${found}`,
    remedy: "call it as converted(...args, ...consts)",
  });
}
