// Classes that are nodes of trees. A registered class says how to take an instance apart into children (trees themselves)
// and static aux, and how to put one together; nothing else about it is known to the transforms.

import { TreeError } from "../core/errors.js";

/** Children of a registered node: a list or a record of trees. */
export type Children = readonly unknown[] | Readonly<Record<string, unknown>>;

/** How instances of a class are taken apart and put together. */
export interface NodeDefinition<T, C extends Children, Aux> {
  /** The children, which are trees, and the static rest, which belongs to the structure. */
  flatten(x: T): readonly [children: C, aux: Aux];
  /** An instance from the aux (a frozen copy, where it is plain data) and as many children as `flatten` gave. */
  unflatten(aux: Aux, children: C): T;
}

/** A registered class: its definition with the types forgotten. */
export interface NodeClass extends NodeDefinition<unknown, Children, unknown> {
  readonly name: string;
  /** Distinct for each registered class. */
  readonly id: number;
}

const classes = new WeakMap<object, NodeClass>();
let registered = 0;

/**
 * Makes instances of a class nodes of trees, so that they pass through `grad`, `jit` and `treeMap` as records do.
 *
 * Instances of its subclasses are not covered: they are to be registered too. `aux` is compared deeply where it is plain data
 * (primitives, lists, records), by identity where it is anything else. `unflatten` should only store its children: they may
 * be tracers, or whatever a `treeMap` made of the arrays.
 *
 * @throws TreeError if the class is registered already.
 * @example
 * class Linear { constructor(readonly w: NDArray, readonly name: string) {} }
 * registerNode(Linear, { flatten: (x) => [{ w: x.w }, x.name], unflatten: (name, { w }) => new Linear(w, name) });
 */
export function registerNode<T extends object, C extends Children, Aux>(
  nodeClass: { readonly prototype: T; readonly name: string },
  definition: NodeDefinition<T, C, Aux>,
): void {
  const { name, prototype } = nodeClass;
  if (classes.has(prototype))
    throw new TreeError({
      op: "registerNode",
      expected: "a class that is not registered yet",
      received: `${name}, which is`,
      remedy: "register a class once, beside its declaration",
    });
  const { flatten, unflatten }: NodeDefinition<unknown, Children, unknown> = {
    flatten: (x: T) => definition.flatten(x),
    unflatten: (aux: Aux, children: C) => definition.unflatten(aux, children),
  };
  classes.set(prototype, { name, id: registered++, flatten, unflatten });
}

/** The registered class whose instances have this prototype. */
export const nodeClassOf = (prototype: object): NodeClass | undefined => classes.get(prototype);
