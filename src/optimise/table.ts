// All rules, in the order in which they are tried, found by primitive.

import type { AnyPrimitive } from "../core/primitive.js";
import { algebra } from "./algebra.js";
import { conversions } from "./conversions.js";
import { layout } from "./layout.js";
import { parts } from "./parts.js";
import { powers } from "./powers.js";
import { products } from "./products.js";
import { reductions } from "./reductions.js";
import { repetition } from "./repetition.js";
import type { OperandKind, Rule } from "./rule.js";

/** The rewrite rules by family. */
export const rules: readonly Rule[] = [
  ...repetition,
  ...algebra,
  ...powers,
  ...conversions,
  ...layout,
  ...parts,
  ...reductions,
  ...products,
];

/** The rules for a primitive, by what one of its operands must be. */
export interface RuleIndex {
  readonly always: readonly Rule[];
  readonly by: ReadonlyMap<OperandKind, readonly Rule[]>;
}

/** Rules parted by primitive; `"pointwise"` has those for all that work element by element. */
type Parted = ReadonlyMap<string, readonly Rule[]>;

function part(among: readonly Rule[]): Parted {
  const parted = new Map<string, Rule[]>();
  for (const rule of among) {
    for (const name of rule.on === "pointwise" ? [rule.on] : rule.on) {
      const list = parted.get(name);
      if (list === undefined) parted.set(name, [rule]);
      else list.push(rule);
    }
  }
  return parted;
}

function indexed(list: readonly Rule[]): RuleIndex {
  const by = new Map<OperandKind, Rule[]>();
  const always: Rule[] = [];
  for (const rule of list) {
    if (rule.of === undefined) always.push(rule);
    for (const kind of rule.of ?? []) {
      const found = by.get(kind);
      if (found === undefined) by.set(kind, [rule]);
      else found.push(rule);
    }
  }
  return { always, by };
}

/** Looks up the rules for a primitive among some; each primitive is looked at once. */
export function lookUp(among: readonly Rule[]): (primitive: AnyPrimitive) => RuleIndex {
  let parted: Parted | undefined;
  const found = new WeakMap<AnyPrimitive, RuleIndex>();
  return (primitive) => {
    let index = found.get(primitive);
    if (index === undefined) {
      parted ??= part(among);
      const common = primitive.batch.tag === "pointwise" ? (parted.get("pointwise") ?? []) : [];
      found.set(primitive, (index = indexed([...common, ...(parted.get(primitive.name) ?? [])])));
    }
    return index;
  };
}

/** The rules of the table for a primitive. */
export const rulesFor = lookUp(rules);
