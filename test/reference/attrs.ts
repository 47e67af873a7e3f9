// Attributes of a case, read by name and kind. A case with attributes that nothing has read is not covered: the mapping
// does not know what they mean.

import { type JsonObject, MalformedReference, numbers } from "./parse.js";

export class Attrs {
  readonly #read = new Set<string>();

  constructor(
    readonly values: JsonObject,
    readonly where: string,
  ) {}

  #get(name: string): unknown {
    this.#read.add(name);
    return this.values[name];
  }

  #fail(name: string, expected: string): MalformedReference {
    return new MalformedReference(`${this.where}.attrs.${name}`, expected, this.values[name]);
  }

  has(name: string): boolean {
    return name in this.values;
  }

  number(name: string): number {
    const value = this.#get(name);
    if (typeof value === "number") return value;
    throw this.#fail(name, "a number");
  }

  /** A number, or what stands for one that is not given. */
  numberOr(name: string, otherwise: number): number {
    return this.has(name) ? this.number(name) : otherwise;
  }

  booleanOr(name: string, otherwise: boolean): boolean {
    const value = this.#get(name);
    if (value === undefined || typeof value === "boolean") return value ?? otherwise;
    throw this.#fail(name, "a boolean");
  }

  string(name: string): string {
    const value = this.#get(name);
    if (typeof value === "string") return value;
    throw this.#fail(name, "a string");
  }

  numbers(name: string): number[] {
    return numbers(this.#get(name), `${this.where}.attrs.${name}`);
  }

  /** An object of numbers. */
  numbersByKey(name: string): Readonly<Record<string, number>> {
    const value = this.#get(name);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.#fail(name, "an object of numbers");
    const keys = Object.keys(value);
    const values = numbers(Object.values(value), `${this.where}.attrs.${name}`);
    return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
  }

  strings(name: string): string[] {
    const value = this.#get(name);
    if (Array.isArray(value) && value.every((v) => typeof v === "string")) return value;
    throw this.#fail(name, "a list of strings");
  }

  /** Pairs of numbers, one for each axis. */
  pairs(name: string): [number, number][] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw this.#fail(name, "a list of pairs");
    return value.map((pair, i) => {
      const list = numbers(pair, `${this.where}.attrs.${name}[${i}]`);
      if (list.length !== 2) throw this.#fail(name, "a list of pairs");
      return [list[0], list[1]];
    });
  }

  /** Lists of numbers, two of them: what is contracted on either side. */
  numberLists(name: string): [number[], number[]] {
    const value = this.#get(name);
    if (!Array.isArray(value) || value.length !== 2) throw this.#fail(name, "two lists of numbers");
    return [numbers(value[0], `${this.where}.attrs.${name}[0]`), numbers(value[1], `${this.where}.attrs.${name}[1]`)];
  }

  /** One axis, several, or null for all. */
  axes(name: string): number | number[] | null {
    const value = this.#get(name);
    if (value === null || value === undefined) return null;
    return typeof value === "number" ? value : this.numbers(name);
  }

  /** Padding by name, or as pairs. */
  padding(name: string): "SAME" | "VALID" | [number, number][] {
    const value = this.#get(name);
    if (value === "SAME" || value === "VALID") return value;
    return this.pairs(name);
  }

  /** The names that nothing has read. */
  unread(): string[] {
    return Object.keys(this.values).filter((name) => !this.#read.has(name));
  }
}
