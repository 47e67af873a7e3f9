// Different transformations for different leaves, by label; and leaves that stay.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { type Path, showPath, treeLeavesWithPath } from "../tree/index.js";
import type { EmptyState } from "./chain.js";
import { type MaskedState, keepExtras, masked } from "./masked.js";
import { type Mask, keepLeaves, marksOf, putLeaves } from "./masks.js";
import { checkTransformation } from "./requirements.js";
import { stateless } from "./stateless.js";
import type { AnyTransformation, GradientTransformation, ParamsOf, StateOf, Transformation } from "./transformation.js";
import { zerosOf } from "./transformation.js";

/** The label of a leaf; only its path, shape and dtype may decide. */
export type LabelFunction = (path: Path, leaf: NDArray) => string;

/** A tree of labels (or a prefix of one: a label speaks for all that is below it), or a function of path and leaf. */
export type Labels = string | object | LabelFunction;

/** The states of a partition's transformations, by label; `null` stands for the leaves of other labels. */
export interface PartitionState<Parts extends Readonly<Record<string, AnyTransformation>>> {
  readonly innerStates: { readonly [Label in keyof Parts]: StateOf<Parts[Label]> };
}

const isLabel = (x: unknown): x is string => typeof x === "string";

/** The label of each leaf. */
function labelsOf(labels: Labels, known: readonly string[], tree: unknown): string[] {
  const found = marksOf("partition", "labels", labels, tree, isLabel);
  const strange = found.findIndex((label) => !known.includes(label));
  if (strange < 0) return found;
  throw new OptionError({
    op: "partition",
    expected: `labels among ${known.join(", ")}`,
    received: `"${found[strange]}" at ${showPath(treeLeavesWithPath(tree)[strange][0])}`,
    remedy: "give a transformation for that label",
  });
}

/** Parameters that all take. */
type CommonOf<Parts extends Readonly<Record<string, AnyTransformation>>> =
  { [Label in keyof Parts]: (params: ParamsOf<Parts[Label]>) => void } extends Readonly<Record<string, (params: infer Params) => void>>
    ? Params
    : unknown;

type AnyPart = GradientTransformation<unknown, unknown>;

/**
 * Each leaf to the transformation of its label, which keeps no state for the others; its scalars (a global norm, a step
 * count) are of its own leaves only. Labels are a tree of strings (or a prefix of one), or a function of path and leaf. As
 * `optax.partition`.
 *
 * @throws OptionError for a label without transformation; TreeError where a tree of labels does not fit; TypeMismatchError
 * where a function gives no string, or a part is no transformation.
 * @example
 * optim.partition(
 *   { slow: optim.sgd({ learningRate: 0.01 }), fast: optim.adam({ learningRate: 0.1 }) },
 *   (path) => (path[0] === "encoder" ? "slow" : "fast"),
 * )
 */
export function partition<const Parts extends Readonly<Record<string, AnyTransformation>>>(
  transformations: Parts,
  labels: Labels,
): Transformation<CommonOf<Parts>, PartitionState<Parts>>;
export function partition(
  transformations: Readonly<Record<string, AnyPart>>,
  labels: Labels,
): GradientTransformation<unknown, { readonly innerStates: Readonly<Record<string, unknown>> }> {
  const names = Object.keys(transformations).toSorted();
  for (const name of names) checkTransformation("partition", `the part ${JSON.stringify(name)}`, transformations[name]);
  const ofLabel = (given: readonly string[], name: string): boolean[] => given.map((label) => label === name);
  return {
    init: (params) => {
      const given = labelsOf(labels, names, params);
      const states = names.map((name) => [name, transformations[name].init(keepLeaves(params, ofLabel(given, name)))]);
      return { innerStates: Object.fromEntries(states) };
    },
    update: (grads, { innerStates }, params, extras = {}) => {
      const given = labelsOf(labels, names, grads);
      let updates = grads;
      const states = names.map((name) => {
        const kept = ofLabel(given, name);
        const keptParams = params === undefined ? undefined : keepLeaves(params, kept);
        const [part, next] = transformations[name].update(
          keepLeaves(grads, kept),
          innerStates[name],
          keptParams,
          keepExtras(extras, kept, params),
        );
        updates = putLeaves(updates, kept, part);
        return [name, next];
      });
      return [updates, { innerStates: Object.fromEntries(states) }];
    },
  };
}

/**
 * Zeros for updates. As `optax.set_to_zero`.
 *
 * @example optim.setToZero().update(np.array([1, 2]), [])[0] // [0, 0]
 */
export const setToZero = <Params = unknown>(): Transformation<Params, EmptyState> => stateless<Params>((grads) => zerosOf(grads));

/**
 * Zeros for the updates of the leaves where the mask holds, whatever the others do: put it last in a chain, or use
 * `partition` so that the frozen leaves have no state at all. As `optax.transforms.freeze`.
 *
 * @throws TreeError where a tree of booleans does not fit; TypeMismatchError where a function gives no boolean.
 * @example optim.chain(optim.adam({ learningRate: 1e-3 }), optim.freeze((path) => path[0] === "encoder"))
 */
export const freeze = <Params = unknown>(mask: Mask): Transformation<Params, MaskedState<EmptyState>> =>
  masked<Params, EmptyState>(setToZero(), mask);
