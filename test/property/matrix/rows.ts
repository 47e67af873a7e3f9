// The rows of the matrix: every primitive of the table, and the forms of some whose parameters change what is possible.
// What a row states is all that it may refuse.

import { checkpointPolicies } from "../../../src/transform/policies.js";
import { type PrimitiveName } from "../../../src/primitives.js";
import type { Case } from "../case.js";
import { caseOf, names } from "../table.js";

export interface Row {
  readonly label: string;
  readonly name: PrimitiveName;
  readonly of: Case;
  /** What differentiation in forward mode says, where it refuses; in reverse mode. */
  readonly forward?: RegExp;
  readonly reverse?: RegExp;
  /** The same for a second derivative. */
  readonly second?: RegExp;
}

/** The case with parameters changed. */
const changed = (name: PrimitiveName, change: (params: object) => object): Case => {
  const { spec, ...rest } = caseOf(name);
  return { ...rest, spec: (dtype) => spec(dtype).map((drawn) => ({ ...drawn, params: change(drawn.params) })) };
};

const without =
  (...keys: readonly string[]) =>
  (params: object): object =>
    Object.fromEntries(Object.entries(params).filter(([key]) => !keys.includes(key)));
const having = (extra: object) => (params: object) => ({ ...params, ...extra });

const variants: readonly Row[] = [
  { label: "scan, reverse, unrolled", name: "scan", of: changed("scan", having({ reverse: true, unroll: 2 })) },
  {
    label: "while, no maxSteps",
    name: "while",
    of: changed("while", without("maxSteps")),
    reverse: /whileLoop: expected a bound on the number of steps/,
  },
  {
    label: "custom_vjp_call, no jvp",
    name: "custom_vjp_call",
    of: changed("custom_vjp_call", without("jvp")),
    forward: /expected reverse mode, which its rule is for, got forward mode/,
  },
  {
    label: "checkpoint, everything kept",
    name: "checkpoint",
    of: changed("checkpoint", having({ policy: checkpointPolicies.everythingSaveable })),
  },
  { label: "checkpoint, mergeable", name: "checkpoint", of: changed("checkpoint", having({ preventCse: false })) },
];

/** A second derivative of a sample's derivative is that of random_gamma_grad. */
const statements: { readonly [Name in PrimitiveName]?: Partial<Row> } = { random_gamma: { second: /second derivative of a gamma sample/ } };

export const rows: readonly Row[] = [
  ...names.map((name): Row => {
    const of = caseOf(name);
    const { derivative } = of;
    const refusal = derivative.tag === "refuses" ? { forward: derivative.message, reverse: derivative.message } : {};
    return { label: name, name, of, ...refusal, ...statements[name] };
  }),
  ...variants,
];
