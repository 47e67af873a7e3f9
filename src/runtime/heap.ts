// The WebAssembly memory that compiled functions work in. The low end is persistent and only grows: numeric constants that
// code loads, and constant arrays. Everything above is the transient area of the call at hand.

import type { TypedArray } from "../core/dtype.js";

const PAGE = 65536;
const LINE = 64;
/** Vectors may read up to 16 bytes past the end of a buffer. */
const PADDING = 16;
const FIRST = 1024;
const MOST_PAGES = 65536;

const rounded = (bytes: number): number => Math.ceil((bytes + PADDING) / LINE) * LINE;

export class Heap {
  readonly memory: WebAssembly.Memory;
  #bytes: Uint8Array<ArrayBuffer>;
  #persistent = FIRST;
  readonly #constants = new Map<string, number>();

  constructor(initialPages = 256) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: MOST_PAGES });
    this.#bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
  }

  static readonly maximumPages = MOST_PAGES;

  /** All of the memory; a new view after it has grown. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.memory.buffer) this.#bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
    return this.#bytes;
  }

  #reserve(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
  }

  /** A persistent place for `size` bytes. */
  keep(size: number): number {
    const address = this.#persistent;
    this.#persistent += rounded(size);
    this.#reserve(this.#persistent);
    return address;
  }

  /** The address of a number's bytes, kept once for all code. */
  constant(kind: "f32" | "f64" | "i32", value: number): number {
    const size = kind === "f64" ? 8 : 4;
    const words = kind === "f64" ? Float64Array.of(value) : kind === "f32" ? Float32Array.of(value) : Int32Array.of(value);
    const bytes = new Uint8Array(words.buffer);
    const key = `${size}:${bytes.join()}`;
    let address = this.#constants.get(key);
    if (address === undefined) {
      address = this.#pool(size);
      this.bytes.set(bytes, address);
      this.#constants.set(key, address);
    }
    return address;
  }

  #poolNext = 0;
  #poolEnd = 0;

  /** Constants stand close together, in cache lines of their own. */
  #pool(size: number): number {
    this.#poolNext = Math.ceil(this.#poolNext / size) * size;
    if (this.#poolNext + size > this.#poolEnd) {
      this.#poolNext = this.keep(1024 - PADDING);
      this.#poolEnd = this.#poolNext + 1024;
    }
    const address = this.#poolNext;
    this.#poolNext += size;
    return address;
  }

  /** The address of a transient area of `size` bytes, for one call. */
  transient(size: number): number {
    this.#reserve(this.#persistent + size + LINE);
    return this.#persistent;
  }

  /** Copies elements to an address. */
  write(address: number, data: TypedArray): void {
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
  }

  /** A copy of `size` bytes. */
  read(address: number, size: number): ArrayBuffer {
    return this.memory.buffer.slice(address, address + size) as ArrayBuffer;
  }
}
