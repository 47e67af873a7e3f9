// Small results of one call, copied out of the heap together. Each array makes a view of its part when it is read; a call
// that takes them all, as training loops do, copies them back together.

import type { Storage } from "../core/array.js";
import type { DType, TypedArray } from "../core/dtype.js";
import { arrayClass } from "./block.js";

export class SlabPart implements Storage {
  constructor(
    readonly slab: ArrayBuffer,
    /** Byte offset of the part. */
    readonly offset: number,
    readonly dtype: DType,
    readonly length: number,
  ) {}

  elements(): TypedArray {
    const Type = arrayClass(this.dtype);
    return new Type(this.slab, this.offset, this.length);
  }

  release(): void {
    // The garbage collector owns the slab.
  }
}
