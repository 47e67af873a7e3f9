// Reads the binary format back: bytes, numbers and names at a position that moves on (section 5.2 of the specification).

export class Reader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end: number = bytes.length,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    return this.bytes[this.position++];
  }

  take(count: number): Uint8Array {
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }

  /** Unsigned LEB128, up to 32 bits. */
  unsigned(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      return shift < 32 && (byte & 0x40) !== 0 ? value | (-1 << shift) : value;
    }
  }

  f32(): number {
    this.position += 4;
    return this.#view.getFloat32(this.position - 4, true);
  }

  f64(): number {
    this.position += 8;
    return this.#view.getFloat64(this.position - 8, true);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.unsigned()).slice());
  }

  /** Reads `count` items, where the count stands before them. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }

  /** A reader of the next part, whose size stands before it. */
  part(): Reader {
    const size = this.unsigned();
    this.position += size;
    return new Reader(this.bytes, this.position - size, this.position);
  }
}
