// The matrix as a page: a row for a primitive and the dtypes for which it states the same, a column for each transform. What
// the marks mean stands below it, with the texts of the refusals.

import { type DType, dtypes } from "../../../src/core/dtype.js";
import { type Column, type Statement, columns, refusalMessage, statementOf, untypedMessage } from "./cells.js";
import { type Row, rows } from "./rows.js";

const short: Readonly<Record<DType, string>> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  uint32: "u32",
  int8: "i8",
  uint8: "u8",
  bool: "bool",
};

/** The texts that marks refer to, numbered as they come. */
class Notes {
  readonly texts: string[] = [];

  mark(text: string): string {
    const place = this.texts.indexOf(text);
    return `[${place < 0 ? this.texts.push(text) : place + 1}]`;
  }
}

function markOf(row: Row, dtype: DType, column: Column, notes: Notes): string {
  const statement: Statement = statementOf(row, dtype, column);
  switch (statement.tag) {
    case "passes":
      return "✓";
    case "zero":
      return "0";
    case "integer":
      return "int";
    case "refuses":
      return notes.mark(refusalMessage(row, dtype, column));
    case "untyped":
      // Without the operation's name and the operands of the trial, which differ from row to row.
      return notes.mark(untypedMessage(row, dtype).replace(/: \w+: (expected .*), got .*$/s, ": $1"));
    default:
      return statement satisfies never;
  }
}

function linesOf(row: Row, notes: Notes): string[] {
  const groups = new Map<string, DType[]>();
  for (const dtype of dtypes) {
    const marks = columns.map((column) => markOf(row, dtype, column, notes)).join(" | ");
    groups.set(marks, [...(groups.get(marks) ?? []), dtype]);
  }
  return [...groups].map(([marks, of]) => `| ${row.label} | ${of.map((dtype) => short[dtype]).join(" ")} | ${marks} |`);
}

/** The page. */
export function documentOf(): string {
  const notes = new Notes();
  const lines = rows.flatMap((row) => linesOf(row, notes));
  return [
    "# Every primitive under every transform",
    "",
    "Generated from the statements that the tests hold the library to (`npm run matrix` writes it anew); the suite fails where a cell",
    "does not keep what it states. `eager` is a call with values, `vmap` includes batches of no example. The columns from `jit` on",
    "are the primitive inside of that: its value, both derivatives, and batches of these, with what goes in before it (a predicate, a",
    "count) batched as well. All columns are also compiled to WebAssembly and compared with the reference evaluator.",
    "",
    "- `✓` agrees with a plain evaluation, a loop over examples, or differences",
    "- `0` has a derivative that is zero",
    "- `int` has no gradient, because its operands are integers: tangents and cotangents are zeros, and `grad` throws a DTypeError",
    "- `[n]` throws note n: where the dtype is refused, after the name of the operation",
    "",
    `| primitive | dtypes | ${columns.join(" | ")} |`,
    `| --- | --- |${" :-: |".repeat(columns.length)}`,
    ...lines,
    "",
    ...notes.texts.map((text, i) => `${i + 1}. ${text}`),
    "",
  ].join("\n");
}
