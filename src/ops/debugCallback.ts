// A callback into the user's program, as an effect: from inside of compiled functions, once for each example of a batch,
// in the order of the program. It gives nothing back, so values and derivatives are as without it.

import { type ArrayLike, ConcreteArray, type NDArray, asArray } from "../core/array.js";
import { debugSettings } from "../core/debug.js";
import { deliver } from "../core/effects.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { type BatchDim, type HostArray, type Primitive, constant, primitive } from "../core/primitive.js";
import { bindAll, evalTrace, withTrace } from "../core/trace.js";
import { type TreeStructure, treeFlatten, treeUnflatten } from "../tree/index.js";
import { squeeze } from "./layout.js";
import { sliceInDim } from "./slice.js";

/** Takes the operands' values; called while no compiled program runs. */
type Callback = (xs: readonly NDArray[]) => void;

export interface DebugCallbackParams {
  readonly callback: Callback;
}

export const debugCallbackP: Primitive<"debug_callback", DebugCallbackParams> = primitive("debug_callback")<DebugCallbackParams>({
  type: () => [],
  derivative: constant,
  batch: {
    tag: "rule",
    rule: (size, xs, dims, { callback }) => [bindAll(debugCallbackP, xs, { callback: forEach(size, dims, callback) }), []],
  },
  reference: (inputs, { callback }) => {
    const xs = inputs.map(copied);
    deliver(() => withTrace(evalTrace, () => callback(xs)));
    return [];
  },
  hasEffect: true,
});

/** A compiled program's operands lie in memory that it will use again. */
const copied = ({ data, shape, dtype }: HostArray): ConcreteArray => new ConcreteArray({ shape, dtype }, data.slice());

const forEach =
  (size: number, dims: readonly BatchDim[], callback: Callback): Callback =>
  (xs) => {
    for (let n = 0; n < size; n++) {
      callback(
        xs.map((x, i) => {
          const dim = dims[i];
          return dim === null ? x : squeeze(sliceInDim(x, n, n + 1, 1, dim), dim);
        }),
      );
    }
  };

/** An argument of a callback: trees of arrays wait for their values, all else is passed on. */
type Argument = { readonly leaves: readonly NDArray[]; readonly structure: TreeStructure } | { readonly value: unknown };

function argument(value: unknown, op: string): Argument {
  if (["number", "boolean", "string", "function", "bigint"].includes(typeof value)) return { value };
  const { leaves, structure } = treeFlatten(value, { op });
  return { leaves: leaves.map((x: ArrayLike) => asArray(x, op)), structure };
}

function bindCallback(op: string, f: (...values: readonly unknown[]) => unknown, values: readonly unknown[]): void {
  const given = values.map((value) => argument(value, op));
  const callback: Callback = (xs) => {
    let start = 0;
    f(
      ...given.map((one) =>
        "value" in one ? one.value : treeUnflatten(one.structure, xs.slice(start, (start += one.structure.leafCount))),
      ),
    );
  };
  bindAll(
    debugCallbackP,
    given.flatMap((one) => ("value" in one ? [] : one.leaves)),
    { callback },
  );
}

/**
 * Calls `f` with the values of arrays, also from inside of `jit`, `grad`, `vmap` and loops: there `f` gets arrays that hold
 * their elements. Under `vmap` it is called once for each example; in a derivative, with the values of the forward pass. A
 * jitted call runs all of its callbacks, in the order of the program, when it has ended. What `f` returns is not used.
 * Like `jax.debug.callback` with `ordered=True`.
 *
 * @throws TypeMismatchError when `f` is no function; TreeError when a leaf of a value is no array.
 * @example
 * const seen: number[] = [];
 * jit((x: NDArray) => {
 *   debugCallback((y: NDArray) => seen.push(y.item()), x.sum());
 *   return x.mul(2);
 * })(np.ones([3])); // seen is [3]
 */
export function debugCallback<Values extends readonly unknown[]>(f: (...values: Values) => unknown, ...values: Values): void {
  if (typeof f !== "function") {
    throw new TypeMismatchError({
      op: "debugCallback",
      expected: "a function, then the values it takes",
      received: typeof f,
      remedy: "write debugCallback((x) => ..., x)",
    });
  }
  bindCallback("debugCallback", (...xs) => f(...(xs as unknown as Values)), values);
}

/**
 * Prints values, also from inside of `jit`, `grad`, `vmap` and loops: each `{}` of the format is replaced by the next value;
 * `{{` and `}}` print braces. Values are arrays, trees of them, numbers or texts. Lines go to standard output, or to the
 * `print` of `setDebug`. When and how often is as with `debugCallback`. Like `jax.debug.print`.
 *
 * @throws OptionError when the format has more or fewer places than there are values.
 * @example
 * jit((x: NDArray) => {
 *   debugPrint("the sum is {}", x.sum());
 *   return x.mul(2);
 * })(np.ones([3])); // prints: the sum is 3
 */
export function debugPrint(format: string, ...values: readonly unknown[]): void {
  const parts = String(format).split(/(\{\{|\}\}|\{\})/);
  const places = parts.filter((part) => part === "{}").length;
  if (places !== values.length) {
    throw new OptionError({
      op: "debugPrint",
      expected: `a format with one {} for each of ${values.length} values`,
      received: `${places} in ${JSON.stringify(format)}`,
      remedy: "write {} where a value belongs, and {{ or }} for a brace",
    });
  }
  const print = (...shown: readonly unknown[]): void => {
    let next = 0;
    const piece = (part: string): string => (part === "{}" ? show(shown[next++]) : part === "{{" ? "{" : part === "}}" ? "}" : part);
    debugSettings.print(parts.map(piece).join(""));
  };
  bindCallback("debugPrint", print, values);
}

/** Scalars as numbers, arrays as NumPy prints them, trees as records and lists of these. */
function show(value: unknown): string {
  if (value instanceof ConcreteArray) return value.ndim === 0 ? String(value.toArray()) : value.toString();
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return String(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${key}: ${show(entry)}`)
    .join(", ")}}`;
}
