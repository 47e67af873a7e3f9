// Values that repeat: what is broadcast is computed before it is broadcast. A scalar that was spread stands as itself beside
// the operands of a pointwise primitive; of operands spread alike, the primitive is applied to what was spread.

import type { Atom, Equation } from "../core/jaxpr.js";
import { sameShape, sizeOf } from "../core/shape.js";
import { type BroadcastParams, broadcastInDimP } from "../ops/broadcast.js";
import { type Application, type Rule, type Workspace, definedBy, typeOf } from "./rule.js";

export const paramsOfBroadcast = ({ params }: Equation): BroadcastParams => params as BroadcastParams;

/** The one scalar that every element of an atom equals, where that is known. */
export function scalarOf(atom: Atom, program: Workspace): Atom | undefined {
  if (atom.aval.shape.length === 0) return atom;
  const spread = definedBy(program, atom, "broadcast_in_dim");
  return spread?.inputs[0].aval.shape.length === 0 ? spread.inputs[0] : undefined;
}

/** The application's value if every element of it is `scalar`. */
export const filled = (scalar: Atom, application: Application, program: Workspace): Atom =>
  program.apply(broadcastInDimP, [scalar], { shape: typeOf(application).shape, broadcastDimensions: [] });

const spreadScalars: Rule = {
  name: "a spread scalar beside arrays",
  on: "pointwise",
  of: ["broadcast_in_dim"],
  rewrite: (application, program) => {
    const { inputs, primitive, params } = application;
    if (typeOf(application).shape.length === 0) return undefined;
    let [replaced, shaped] = [0, 0];
    const operands = inputs.map((atom) => {
      if (atom.aval.shape.length === 0) return atom;
      const scalar = scalarOf(atom, program);
      if (scalar === undefined) shaped++;
      else replaced++;
      return scalar ?? atom;
    });
    if (replaced === 0) return undefined;
    const value = program.apply(primitive, operands, params);
    return shaped === 0 ? filled(value, application, program) : value;
  },
};

const spreadAlike: Rule = {
  name: "operands that are spread alike",
  on: "pointwise",
  of: ["broadcast_in_dim"],
  rewrite: (application, program) => {
    const { inputs, primitive, params } = application;
    let first: Equation | undefined;
    const operands: Atom[] = [];
    for (const atom of inputs) {
      const spread = atom.aval.shape.length === 0 ? undefined : definedBy(program, atom, "broadcast_in_dim");
      if (atom.aval.shape.length === 0) operands.push(atom);
      else if (spread === undefined || (first !== undefined && !isAlike(first, spread))) return undefined;
      else {
        first ??= spread;
        operands.push(spread.inputs[0]);
      }
    }
    if (first === undefined || sizeOf(first.inputs[0].aval.shape) >= sizeOf(typeOf(application).shape)) return undefined;
    return program.apply(broadcastInDimP, [program.apply(primitive, operands, params)], paramsOfBroadcast(first));
  },
};

function isAlike(a: Equation, b: Equation): boolean {
  return (
    sameShape(a.inputs[0].aval.shape, b.inputs[0].aval.shape) &&
    sameShape(paramsOfBroadcast(a).broadcastDimensions, paramsOfBroadcast(b).broadcastDimensions)
  );
}

export const repetition: readonly Rule[] = [spreadScalars, spreadAlike];
