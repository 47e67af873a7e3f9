// Donated arguments: arrays that a call may reuse, and that throw when they are used afterwards.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { type TreeStructure, showPath } from "../tree/index.js";

/** For each leaf of the arguments, whether it is donated. */
export function donatedLeaves(structure: TreeStructure, positions: readonly number[]): readonly boolean[] {
  return structure.children.flatMap((child, i) => new Array<boolean>(child.leafCount).fill(positions.includes(i)));
}

let calls = 0;

/**
 * Refuses a call that has a donated array twice: it would be taken away from the other place too.
 *
 * @throws OptionError that names the place.
 */
export function checkDonation(leaves: readonly NDArray[], isDonated: readonly boolean[], structure: TreeStructure): void {
  calls++;
  for (const donated of [false, true]) {
    for (let i = 0; i < leaves.length; i++) {
      const x = leaves[i];
      if (isDonated[i] !== donated || !(x instanceof ConcreteArray)) continue;
      if (donated && x.metBy === calls) throw twice(structure, i);
      x.metBy = calls;
    }
  }
}

function twice(structure: TreeStructure, i: number): OptionError {
  const path = structure.paths()[i];
  return new OptionError({
    op: "jit",
    expected: "donated arguments that appear once in the call",
    received: `an array that the call has twice, at ${showPath(path.slice(1), `argument ${path[0]}`)}`,
    remedy: "leave that argument out of donateArgnums, or pass a copy",
  });
}

/** Gives the donated arrays away to `name`. */
export function donate(name: string, leaves: readonly NDArray[], isDonated: readonly boolean[]): void {
  for (let i = 0; i < leaves.length; i++) {
    const x = leaves[i];
    if (isDonated[i] && x instanceof ConcreteArray) x.donate(name);
  }
}
