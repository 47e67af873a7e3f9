// Results that lie in the heap: their places, and the blocks that arrays hold as their storage until they move out or go.

import type { ConcreteArray, Storage } from "../core/array.js";
import type { DType, TypedArray } from "../core/dtype.js";

type ArrayConstructor = new (buffer: ArrayBufferLike, offset?: number, length?: number) => TypedArray;

const classes: Readonly<Record<DType, ArrayConstructor>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** The class of typed arrays for a dtype. */
export const arrayClass = (dtype: DType): ArrayConstructor => classes[dtype];

/** As much of a heap as its blocks need. */
interface Home {
  readonly memory: WebAssembly.Memory;
  free(place: Place): void;
}

/** A piece of the heap. What a finalizer holds must not hold the elements, so a place knows nothing of its block. */
export interface Place {
  /** Below zero once it was given back. */
  address: number;
  readonly bytes: number;
}

/** A result in the heap. Once moved out or released, it has no address. */
export class Block implements Storage {
  /** In use by a running call: must stay where it is. */
  pinned = false;
  /** The array whose elements these are, once it is made. */
  owner: WeakRef<ConcreteArray> | undefined;
  #moved: TypedArray | undefined;

  constructor(
    readonly heap: Home,
    readonly place: Place,
    readonly dtype: DType,
    readonly length: number,
  ) {}

  get address(): number {
    return this.place.address;
  }

  get resident(): boolean {
    return this.place.address >= 0;
  }

  elements(): TypedArray {
    if (this.#moved !== undefined) return this.#moved;
    const Type = arrayClass(this.dtype);
    return new Type(this.heap.memory.buffer, this.address, this.length).slice();
  }

  /** Moves the elements to JavaScript memory, and gives the place back. */
  moveOut(): void {
    this.#moved = this.elements();
    this.release();
  }

  release(): void {
    this.heap.free(this.place);
  }
}
