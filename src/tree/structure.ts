// The structure of a tree: what is left of it when its leaves are taken out. A structure is a form (what one node is) and
// the structures below it. Forms and structures are interned, so that equal ones are mostly one object; what decides
// equality is `key`, because the tables are emptied when they have grown too large.

import type { NodeClass } from "./register.js";
import { type Path, showStep } from "./paths.js";
import { staticCopy, staticKey } from "./static.js";

/** What a node is, apart from its children. Records and lists know their keys and length; classes their aux. */
export interface Form {
  readonly kind: "leaf" | "null" | "undefined" | "list" | "record" | "class" | "static";
  /** Keys of a record in sorted order; empty for all else. */
  readonly keys: readonly string[];
  /** Number of structures below. */
  readonly size: number;
  readonly nodeClass: NodeClass | undefined;
  /** The aux of a class, or the value of a static leaf. */
  readonly value: unknown;
  readonly valueKey: string;
  /** Structures of this form by the ids of their children, and the one made or met last. */
  readonly structures: Map<string, TreeStructure>;
  recent: TreeStructure | undefined;
  /** The insertion order in which a record's keys were met last, and where each stands in the sorted order. */
  order: readonly string[];
  ranks: readonly number[];
}

let structureCount = 0;

/** The structure of a tree of type `T`. */
export class TreeStructure<T = unknown> {
  /** Only for the type checker: ties the structure to the type of its trees. */
  declare protected readonly tree: T;
  /** Number of leaves. */
  readonly leafCount: number;
  /** Distinct for each object; equal structures mostly share one. @internal */
  readonly id: number = structureCount++;
  #key: string | undefined;
  #paths: readonly Path[] | undefined;

  /** @internal */
  constructor(
    readonly form: Form,
    readonly children: readonly TreeStructure[],
  ) {
    this.leafCount = form.kind === "leaf" ? 1 : children.reduce((sum, child) => sum + child.leafCount, 0);
  }

