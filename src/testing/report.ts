// What a gradient check found: one entry for each derivative that was compared with differences, and what is worth knowing.

import type { Mode } from "./modes.js";
import type { Verdict } from "./quotients.js";

/** One derivative along one direction, against difference quotients. */
export interface GradientCheck {
  /** 1 for the derivative of the function, 2 for the derivative of that. */
  readonly order: number;
  /** The mode under test, after the modes of the lower orders: `["reverse", "forward"]` is forward over reverse. */
  readonly modes: readonly Mode[];
  /** The leaves that move: their paths, as `argument 0.w`. */
  readonly leaves: readonly string[];
  /** Which of the random directions; it follows from the seed. */
  readonly direction: number;
  /** What is derived: a path and index for forward mode, a weighted sum of the results for reverse mode. */
  readonly output: string;
  /** The derivative along the direction, as the mode gives it. */
  readonly analytic: number;
  /** The derivative along the direction, as differences give it. */
  readonly numeric: number;
  /** How far the differences are from settled. */
  readonly error: number;
  /** The slope of the Taylor remainder over the step: 2 is right, 1 is wrong, Infinity where only rounding remains. */
  readonly slope: number;
  readonly verdict: Verdict;
  /** The derivatives to the left and to the right, where they differ. */
  readonly sides?: readonly [left: number, right: number];
}

/** What `checkGrads` found. */
export interface GradientReport {
  readonly seed: number;
  readonly checks: readonly GradientCheck[];
  /** The checks that met a kink: left and right derivatives differ there. */
  readonly kinks: readonly GradientCheck[];
  /** The checks that differences could not decide: the function is too flat or too noisy there. */
  readonly unresolved: readonly GradientCheck[];
  /** Leaves that the value does not depend on. */
  readonly ignored: readonly string[];
}

/** A report over checks. */
export const reportOf = (seed: number, checks: readonly GradientCheck[], ignored: readonly string[]): GradientReport => ({
  seed,
  checks,
  kinks: checks.filter(({ verdict }) => verdict === "kink"),
  unresolved: checks.filter(({ verdict }) => verdict === "unresolved"),
  ignored,
});

/** "reverse mode", "forward over reverse mode". */
export const showModes = (modes: readonly Mode[]): string => `${modes.toReversed().join(" over ")} mode`;

/** A number for messages: enough digits to see a small difference. */
export const showNumber = (x: number): string =>
  Number.isInteger(x) && Math.abs(x) < 1e9 ? String(x) : x.toPrecision(10).replace(/\.?0+($|e)/, "$1");
