// A module as text, in the manner of the WebAssembly text format: enters its bytes, leaves its imports and functions with
// their instructions. Functions are named by their index; a comment says what a function is where the caller knows.

import { instructionLines, typeName } from "./instructions.js";
import { Reader } from "./reader.js";

interface Signature {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

const HEADER = 8;

/** The sections of a module by their numbers. */
function sectionsOf(bytes: Uint8Array): ReadonlyMap<number, Reader> {
  const sections = new Map<number, Reader>();
  for (const reader = new Reader(bytes, HEADER); !reader.done;) sections.set(reader.byte(), reader.part());
  return sections;
}

function signature(reader: Reader): Signature {
  reader.byte();
  const types = (): string[] => reader.list(() => typeName(reader.byte()));
  return { params: types(), results: types() };
}

const clause = (word: string, types: readonly string[]): string => (types.length === 0 ? "" : ` (${word} ${types.join(" ")})`);
const signatureText = ({ params, results }: Signature): string => clause("param", params) + clause("result", results);

/** Imports as text, and the types of those that are functions. */
function importsOf(
  reader: Reader | undefined,
  types: readonly Signature[],
): { readonly lines: readonly string[]; readonly functions: number } {
  let functions = 0;
  const lines = reader?.list(() => {
    const [from, name] = [reader.name(), reader.name()];
    if (reader.byte() === 0) return `(import "${from}" "${name}" (func $f${functions++}${signatureText(types[reader.unsigned()])}))`;
    const shared = reader.byte() === 3 ? " shared" : "";
    return `(import "${from}" "${name}" (memory ${reader.unsigned()} ${reader.unsigned()}${shared}))`;
  });
  return { lines: lines ?? [], functions };
}

function exportsOf(reader: Reader | undefined): ReadonlyMap<number, string> {
  const entries = reader?.list(() => {
    const name = reader.name();
    reader.byte();
    return [reader.unsigned(), name] as const;
  });
  return new Map(entries);
}

function localsOf(body: Reader): readonly string[] {
  return body
    .list(() => {
      const count = body.unsigned();
      const type = typeName(body.byte());
      return new Array<string>(count).fill(type);
    })
    .flat();
}

/**
 * The text of a module that this library encoded.
 *
 * @param labelOf what the function of an index is, for a comment.
 * @throws TypeError for instructions that the encoder does not emit.
 * @example moduleText(bytes, () => undefined).split("\n")[0] // "(module"
 */
export function moduleText(bytes: Uint8Array, labelOf: (index: number) => string | undefined = () => undefined): string {
  const sections = sectionsOf(bytes);
  const list = <T>(id: number, read: (reader: Reader) => T): readonly T[] => {
    const reader = sections.get(id);
    return reader?.list(() => read(reader)) ?? [];
  };
  const types = list(1, signature);
  const imports = importsOf(sections.get(2), types);
  const declared = list(3, (reader) => types[reader.unsigned()]);
  const exported = exportsOf(sections.get(7));
  const functions = list(10, (reader) => reader.part()).map((body, i) => {
    const index = imports.functions + i;
    const name = exported.get(index);
    const label = labelOf(index);
    const head = `(func $f${index}${name === undefined ? "" : ` (export "${name}")`}${signatureText(declared[i])}`;
    const locals = clause("local", localsOf(body));
    const size = body.end - body.position;
    const lines = [
      `${head}${locals}`,
      `  ;; ${label === undefined ? "" : `${label}; `}${size} bytes`,
      ...instructionLines(body).map((line) => `  ${line}`),
    ];
    return `${lines.join("\n")})`;
  });
  const indented = [...imports.lines, ...functions].map((part) => part.replaceAll(/^/gm, "  "));
  return ["(module", ...indented].join("\n") + ")";
}