  /** A text that two structures share exactly when they are equal; for caches. */
  get key(): string {
    return (this.#key ??= keyOf(this));
  }

  /** Whether both describe the same containers with the same keys, lengths, classes and static data. */
  equals(other: TreeStructure): boolean {
    return this === other || (this.leafCount === other.leafCount && this.key === other.key);
  }

  /** The path of each leaf, in the order of the leaves. */
  paths(): readonly Path[] {
    return (this.#paths ??= pathsOf(this));
  }

  /** JAX's notation: `{a: *, b: [*, *]}`. */
  toString(): string {
    return show(this);
  }
}

/** The step of a path that leads to child `i`; a class's container is no step of its own. */
export function stepTo(form: Form, i: number): string | number | undefined {
  if (form.kind === "record") return form.keys[i];
  return form.kind === "list" ? i : undefined;
}

function pathsOf(root: TreeStructure): Path[] {
  const paths: Path[] = [];
  const path: (string | number)[] = [];
  const visit = (structure: TreeStructure): void => {
    if (structure.form.kind === "leaf") paths.push([...path]);
    for (const [i, child] of structure.children.entries()) {
      const step = stepTo(structure.form, i);
      if (step !== undefined) path.push(step);
      visit(child);
      if (step !== undefined) path.pop();
    }
  };
  visit(root);
  return paths;
}

function keyOf({ form, children }: TreeStructure): string {
  switch (form.kind) {
    case "leaf":
      return "*";
    case "null":
      return "n";
    case "undefined":
      return "u";
    case "list":
      return `[${children.map((child) => child.key).join(",")}]`;
    case "record":
      return `{${children.map((child, i) => `${JSON.stringify(form.keys[i])}:${child.key}`).join(",")}}`;
    case "class":
      return `@${form.nodeClass?.id}(${form.valueKey})${children[0].key}`;
    case "static":
      return `$(${form.valueKey})`;
    default:
      return form.kind satisfies never;
  }
}

function show({ form, children }: TreeStructure): string {
  switch (form.kind) {
    case "leaf":
      return "*";
    case "null":
    case "undefined":
      return form.kind;
    case "list":
      return `[${children.map(show).join(", ")}]`;
    case "record":
      return `{${children.map((child, i) => `${showKey(form.keys[i])}: ${show(child)}`).join(", ")}}`;
    case "class":
      return `${form.nodeClass?.name}${form.value === undefined ? "" : `<${showStatic(form)}>`}(${show(children[0])})`;
    case "static":
      return `static ${showStatic(form)}`;
    default:
      return form.kind satisfies never;
  }
}

const showKey = (key: string): string => (showStep(key).startsWith(".") ? key : JSON.stringify(key));

/** The key of static data is readable, but for what is compared by identity. */
function showStatic({ value, valueKey }: Form): string {
  if (typeof value === "function") return `function ${value.name}`;
  return valueKey.startsWith("#") ? "object" : valueKey;
}

/** Interned structures are dropped when there are this many, so that a program that invents structures for ever stays small. */
const CAPACITY = 10_000;
let interned = 0;
const lists = new Map<number, Form>();
const records = new Map<string, Form>();
const orders = new Map<string, Form>();
const classesAndStatics = new Map<string, Form>();
/** The record's form met last, by its number of keys. */
const recentRecords = new Map<number, Form>();

function makeForm(kind: Form["kind"], size: number, rest: Partial<Pick<Form, "keys" | "nodeClass" | "value" | "valueKey">> = {}): Form {
  return {
    kind,
    keys: rest.keys ?? [],
    size,
    nodeClass: rest.nodeClass,
    value: rest.value,
    valueKey: rest.valueKey ?? "",
    structures: new Map(),
    recent: undefined,
    order: [],
    ranks: [],
  };
}

/** The structure of an array, and those of the two empty trees. */
export const leafStructure: TreeStructure = new TreeStructure(makeForm("leaf", 0), []);
export const nullStructure: TreeStructure = new TreeStructure(makeForm("null", 0), []);
export const undefinedStructure: TreeStructure = new TreeStructure(makeForm("undefined", 0), []);

/** The form of lists of `size` items. */
export function listForm(size: number): Form {
  const known = lists.get(size);
  if (known !== undefined) return known;
  const form = makeForm("list", size);
  lists.set(size, form);
  makeRoom();
  return form;
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

/** The form of records with these keys, whatever their order. */
export function recordForm(keys: readonly string[]): Form {
  const recent = recentRecords.get(keys.length);
  if (recent !== undefined && sameKeys(keys, recent.order)) return recent;
  const orderKey = JSON.stringify(keys);
  const form = orders.get(orderKey) ?? newRecordForm(keys, orderKey);
  const rank = new Map(form.keys.map((key, i) => [key, i]));
  form.order = keys;
  form.ranks = keys.map((key) => rank.get(key) ?? 0);
  recentRecords.set(keys.length, form);
  return form;
}

function newRecordForm(keys: readonly string[], orderKey: string): Form {
  const sorted = keys.toSorted();
  const sortedKey = JSON.stringify(sorted);
  const form = records.get(sortedKey) ?? makeForm("record", keys.length, { keys: sorted });
  records.set(sortedKey, form);
  orders.set(orderKey, form);
  makeRoom();
  return form;
}

function valued(kind: "class" | "static", nodeClass: NodeClass | undefined, value: unknown): Form {
  const valueKey = staticKey(value);
  const key = `${nodeClass?.id ?? ""}:${valueKey}`;
  const known = classesAndStatics.get(key);
  if (known !== undefined) return known;
  const form = makeForm(kind, kind === "class" ? 1 : 0, { nodeClass, value: staticCopy(value), valueKey });
  classesAndStatics.set(key, form);
  makeRoom();
  return form;
}

/** The form of a registered class's instances with this aux; its one child is the structure of the children's container. */
export const classForm = (nodeClass: NodeClass, aux: unknown): Form => valued("class", nodeClass, aux);

/** The structure of a value that is kept in the structure instead of among the leaves. */
export const staticStructure = (value: unknown): TreeStructure => structureOf(valued("static", undefined, value), []);

/** The structure of this form over these children; the same object each time, while the tables last. */
export function structureOf(form: Form, children: readonly TreeStructure[]): TreeStructure {
  const ids = children.map((child) => child.id).join();
  let structure = form.structures.get(ids);
  if (structure === undefined) {
    structure = new TreeStructure(form, children);
    if (form.structures.size >= CAPACITY) form.structures.clear();
    form.structures.set(ids, structure);
    makeRoom();
  }
  form.recent = structure;
  return structure;
}

function makeRoom(): void {
  if (++interned < CAPACITY) return;
  interned = 0;
  lists.clear();
  recentRecords.clear();
  records.clear();
  orders.clear();
  classesAndStatics.clear();
}
