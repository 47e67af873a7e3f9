// Figures in, lines of text out: one line a case, ours first, each peer with its ratio to ours, the target and whether it
// is reached.

import type { PeerName } from "./peers.js";
import type { Case, Row, Unit } from "./rows.js";
import type { Figure } from "./workload.js";

/** Everything measured for a row. */
export interface Measured {
  readonly row: Row;
  readonly ours: readonly Figure[];
  readonly peers: readonly { readonly name: PeerName; readonly figures: readonly Figure[] }[];
}

/** A line of the table as data. */
export interface Line {
  readonly id: string;
  readonly case: string;
  readonly unit: Unit;
  readonly ours: number | null;
  readonly peers: Readonly<Partial<Record<PeerName, { readonly value: number; readonly ratio: number | null }>>>;
  readonly target: number | null;
  readonly reached: boolean | null;
  readonly notes: readonly string[];
}

const reached = ({ target, moreIsBetter }: Case, value: number): boolean | null =>
  target === undefined ? null : moreIsBetter === true ? value >= target : value <= target;

function lineOf({ row, ours, peers }: Measured, which: Case): Line {
  const find = (figures: readonly Figure[]): Figure | undefined => figures.find((figure) => figure.case === which.name);
  const own = find(ours);
  const value = own?.value ?? null;
  const beside = peers.flatMap(({ name, figures }) => {
    const theirs = find(figures)?.value;
    return theirs === undefined ? [] : [[name, { value: theirs, ratio: value === null ? null : theirs / value }] as const];
  });
  const notes = peers.flatMap(({ name, figures }) =>
    figures.flatMap(({ case: at, note }) => (note !== undefined && at === which.name ? [`${name}: ${note}`] : [])),
  );
  return {
    id: row.id,
    case: which.name,
    unit: which.unit,
    ours: value,
    peers: Object.fromEntries(beside),
    target: which.target ?? null,
    reached: value === null ? null : reached(which, value),
    notes: [...(own?.note === undefined ? [] : [own.note]), ...notes],
  };
}

/** The table as data; a failure of a whole row stands as the note of its first case. */
export const linesOf = (measured: Measured): readonly Line[] => {
  const { row } = measured;
  const placed = (figures: readonly Figure[]): readonly Figure[] =>
    figures.map((figure) => (row.cases.some(({ name }) => name === figure.case) ? figure : { ...figure, case: row.cases[0].name }));
  const at = { row, ours: placed(measured.ours), peers: measured.peers.map(({ name, figures }) => ({ name, figures: placed(figures) })) };
  return row.cases.map((which) => lineOf(at, which));
};

export function shown(value: number, unit: Unit): string {
  if (unit === "%") return `${value.toFixed(1)} %`;
  if (unit !== "ms") return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
  const [scaled, name] = value < 1 ? [value * 1000, "µs"] : [value, "ms"];
  return `${scaled < 10 ? scaled.toFixed(2) : scaled < 100 ? scaled.toFixed(1) : scaled.toFixed(0)} ${name}`;
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
function aligned(cells: readonly (readonly string[])[]): readonly string[] {
  const widths = cells[0].map((_, k) => Math.max(...cells.map((line) => line[k].length)));
  return cells.map((line) =>
    line
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k])))
      .join("  ")
      .trimEnd(),
  );
}

/** The table as text; a peer's cell has its figure and how many times ours it is. */
export function tableOf(lines: readonly Line[], names: readonly PeerName[]): string {
  const header = ["case", "ours", ...names, "target", ""];
  const cells = lines.map(({ case: name, ours, unit, peers, target, reached: met }) => [
    name,
    ours === null ? "–" : shown(ours, unit),
    ...names.map((peer) => {
      const theirs = peers[peer];
      if (theirs === undefined) return "";
      return shown(theirs.value, unit) + (theirs.ratio === null ? "" : ` (${theirs.ratio.toPrecision(2)}x)`);
    }),
    target === null ? "" : shown(target, unit),
    met === null ? "" : met ? "reached" : `missed ${shownMiss(ours as number, target as number)}`,
  ]);
  const notes = lines.flatMap(({ case: name, notes: texts }) => texts.map((text) => `${name}: ${text}`));
  return [...aligned([header, ...cells]), ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

const shownMiss = (ours: number, target: number): string => `by ${Math.max(ours / target, target / ours).toPrecision(2)}x`;
