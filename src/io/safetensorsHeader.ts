// The header of a safetensors file: strict JSON text in, names with types, shapes and offsets out. Only the format's own grammar
// is read, in one pass without recursion, so that depth, repeated keys and odd numbers are refused where they stand.

import { type Fail, MAX_AXES, MAX_AXIS, quote } from "./origin.js";

/** One tensor as the header has it; offsets count from the end of the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly entries: readonly HeaderEntry[];
}

export const METADATA = "__metadata__";

const DAMAGED = "check that the file is a safetensors file and was written to its end";

/** A text without its proper pairs of surrogates cannot be written as UTF-8. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

class Scanner {
  #at = 0;

  constructor(
    readonly text: string,
    readonly fail: Fail,
  ) {}

  refuse(expected: string): never {
    const rest = this.text.slice(this.#at);
    const what = rest === "" ? "the header's end" : `${quote(rest)} at character ${this.#at}`;
    return this.fail(expected, what, DAMAGED);
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.text.charAt(this.#at))) this.#at++;
  }

  /** Whether the next character is this one, which is then behind. */
  take(character: string): boolean {
    this.#space();
    if (this.text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  expect(character: string): void {
    if (!this.take(character)) this.refuse(`"${character}"`);
  }

  string(what: string): string {
    this.#space();
    const start = this.#at;
    if (this.text.charAt(start) !== '"') return this.refuse(what);
    let end = start + 1;
    while (end < this.text.length && this.text.charAt(end) !== '"') end += this.text.charAt(end) === "\\" ? 2 : 1;
    const value = parseString(this.text.slice(start, end + 1));
    if (value === undefined || !isWellFormed(value)) return this.refuse(what);
    this.#at = end + 1;
    return value;
  }

  integer(what: string, most: number): number {
    this.#space();
    const start = this.#at;
    let end = start;
    while (/\d/.test(this.text.charAt(end))) end++;
    const digits = this.text.slice(start, end);
    const value = Number(digits);
    if (!/^(?:0|[1-9]\d*)$/.test(digits) || value > most || /[.eE]/.test(this.text.charAt(end))) return this.refuse(what);
    this.#at = end;
    return value;
  }

  integers(what: string, most: number, mostItems: number): number[] {
    this.expect("[");
    const values: number[] = [];
    if (this.take("]")) return values;
    do {
      if (values.length === mostItems) this.refuse(`at most ${mostItems} of ${what}`);
      values.push(this.integer(what, most));
    } while (this.take(","));
    this.expect("]");
    return values;
  }

  /** The members of an object; a key that came before is refused. */
  object(what: string, member: (key: string) => void): void {
    const seen = new Set<string>();
    this.expect("{");
    if (this.take("}")) return;
    do {
      const key = this.string(`${what}, as text in quotes`);
      if (seen.has(key)) this.fail(`${what} only once`, `${quote(key)} twice`, "write each name once");
      seen.add(key);
      this.expect(":");
      member(key);
    } while (this.take(","));
    this.expect("}");
  }

  end(): void {
    this.#space();
    if (this.#at < this.text.length) this.refuse("nothing after the header's object");
  }
}

function parseString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

const FIELDS = ["dtype", "shape", "data_offsets"];

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  let type = "";
  let shape: number[] = [];
  let offsets: number[] = [];
  const met: string[] = [];
  scanner.object("a field of a tensor", (field) => {
    met.push(field);
    if (field === "dtype") type = scanner.string("a dtype");
    else if (field === "shape") shape = scanner.integers(`axis sizes from 0 to ${MAX_AXIS}`, MAX_AXIS, MAX_AXES);
    else if (field === "data_offsets") offsets = scanner.integers("offsets that can be counted", Number.MAX_SAFE_INTEGER, 2);
    else scanner.fail(`only the fields ${FIELDS.join(", ")}`, `${quote(field)} of ${quote(name)}`, DAMAGED);
  });
  const absent = FIELDS.filter((field) => !met.includes(field));
  if (absent.length > 0) scanner.fail(`the fields ${FIELDS.join(", ")}`, `no ${absent.join(", no ")} for ${quote(name)}`, DAMAGED);
  const [start, end] = offsets;
  if (offsets.length !== 2 || end < start) {
    scanner.fail("data_offsets of a beginning and an end", `[${offsets.join(",")}] for ${quote(name)}`, DAMAGED);
  }
  return { name, type, shape, start, end };
}

/** Reads the text of a header, padding included. */
export function readHeader(text: string, fail: Fail): SafetensorsHeader {
  const scanner = new Scanner(text, fail);
  const metadata = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  scanner.object("a name", (name) => {
    if (name === METADATA) scanner.object("a name of metadata", (key) => metadata.set(key, scanner.string("a text in quotes")));
    else entries.push(readEntry(scanner, name));
  });
  scanner.end();
  return { metadata, entries };
}
