// Constants and tables that emitted code reads from memory: each distinct value once, at a fixed address from `address` on.
// The owner of the memory writes `data()` there before the code runs; the pool must not grow after that.

const ALIGNMENT = 16;

/** Constants at fixed addresses of a module's memory. */
export class ConstantPool {
  readonly #entries = new Map<string, number>();
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #size = 0;

  /** @param address where the pool will stand in memory, a multiple of 16. */
  constructor(readonly address: number) {}

  /** The address of `bytes`, stored at a multiple of their length (of 16 at most); the same bytes are stored once. */
  add(bytes: Uint8Array): number {
    const key = bytes.join();
    const found = this.#entries.get(key);
    if (found !== undefined) return this.address + found;
    const step = Math.min(ALIGNMENT, bytes.length);
    const at = Math.ceil(this.#size / step) * step;
    this.#parts.push({ at, bytes });
    this.#entries.set(key, at);
    this.#size = at + bytes.length;
    return this.address + at;
  }

  /** The pool's size in bytes, a multiple of 16. */
  get size(): number {
    return Math.ceil(this.#size / ALIGNMENT) * ALIGNMENT;
  }

  /** The bytes to write at `address`. */
  data(): Uint8Array<ArrayBuffer> {
    const data = new Uint8Array(this.size);
    for (const { at, bytes } of this.#parts) data.set(bytes, at);
    return data;
  }
}
