// Counts of the work done: what tests of its growth look at, and what a report shows.

export interface Tally {
  /** Equations met, those of opened calls too. */
  equations: number;
  /** Rules tried. */
  attempts: number;
  /** Pairs of equations compared in search of equal ones. */
  comparisons: number;
  /** Outputs computed at once. */
  folded: number;
  /** Equations that were made before. */
  merged: number;
  /** How often each rule was applied, by its name. */
  readonly applied: Map<string, number>;
}

export const newTally = (): Tally => ({ equations: 0, attempts: 0, comparisons: 0, folded: 0, merged: 0, applied: new Map() });
