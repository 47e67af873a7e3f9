// Applications of a primitive, drawn from its case: parameters, operands, and the operands in which it is differentiable.

import * as fc from "fast-check";
import type { NDArray } from "../../src/core/array.js";
import { showAval } from "../../src/core/aval.js";
import type { DType } from "../../src/core/dtype.js";
import { isFloat } from "../../src/core/dtype.js";
import type { Params } from "../../src/core/primitive.js";
import type { PrimitiveName } from "../../src/primitives.js";
import type { Arb } from "./arbitraries.js";
import { applied, caseOf } from "./table.js";
import type { Flat } from "./case.js";

/** An application of a primitive. */
export class Application {
  constructor(
    readonly name: PrimitiveName,
    readonly params: Params,
    readonly operands: readonly NDArray[],
    readonly differentiable: readonly number[] | undefined,
    /** The operands again with other elements: the further examples of a batch. */
    readonly others: readonly (readonly NDArray[])[] = [],
  ) {}

  get f(): Flat {
    return applied(this.name, this.params);
  }

  /** The operands in which it has a derivative. */
  get active(): number[] {
    return this.operands.flatMap((x, i) => (isFloat(x.dtype) && (this.differentiable?.includes(i) ?? true) ? [i] : []));
  }

  toString(): string {
    const params = Object.entries(this.params).map(([key, value]) => `${key}=${key === "jaxpr" ? String(value) : JSON.stringify(value)}`);
    return `${this.name}[${params.join(" ")}] ${[this.operands, ...this.others].map((xs) => xs.map((x) => `${showAval(x.aval)} ${JSON.stringify(x.toArray())}`).join("; ")).join(" | ")}`;
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

/** Applications of a primitive to operands of the dtype; with `batch`, that many examples of the operands. */
export const applications = (name: PrimitiveName, dtype: DType, batch: Arb<number> = fc.constant(1)): Arb<Application> =>
  fc
    .tuple(caseOf(name).spec(dtype), batch)
    .chain(([{ params, operands, differentiable }, count]) =>
      fc
        .array(operands, { minLength: count, maxLength: count })
        .map(([first, ...others]) => new Application(name, params, first, differentiable, others)),
    );
