// The call of a function with a custom rule, taken apart: its arrays, its static arguments, and its own program, in which
// what it closes over of outer transforms has become leading operands.

import { ConcreteArray, type NDArray } from "../../core/array.js";
import { type Aval, showAval, strong } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { ConcretizationError, NotDifferentiableError } from "../../core/errors.js";
import { type Tangent, Zero } from "../../core/primitive.js";
import { Tracer, currentTrace, evalTrace, withTrace } from "../../core/trace.js";
import { type TreeStructure, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, type Argnums, normalizeArgnums } from "../functions.js";
import { closeOver } from "../jit.js";
import { flattenArrays } from "../leaves.js";
import { stageFunction } from "../makeJaxpr.js";
import { FlatFunction } from "../vjp.js";

/** The arguments of one call without their arrays, which rules that run later must not keep alive. */
export class CallShape {
  constructor(
    /** Of the argument list, with null for static arguments. */
    readonly structure: TreeStructure,
    readonly avals: readonly Aval[],
    readonly statics: ReadonlyMap<number, unknown>,
  ) {}

  /** How many arguments there are. */
  get count(): number {
    return this.structure.children.length;
  }

  /** The argument list with these arrays as leaves, static arguments in their places. */
  list(leaves: readonly NDArray[]): readonly unknown[] {
    return this.trees(leaves).map((arg, i) => (this.statics.has(i) ? this.statics.get(i) : arg));
  }

  /** The same with null for static arguments. */
  trees(leaves: readonly NDArray[]): readonly unknown[] {
    return treeUnflatten(this.structure, leaves) as readonly unknown[];
  }

  /** What belongs to each leaf, argument by argument. */
  byArgument<T>(flat: readonly T[]): readonly (readonly T[])[] {
    let start = 0;
    return this.structure.children.map((child) => flat.slice(start, (start += child.leafCount)));
  }
}

/** A call taken apart. */
export interface CustomCall {
  readonly leaves: readonly NDArray[];
  readonly shape: CallShape;
}

/** Takes a call apart. */
export function takeApart(op: string, args: readonly unknown[], nondiffArgnums: Argnums | undefined): CustomCall {
  const positions = nondiffArgnums === undefined ? [] : normalizeArgnums(op, "nondiffArgnums", nondiffArgnums, args.length);
  const statics = new Map(positions.map((position) => [position, args[position]]));
  const dynamic = args.map((arg, i) => (statics.has(i) ? null : arg));
  const { leaves, structure } = flattenArrays(dynamic, op, "arguments");
  const avals = leaves.map((x) => strong(x.aval));
  return { leaves, shape: new CallShape(structure, avals, statics) };
}

/** The function's own program, or why it has none: it reads values, and can only run on arrays that have them. */
export type OwnProgram =
  | { readonly jaxpr: ClosedJaxpr; readonly captured: readonly NDArray[]; readonly structure: TreeStructure }
  | { readonly jaxpr: undefined; readonly captured: readonly []; readonly refusal: ConcretizationError };

/** Traces the function on the types of its arguments. */
export function ownProgram(transform: string, f: AnyFunction, { leaves, shape }: CustomCall): OwnProgram {
  try {
    const { program, outStructure } = stageFunction(transform, f, leaves, (xs) => shape.list(xs));
    const { program: jaxpr, captured } = closeOver(program);
    return { jaxpr, captured, structure: outStructure };
  } catch (error) {
    if (!(error instanceof ConcretizationError)) throw error;
    return { jaxpr: undefined, captured: [], refusal: error };
  }
}

/** Whether a call only evaluates: no transform has a say in it. */
export const onlyEvaluates = ({ leaves }: CustomCall): boolean =>
  currentTrace() === evalTrace && leaves.every((x) => x instanceof ConcreteArray);

/** Whether no argument is traced. */
export const isUntraced = ({ leaves }: CustomCall): boolean => !leaves.some((x) => x instanceof Tracer);

/** Calls the function itself, on arrays that have their values. */
export function callDirectly(op: string, f: AnyFunction, { leaves, shape }: CustomCall): unknown {
  const flat = new FlatFunction(op, f, (xs) => shape.list(xs), false);
  return flat.value(withTrace(evalTrace, () => flat.run(...leaves)));
}

/**
 * Refuses tangents of closed-over values: a rule speaks of the arguments alone.
 *
 * @throws NotDifferentiableError
 */
export function checkCaptured(description: string, captured: number, tangents: readonly Tangent[]): void {
  const tangent = tangents.slice(0, captured).find((t) => !(t instanceof Zero));
  if (tangent === undefined) return;
  throw new NotDifferentiableError({
    op: description,
    expected: "derivatives with respect to its arguments",
    received: `one with respect to a ${showAval(tangent.aval)} that the function closes over`,
    remedy: "pass that value as an argument, and let the rule say its derivative; or stop its gradient with stopGradient",
  });
}
