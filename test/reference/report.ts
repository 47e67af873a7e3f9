// The harness's results as text: a table, then what is not covered and why, then every failure.

import type { CaseResult, FileResult } from "./harness.js";

const count = (results: readonly CaseResult[], tag: string): number => results.filter(({ outcome }) => outcome.tag === tag).length;

export const failed = (files: readonly FileResult[]): number => files.reduce((sum, { results }) => sum + count(results ?? [], "failed"), 0);

/** Cases that are not covered for one reason, on one line. */
function uncovered({ file, results }: FileResult): string[] {
  const byReason = new Map<string, string[]>();
  for (const { label, outcome } of results ?? []) {
    if (outcome.tag === "notCovered") byReason.set(outcome.why, [...(byReason.get(outcome.why) ?? []), label]);
  }
  return [...byReason].map(([why, labels]) => `  ${file}: ${labels.join(", ")}: ${why}`);
}

const failures = ({ file, results }: FileResult): string[] =>
  (results ?? []).flatMap(({ label, outcome }) =>
    outcome.tag === "failed"
      ? outcome.failures.map(({ mode, dtype, message }) => `  ${file}: ${label}, ${[mode, dtype].filter(Boolean).join(", ")}: ${message}`)
      : [],
  );

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) => row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join("  "));
}

export function report(folder: string, files: readonly FileResult[]): string {
  const rows = files.map(({ file, results }) =>
    results === undefined
      ? [file, "absent", "", ""]
      : [file, ...["passed", "failed", "notCovered"].map((tag) => String(count(results, tag)))],
  );
  const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ["", title, ...lines]);
  return [
    `Reference values of ${folder}`,
    "",
    ...table([["file", "passed", "failed", "not covered"], ...rows]),
    ...section(
      "Compared by",
      files.map(({ file, comparison }) => `  ${file}: ${comparison}`),
    ),
    ...section("Not covered", files.flatMap(uncovered)),
    ...section("Failures", files.flatMap(failures)),
  ].join("\n");
}
