// The text of instructions, from their bytes: the inverse of what `Code` emits, by the same tables.

import { accesses, atomics, laneAccesses, lanes, opcodes } from "./opcodes.js";
import type { Reader } from "./reader.js";

type Immediates = (reader: Reader) => string;

const none: Immediates = () => "";
const index: Immediates = (reader) => ` ${reader.unsigned()}`;
const float = (value: number): string =>
  Number.isNaN(value) ? "nan" : Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "inf");

/** Alignment is a hint and says nothing about the result; the offset is shown where there is one. */
const address: Immediates = (reader) => {
  reader.unsigned();
  const offset = reader.unsigned();
  return offset === 0 ? "" : ` offset=${offset}`;
};
const lane: Immediates = (reader) => ` ${reader.byte()}`;

function vector(reader: Reader): string {
  const bytes = reader.take(16);
  const word = (i: number): string => [3, 2, 1, 0].map((k) => bytes[4 * i + k].toString(16).padStart(2, "0")).join("");
  return ` i32x4 ${[0, 1, 2, 3].map((i) => `0x${word(i)}`).join(" ")}`;
}

const types: Readonly<Record<number, string>> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };

/** The name of a value type by its code. */
export const typeName = (code: number): string => types[code] ?? `type ${code}`;

const block: Immediates = (reader) => {
  const code = reader.byte();
  return code === 0x40 ? "" : ` (result ${typeName(code)})`;
};

type Instruction = readonly [name: string, immediates: Immediates];

let table: ReadonlyMap<number, Instruction> | undefined;

/** Instructions by code; those behind the prefixes 0xfc, 0xfd and 0xfe stand above 255, as in the tables of opcodes. */
const makeTable = (): ReadonlyMap<number, Instruction> =>
  new Map<number, Instruction>([
    [0x02, ["block", block]],
    [0x03, ["loop", block]],
    [0x04, ["if", block]],
    [0x05, ["else", none]],
    [0x0b, ["end", none]],
    [0x0c, ["br", index]],
    [0x0d, ["br_if", index]],
    [0x10, ["call", (reader) => ` $f${reader.unsigned()}`]],
    [0x20, ["local.get", index]],
    [0x21, ["local.set", index]],
    [0x22, ["local.tee", index]],
    [0x41, ["i32.const", (reader) => ` ${reader.signed()}`]],
    [0x43, ["f32.const", (reader) => ` ${float(reader.f32())}`]],
    [0x44, ["f64.const", (reader) => ` ${float(reader.f64())}`]],
    [0xfc0a, ["memory.copy", (reader) => (reader.take(2), "")]],
    [0xfd0c, ["v128.const", vector]],
    [0xfd0d, ["i8x16.shuffle", (reader) => ` ${[...reader.take(16)].join(" ")}`]],
    ...Object.entries(opcodes).map(([name, code]) => [code, [name, none]] as const),
    ...Object.entries(accesses).map(([name, [code]]) => [code, [name, address]] as const),
    ...Object.entries(laneAccesses).map(([name, [code]]) => [code, [name, (reader: Reader) => address(reader) + lane(reader)]] as const),
    ...Object.entries(lanes).map(([name, [code]]) => [code, [name, lane]] as const),
    ...Object.entries(atomics).map(([name, code]) => [0xfe00 + code, [name, address]] as const),
  ]);

function opcode(reader: Reader): number {
  const first = reader.byte();
  return first < 0xfc || first > 0xfe ? first : first * 0x100 + reader.unsigned();
}

/**
 * The instructions of a function's body, a line each, nested blocks indented; the body's own `end` is left out.
 *
 * @throws TypeError for a code that is in none of the tables.
 */
export function instructionLines(reader: Reader): readonly string[] {
  const lines: string[] = [];
  let depth = 0;
  while (!reader.done) {
    const code = opcode(reader);
    const found = (table ??= makeTable()).get(code);
    if (found === undefined) throw new TypeError(`no instruction has the code 0x${code.toString(16)}`);
    const [name, immediates] = found;
    if (name === "end" || name === "else") depth--;
    if (depth >= 0) lines.push(`${"  ".repeat(depth)}${name}${immediates(reader)}`);
    if (name === "block" || name === "loop" || name === "if" || name === "else") depth++;
  }
  return lines;
}
