// Accumulators of reductions. Along the vector axis they are vectors whose lanes are combined at the end; across it each
// lane is an element of its own. Sums of float32 are carried in float64, so that long ones keep their accuracy; and products, so
// that they overflow where the result does.

import { type DType, bytesOf, highest, lowest } from "../core/dtype.js";
import type { Reduction } from "../loop/ir.js";
import type { Lanes } from "./access.js";
import type { Code, Local } from "./module.js";
import type { Op } from "./opcodes.js";
import type { VectorContext } from "./math/context.js";

/** What leaves the other operand as it is. */
export function identityOf(kind: Reduction, dtype: DType): number {
  if (kind === "sum" || kind === "or") return 0;
  if (kind === "prod") return 1;
  if (kind === "and") return dtype === "bool" ? 1 : -1;
  return kind === "max" ? lowest(dtype) : highest(dtype);
}

type Family = "f32" | "f64" | "u32" | "i32" | "mask";

const familyOf = (dtype: DType): Family =>
  dtype === "float32" ? "f32" : dtype === "float64" ? "f64" : dtype === "uint32" ? "u32" : dtype === "bool" ? "mask" : "i32";

const vectorOps: Readonly<Record<Family, Readonly<Partial<Record<Reduction, Op>>>>> = {
  f32: { sum: "f32x4.add", prod: "f32x4.mul", max: "f32x4.max", min: "f32x4.min" },
  f64: { sum: "f64x2.add", prod: "f64x2.mul", max: "f64x2.max", min: "f64x2.min" },
  i32: { sum: "i32x4.add", prod: "i32x4.mul", max: "i32x4.max_s", min: "i32x4.min_s", and: "v128.and", or: "v128.or" },
  u32: { sum: "i32x4.add", prod: "i32x4.mul", max: "i32x4.max_u", min: "i32x4.min_u", and: "v128.and", or: "v128.or" },
  mask: { and: "v128.and", or: "v128.or", max: "v128.or", min: "v128.and" },
};

const combineOf = (kind: Reduction, dtype: DType): Op => vectorOps[familyOf(dtype)][kind] as Op;

/** Whether this reduction of this dtype can be emitted. */
export const supportsReduction = (kind: Reduction, dtype: DType): boolean => vectorOps[familyOf(dtype)][kind] !== undefined;

/** The identity in all lanes; masks are all ones for true. */
export function identityLocal(constants: VectorContext, kind: Reduction, dtype: DType): Local {
  const value = identityOf(kind, dtype);
  if (dtype === "float32") return constants.f32(value);
  if (dtype === "float64") return constants.f64(value);
  return constants.i32(dtype === "bool" ? -value : value | 0);
}

/** One running reduction over vectors. */
export class Accumulator {
  readonly #low: Local;
  /** For a float32 sum or product: the upper two lanes, as the first holds the lower two, both in float64. */
  readonly #high: Local | undefined;

  constructor(
    readonly code: Code,
    readonly constants: VectorContext,
    readonly kind: Reduction,
    readonly dtype: DType,
    readonly lanes: Lanes,
    readonly exact: boolean,
  ) {
    this.#low = code.local("v128");
    this.#high = this.#wide ? code.local("v128") : undefined;
  }

  get #wide(): boolean {
    return this.dtype === "float32" && (this.kind === "prod" || (this.exact && this.kind === "sum"));
  }

  /** Combines two vectors as they are carried. */
  get #op(): Op {
    return combineOf(this.kind, this.#wide ? "float64" : this.dtype);
  }

  start(): void {
    const identity = identityLocal(this.constants, this.kind, this.#wide ? "float64" : this.dtype);
    this.code.get(identity).set(this.#low);
    if (this.#high !== undefined) this.code.get(identity).set(this.#high);
  }

  /** Takes in the vector in `x`. */
  add(x: Local): void {
    const { code } = this;
    if (this.#high === undefined) {
      code.get(this.#low).get(x).op(this.#op).set(this.#low);
      return;
    }
    code.get(this.#low).get(x).op("f64x2.promote_low_f32x4", this.#op).set(this.#low);
    if (this.lanes === 2) return;
    code.get(this.#high).get(x).get(x).shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
    code.op("f64x2.promote_low_f32x4", this.#op).set(this.#high);
  }

  /** Takes in another accumulator of the same kind. */
  join(other: Accumulator): void {
    const { code } = this;
    code.get(this.#low).get(other.#low).op(this.#op).set(this.#low);
    if (this.#high !== undefined && other.#high !== undefined) code.get(this.#high).get(other.#high).op(this.#op).set(this.#high);
  }

  /** The lanes as a vector of the element type, on the stack. */
  vector(): void {
    const { code } = this;
    if (this.#high === undefined) code.get(this.#low);
    else {
      code.get(this.#low).op("f32x4.demote_f64x2_zero").get(this.#high).op("f32x4.demote_f64x2_zero");
      code.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
    }
  }

  /** All lanes combined into one, as a vector whose first lane holds it, on the stack. */
  combined(): void {
    const { code } = this;
    if (this.#high !== undefined) {
      const total = code.local("v128");
      if (this.lanes === 4) code.get(this.#low).get(this.#high).op(this.#op).set(total);
      else code.get(this.#low).set(total);
      code.get(total).get(total).get(total).shuffle(rotation(8)).op(this.#op, "f32x4.demote_f64x2_zero");
      return;
    }
    const op = this.#op;
    const x = code.local("v128");
    code.get(this.#low).set(x);
    const laneBytes = this.dtype === "float64" ? 8 : 4;
    for (let half = this.lanes / 2; half >= 1; half /= 2)
      code
        .get(x)
        .get(x)
        .get(x)
        .shuffle(rotation(half * laneBytes))
        .op(op)
        .set(x);
    code.get(x);
  }
}

/** Bytes moved down by `by`, around the vector. */
const rotation = (by: number): number[] => Array.from({ length: 16 }, (_, i) => (i + by) % 16);

/** A mask of the first `count` lanes, as a vector constant. */
export function laneMask(code: Code, dtype: DType, count: number): Local {
  const mask = code.local("v128");
  const bytes = Math.max(4, bytesOf(dtype)) * count;
  code.atStart(() => code.v128(Uint8Array.from({ length: 16 }, (_, i) => (i < bytes ? 255 : 0))).set(mask));
  return mask;
}
