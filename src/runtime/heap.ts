// The WebAssembly memory that compiled functions work in. It holds the numbers that code loads, constant arrays, results
// that stay for the next call, and one transient area for the call at hand. Results belong to arrays: they are freed when
// the array is collected (finalizers run when the event loop turns) or donated. When there are too many in a synchronous
// loop, where finalizers never run, the garbage is collected on demand if that can be had and pays, and then the oldest move
// to JavaScript memory.

import type { ConcreteArray } from "../core/array.js";
import { type DType, type TypedArray, bytesOf } from "../core/dtype.js";
import { MemoryError } from "../core/errors.js";
import { Block, type Place } from "./block.js";
import { makeCollector } from "./collector.js";

const PAGE = 65536;
const LINE = 64;
/** Vectors may read up to 16 bytes past the end of a buffer. */
const PADDING = 16;
const FIRST = 1024;
const MOST_PAGES = 65536;
/** Bytes of constants that are taken at a time. */
const POOL = 4096;
/** Bytes of results that stay before the oldest are moved out. */
const RESIDENT_BYTES = 256 * 2 ** 20;

/** Size of the buffers that small results are copied into; what one of them holds stays alive as long as any of them. */
const SLAB_BYTES = 32_768;
/** Elements that a loop copies quicker than a call does. */
const FEW = 16;
/** What moving results out costs, in bytes a millisecond: a copy into memory that the system has yet to provide. */
const MOVED_PER_MS = 8e6;

/** The part of what was handed out that must be free for gaps to be searched before the memory grows. */
const MOSTLY_FREE = 1 / 3;

const rounded = (bytes: number): number => Math.ceil((bytes + PADDING) / LINE) * LINE;

