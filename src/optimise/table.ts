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

const found = new WeakMap<AnyPrimitive, RuleIndex>();

/** The rules to try on applications of a primitive; `among` all of them unless said otherwise. */
export function indexOf(primitive: AnyPrimitive, among: readonly Rule[]): RuleIndex {
  const isPointwise = primitive.batch.tag === "pointwise";
  const by = new Map<OperandKind, Rule[]>();
  const always: Rule[] = [];
  for (const rule of among) {
    if (!(rule.on === "pointwise" ? isPointwise : rule.on.includes(primitive.name))) continue;
    if (rule.of === undefined) always.push(rule);
    for (const kind of rule.of ?? []) {
      const list = by.get(kind);
      if (list === undefined) by.set(kind, [rule]);
      else list.push(rule);
    }
  }
  return { always, by };
}

/** The rules of the table for a primitive. */
export function rulesFor(primitive: AnyPrimitive): RuleIndex {
  let index = found.get(primitive);
  if (index === undefined) found.set(primitive, (index = indexOf(primitive, rules)));
  return index;
}
