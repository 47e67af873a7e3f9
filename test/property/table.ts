// One case for every primitive: does not compile while one is missing, or has parameters of another primitive.

import type { NDArray } from "../../src/core/array.js";
import type { Params } from "../../src/core/primitive.js";
import { bindAll } from "../../src/core/trace.js";
import { type ParamsOf, type PrimitiveName, primitiveList, primitives } from "../../src/primitives.js";
import type { Case, Flat } from "./case.js";
import { calls } from "./cases/calls.js";
import { contraction } from "./cases/contraction.js";
import { control } from "./cases/control.js";
import { elementwise } from "./cases/elementwise.js";
import { indexing } from "./cases/indexing.js";
import { layout } from "./cases/layout.js";
import { reductions } from "./cases/reduction.js";

export type Table = { readonly [Name in PrimitiveName]: Case<ParamsOf<Name>> };

export const table: Table = { ...elementwise, ...layout, ...reductions, ...contraction, ...indexing, ...calls, ...control };

export const names: readonly PrimitiveName[] = primitiveList.map((p) => p.name);

/** The case of a primitive whose parameters do not matter. */
export const caseOf = (name: PrimitiveName): Case => table[name];

/** The primitive with fixed parameters, as a function of its operands. */
export const applied =
  (name: PrimitiveName, params: Params): Flat =>
  (...xs: readonly NDArray[]) =>
    bindAll(primitives[name], xs, params);
