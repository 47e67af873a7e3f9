// Structures side by side: where two trees that must have one structure differ, path by path, and the error that lists it.

import { TreeError } from "../core/errors.js";
import { type Path, showPath } from "./paths.js";
import { type Form, type TreeStructure, stepTo } from "./structure.js";

/** One place where two trees differ, with what is there on either side. */
export interface Difference {
  readonly path: Path;
  readonly left: string;
  readonly right: string;
}

const MISSING = "missing";
const SHOWN = 10;

/** What stands at the root of a structure, in the words of an error. */
export function describeForm(form: Form): string {
  switch (form.kind) {
    case "leaf":
      return "array";
    case "null":
    case "undefined":
      return form.kind;
    case "list":
      return `list of ${form.size}`;
    case "record":
      return "record";
    case "class":
      return `${form.nodeClass?.name}`;
    case "static":
      return `static value ${form.valueKey}`;
    default:
      return form.kind satisfies never;
  }
}

/** Every place where two structures differ; lists of different lengths are one difference, at the list. */
export function differences(left: TreeStructure, right: TreeStructure): Difference[] {
  const found: Difference[] = [];
  compare(left, right, [], found);
  return found;
}

function compare(left: TreeStructure, right: TreeStructure, path: Path, found: Difference[]): void {
  if (left === right || left.key === right.key) return;
  const [a, b] = [left.form, right.form];
  if (a.kind === "record" && b.kind === "record") return compareRecords(left, right, path, found);
  if (a.kind !== b.kind || a.size !== b.size || a.nodeClass !== b.nodeClass) {
    found.push({ path, left: describeForm(a), right: describeForm(b) });
    return;
  }
  if (a.valueKey !== b.valueKey) found.push({ path, left: withValue(a), right: withValue(b) });
  for (let i = 0; i < left.children.length; i++) {
    const step = stepTo(a, i);
    compare(left.children[i], right.children[i], step === undefined ? path : [...path, step], found);
  }
}

function compareRecords(left: TreeStructure, right: TreeStructure, path: Path, found: Difference[]): void {
  const ours = new Map(left.form.keys.map((key, i) => [key, left.children[i]]));
  const theirs = new Map(right.form.keys.map((key, i) => [key, right.children[i]]));
  for (const key of [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()) {
    const [a, b] = [ours.get(key), theirs.get(key)];
    const place = [...path, key];
    if (a !== undefined && b !== undefined) compare(a, b, place, found);
    else found.push({ path: place, left: a ? describeForm(a.form) : MISSING, right: b ? describeForm(b.form) : MISSING });
  }
}

const withValue = (form: Form): string => (form.kind === "static" ? describeForm(form) : `${describeForm(form)} with aux ${form.valueKey}`);

/**
 * Checks that a tree has the structure that an operation needs.
 *
 * `labels` name the two sides in the error, the expected one first.
 *
 * @throws TreeError that lists the differing paths, with what is there on either side (the first ten of them).
 * @example
 * checkSameStructure("scan", treeStructure(init), treeStructure(carry), ["the initial carry", "the carry that the body returned"]);
 */
export function checkSameStructure(
  op: string,
  expected: TreeStructure,
  actual: TreeStructure,
  labels: readonly [expected: string, actual: string] = ["on the left", "on the right"],
): void {
  if (expected.equals(actual)) return;
  throw structureError(op, differences(expected, actual), labels);
}

/** The error for trees that differ. */
export function structureError(op: string, found: readonly Difference[], [left, right]: readonly [string, string]): TreeError {
  const lines = found.slice(0, SHOWN).map((at) => `\n    ${showPath(at.path)}: ${side(at.left, left)}, ${side(at.right, right)}`);
  const more = found.length > SHOWN ? `\n    and ${found.length - SHOWN} more` : "";
  return new TreeError({
    op,
    expected: "trees of the same structure",
    received: `trees that differ at${lines.join("")}${more}`,
    remedy: "give both trees the same keys, lengths and classes, with null or undefined in the same places",
  });
}

/** `array on the left`, or `array in the carry`. */
const side = (what: string, label: string): string => `${what} ${/^(?:on|in) /.test(label) ? label : `in ${label}`}`;