/** Bytes copied out of the heap, and where in their buffer they start. */
export interface Copied {
  readonly slab: ArrayBuffer;
  readonly start: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of all of the memory, made anew whenever it has grown; nothing but this class grows it. */
  #bytes: Uint8Array;
  #words: Int32Array;
  #floats: Float32Array;
  #end = FIRST;
  /** Places given back, by size. */
  readonly #free = new Map<number, number[]>();
  #freeBytes = 0;
  /** Results that stay, the oldest first. */
  readonly #resident = new Map<Place, Block>();
  #residentBytes = 0;
  /** An area for each depth of calls within calls. */
  readonly #transients: { address: number; size: number }[] = [{ address: 0, size: 0 }];
  #depth = 0;
  readonly #constants = new Map<string, number>();
  readonly #tables = new WeakMap<Uint8Array, number>();
  readonly #collected = new FinalizationRegistry<Place>((place) => this.free(place));
  readonly #dropped = new FinalizationRegistry<readonly (readonly [address: number, size: number])[]>((places) => {
    for (const [address, size] of places) this.#giveBack(address, size);
  });

  constructor(
    /** Whether other threads may work in it. */
    readonly shared = false,
    readonly residentLimit = RESIDENT_BYTES,
    initialPages = 256,
  ) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: MOST_PAGES, shared });
    const { buffer } = this.memory;
    [this.#bytes, this.#words, this.#floats] = [new Uint8Array(buffer), new Int32Array(buffer), new Float32Array(buffer)];
  }

  static readonly maximumPages = MOST_PAGES;

  /** All of the memory; another view after it has grown. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes of results that stay at the moment. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  #take(bytes: number): number {
    const size = rounded(bytes);
    const place = this.#free.get(size)?.pop();
    if (place !== undefined) {
      this.#freeBytes -= size;
      return place;
    }
    const address = this.#end;
    const missing = address + size - this.memory.buffer.byteLength;
    if (missing > 0) {
      // Sizes that differ from call to call leave places of no use to each other.
      const gap = this.#freeBytes > address * MOSTLY_FREE ? this.#gap(size) : undefined;
      if (gap !== undefined) return gap;
      if (!this.#grow(missing)) return this.#squeezeIn(size);
    }
    this.#end += size;
    return address;
  }

  #grow(missing: number): boolean {
    // A quarter more than needed, so that a program that builds up does not grow page by page.
    const pages = Math.ceil(missing / PAGE);
    const generous = Math.max(pages, Math.ceil(this.memory.buffer.byteLength / PAGE / 4));
    for (const n of [generous, pages]) {
      try {
        this.memory.grow(n);
      } catch {
        continue;
      }
      const { buffer } = this.memory;
      [this.#bytes, this.#words, this.#floats] = [new Uint8Array(buffer), new Int32Array(buffer), new Float32Array(buffer)];
      return true;
    }
    return false;
  }

  /** No room is left at the end: moves results out, and looks for a gap. */
  #squeezeIn(size: number): number {
    for (const block of this.#resident.values()) if (!block.pinned) block.moveOut();
    const found = this.#gap(size);
    if (found !== undefined) return found;
    throw new MemoryError({
      op: "heap",
      expected: `room for ${size} bytes more in a memory of ${MOST_PAGES * PAGE} bytes`,
      received: "a full memory",
      remedy: "compute in smaller pieces, donate arguments that are not needed again, or keep fewer results",
    });
  }

  /** Joins free neighbours, and takes a place from the smallest gap that has room for it. */
  #gap(size: number): number | undefined {
    const places = [...this.#free]
      .flatMap(([n, addresses]) => addresses.map((address) => ({ address, size: n })))
      .sort((a, b) => a.address - b.address);
    const gaps: { readonly address: number; size: number }[] = [];
    for (const place of places) {
      const last = gaps.at(-1);
      if (last !== undefined && last.address + last.size === place.address) last.size += place.size;
      else gaps.push(place);
    }
    const fitting = gaps.filter((gap) => gap.size >= size);
    const best = fitting.length === 0 ? undefined : fitting.reduce((a, b) => (b.size < a.size ? b : a));
    this.#free.clear();
    this.#freeBytes = 0;
    for (const gap of gaps) {
      const taken = gap === best ? size : 0;
      if (gap.size > taken) this.#giveBack(gap.address + taken, gap.size - taken);
    }
    return best?.address;
  }

  #giveBack(address: number, size: number): void {
    this.#freeBytes += size;
    const places = this.#free.get(size);
    if (places === undefined) this.#free.set(size, [address]);
    else places.push(address);
  }

  /** A place that is never given back, zeroed. */
  reserve(bytes: number): number {
    const address = this.#take(bytes);
    this.bytes.fill(0, address, address + bytes);
    return address;
  }

  #slab = new Uint8Array(0);
  #slabNext = 0;

  /**
   * A copy of bytes in JavaScript memory. Small ones stand in one buffer, one after the other: to allocate a buffer costs as
   * much as a small program takes.
   */
  copy(address: number, bytes: number): Copied {
    const size = Math.ceil(bytes / LINE) * LINE;
    if (this.#slabNext + size > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, size));
      this.#slabNext = 0;
    }
    const start = this.#slabNext;
    this.#slabNext += size;
    this.#slab.set(this.bytes.subarray(address, address + bytes), start);
    return { slab: this.#slab.buffer, start };
  }

  /** A persistent place for as long as `owner` lives. */
  keep(owner: object, arrays: readonly TypedArray[]): readonly number[] {
    const places = arrays.map((data) => [this.#take(data.byteLength), rounded(data.byteLength)] as const);
    places.forEach(([address], i) => this.write(address, arrays[i]));
    if (places.length > 0) this.#dropped.register(owner, places);
    return places.map(([address]) => address);
  }

  /** A place for a result; the oldest results move out when there are too many. */
  allocate(dtype: DType, length: number): Block {
    const bytes = length * bytesOf(dtype);
    if (this.#residentBytes + bytes > this.residentLimit) this.#relieve(bytes);
    const place = { address: this.#take(bytes), bytes };
    const block = new Block(this, place, dtype, length);
    this.#resident.set(place, block);
    this.#residentBytes += bytes;
    return block;
  }

  #relieve(bytes: number): void {
    if (this.#patience > 0) this.#patience--;
    else this.#collectGarbage();
    for (const block of this.#resident.values()) {
      if (this.#residentBytes + bytes <= this.residentLimit) return;
      if (!block.pinned) block.moveOut();
    }
  }

  #collector: (() => void) | undefined | "unknown" = "unknown";
  /** How many times the limit will be met by moving results before a collection is tried again. */
  #patience = 0;
  #backoff = 1;

  /** Frees the results that nobody holds. A collection that took longer than moving them is not tried again for a while. */
  #collectGarbage(): void {
    if (this.#collector === "unknown") this.#collector = makeCollector();
    if (this.#collector === undefined) return;
    const before = this.#residentBytes;
    const start = performance.now();
    this.#collector();
    for (const block of this.#resident.values()) {
      if (!block.pinned && block.owner !== undefined && block.owner.deref() === undefined) block.release();
    }
    const paid = (before - this.#residentBytes) / MOVED_PER_MS > performance.now() - start;
    this.#backoff = paid ? 1 : Math.min(this.#backoff * 2, 1024);
    this.#patience = paid ? 0 : this.#backoff;
  }

  /** Frees the block when `array` is collected. */
  own(array: ConcreteArray, block: Block): void {
    block.owner = new WeakRef(array);
    this.#collected.register(array, block.place, block.place);
  }

  /** @internal */
  free(place: Place): void {
    if (place.address < 0) return;
    this.#collected.unregister(place);
    this.#resident.delete(place);
    this.#residentBytes -= place.bytes;
    this.#giveBack(place.address, rounded(place.bytes));
    place.address = -1;
  }

  /** The address of the transient area, at least `size` bytes; what it held before is gone. */
  transient(size: number): number {
    const area = this.#transients[this.#depth];
    if (size > area.size) {
      if (area.size > 0) this.#giveBack(area.address, rounded(area.size));
      // Should there be no room, the old place is no longer its own.
      this.#transients[this.#depth] = { address: 0, size: 0 };
      this.#transients[this.#depth] = { address: this.#take(size), size };
    }
    return this.#transients[this.#depth].address;
  }

  /** Runs what may call compiled programs again while one is running: they get a transient area of their own. */
  within<T>(f: () => T): T {
    this.#depth++;
    this.#transients[this.#depth] ??= { address: 0, size: 0 };
    try {
      return f();
    } finally {
      this.#depth--;
    }
  }

  /** The address of bytes that code reads and nothing writes, kept once for all code; aligned to their length, to 16 at most. */
  add(bytes: Uint8Array): number {
    const known = this.#tables.get(bytes);
    if (known !== undefined) return known;
    const key = bytes.join();
    let address = this.#constants.get(key);
    if (address === undefined) {
      address = this.#pool(bytes.length);
      this.bytes.set(bytes, address);
      this.#constants.set(key, address);
    }
    // Tables come again as the same object; their text is long.
    if (bytes.length > 16) this.#tables.set(bytes, address);
    return address;
  }

  #poolNext = 0;
  #poolEnd = 0;

  /** Numbers stand close together. */
  #pool(size: number): number {
    const step = Math.min(16, size);
    this.#poolNext = Math.ceil(this.#poolNext / step) * step;
    if (this.#poolNext + size > this.#poolEnd) {
      const bytes = Math.max(POOL, size);
      this.#poolNext = this.#take(bytes);
      this.#poolEnd = this.#poolNext + bytes;
    }
    const address = this.#poolNext;
    this.#poolNext += size;
    return address;
  }

  /** Copies words to an address. */
  writeWords(address: number, words: readonly number[]): void {
    const to = this.#words;
    const start = address / 4;
    for (let i = 0; i < words.length; i++) to[start + i] = words[i];
  }

  /** Copies elements to an address. */
  write(address: number, data: TypedArray): void {
    if (data instanceof Float32Array) {
      if (data.length > FEW) return this.#floats.set(data, address / 4);
      const to = this.#floats;
      for (let i = 0, at = address / 4; i < data.length; i++, at++) to[at] = data[i];
      return undefined;
    }
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
  }
}
