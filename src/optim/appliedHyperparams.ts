// Reads out of an optimizer's state what was applied in the last update: every record named `hyperparams`, wherever it is.

import { type NDArray, asArray } from "../core/array.js";
import { type Path, showPath, treeLeavesWithPath } from "../tree/index.js";

interface Found {
  readonly name: string;
  /** The place of the state that holds it. */
  readonly place: Path;
  readonly value: NDArray;
}

function foundIn(state: unknown): Found[] {
  return treeLeavesWithPath(state).flatMap(([path, leaf]): Found[] => {
    const [holder, name] = path.slice(-2);
    if (holder !== "hyperparams" || typeof name !== "string") return [];
    return [{ name, place: path.slice(0, -2), value: asArray(leaf, "appliedHyperparams") }];
  });
}

/** Whether no other of the same name lies as high in the state. */
const alone = (one: Found, all: readonly Found[]): boolean =>
  all.every((other) => other === one || other.name !== one.name || other.place.length > one.place.length);

/**
 * The hyperparameters that the last update applied (before the first: those that it will apply), by their names. Where
 * several transformations of a state have one of the same name, the one that lies highest has the name; the others, or all of
 * them when they lie equally high, have it after their place, as in `[1].learningRate`. Learning rates and weight decays are
 * always there; of the others a state keeps those that may change, arrays and schedules.
 *
 * @throws TreeError for a state that is no tree of arrays.
 * @example optim.appliedHyperparams(state).learningRate.item() // the rate of the step just done
 */
export function appliedHyperparams(state: unknown): Readonly<Record<string, NDArray>> {
  const all = foundIn(state);
  return Object.fromEntries(all.map((one) => [alone(one, all) ? one.name : showPath([...one.place, one.name]), one.value]));
}
