// A nest over a product's results in the product's own axes: batch, rows, columns. The nest may have them in any order, each cut
// into several axes or merged with others of size 1; what else it touches must be even along them.

import type { TargetSpace } from "../loop/finished.js";
import type { Access, Nest, Node } from "../loop/ir.js";

/** For each axis of the product, the nest's axes that make it, the outermost first. */
type Groups = readonly (readonly number[])[];

/** The groups, from the strides at which the nest walks the target. */
function groupsOf({ sizes }: Nest, { offset, strides }: Access, space: TargetSpace): Groups | undefined {
  if (offset !== space.access.offset) return undefined;
  const left = new Set(sizes.flatMap((n, k) => (n > 1 ? [k] : [])));
  const groups: number[][] = [];
  for (const [d, size] of space.sizes.entries()) {
    const group: number[] = [];
    let [count, stride] = [1, space.access.strides[d]];
    while (count < size) {
      const axis = [...left].find((k) => strides[k] === stride);
      if (axis === undefined) return undefined;
      left.delete(axis);
      group.unshift(axis);
      count *= sizes[axis];
      stride *= sizes[axis];
    }
    if (count !== size) return undefined;
    groups.push(group);
  }
  return left.size === 0 ? groups : undefined;
}

function inGroups(access: Access, groups: Groups, sizes: readonly number[]): Access | undefined {
  const strides: number[] = [];
  for (const group of groups) {
    const even = group.every((k, i) => i + 1 === group.length || access.strides[k] === access.strides[group[i + 1]] * sizes[group[i + 1]]);
    if (!even) return undefined;
    strides.push(group.length === 0 ? 0 : access.strides[group[group.length - 1]]);
  }
  return { ...access, strides };
}

/** The nest over the axes of a product that it reads; `undefined` where it cannot be told so. */
export function inProductAxes(nest: Nest, space: TargetSpace): Nest | undefined {
  const own = nest.nodes.find((node) => node.kind === "load" && node.access.buffer === space.access.buffer);
  const groups = own?.kind === "load" ? groupsOf(nest, own.access, space) : undefined;
  if (groups === undefined) return undefined;
  const access = (a: Access): Access | undefined => inGroups(a, groups, nest.sizes);
  const node = (n: Node): Node | undefined => {
    if (n.kind === "index") {
      const axis = groups.findIndex((group) => group.length === 1 && group[0] === n.axis);
      return axis < 0 ? undefined : { ...n, axis };
    }
    if (n.kind !== "load") return n;
    const moved = access(n.access);
    return moved && { ...n, access: moved };
  };
  const nodes = nest.nodes.map(node);
  const stores = nest.stores.map((s) => {
    const moved = access(s.access);
    return moved && { ...s, access: moved };
  });
  const all = <T>(list: readonly (T | undefined)[]): readonly T[] | undefined =>
    list.includes(undefined) ? undefined : (list as readonly T[]);
  const [known, stored] = [all(nodes), all(stores)];
  return known && stored && { kind: "nest", sizes: space.sizes, nodes: known, stores: stored };
}
