// The options of checkGrads, checked, with their defaults.

import { type FloatDType, isDType, isFloat } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { type Mode, modes as allModes } from "./modes.js";
import { environmentSeed } from "./seed.js";

/** How exactly derivatives must agree. */
export interface Tolerances {
  /** Relative to the larger of the analytic and the numeric value: 1e-6 for float64, 2e-4 for float32. */
  readonly rtol?: number;
  /**
   * In units of the largest derivative among the elements that are compared, or of 1 if that is larger: 1e-13 for float64,
   * 2e-4 for float32, whose rounding follows the largest terms.
   */
  readonly atol?: number;
}

/** What `checkGrads` does, and how exactly. */
export interface GradientOptions {
  /** Up to which order derivatives are checked; 2 unless said otherwise. */
  readonly order?: number;
  /** Which modes; both unless said otherwise. With both, they are compared with each other too. */
  readonly modes?: readonly Mode[];
  /** The precision in which derivatives are computed; differences are always taken in float64. float64 unless said otherwise. */
  readonly dtype?: FloatDType;
  readonly tolerances?: Tolerances;
  /** Random directions that move all leaves at once, at first order; 2 unless said otherwise. Leaves also move alone. */
  readonly directions?: number;
  /** What the directions are drawn from: the same seed, the same directions. 0, or COTANGENT_SEED of the environment. */
  readonly seed?: number;
  /** The largest of the usual steps, relative to the root mean square of a leaf; 1/64 unless said otherwise. */
  readonly eps?: number;
  /** Whether left and right derivatives that differ are a failure; they are reported unless said otherwise. */
  readonly kinks?: "report" | "fail";
  /** Whether an argument that the value does not depend on is a failure; it is reported unless said otherwise. */
  readonly ignored?: "report" | "fail";
}

export interface Settings extends Required<Omit<GradientOptions, "tolerances">> {
  readonly rtol: number;
  readonly atol: number;
}

const names = ["order", "modes", "dtype", "tolerances", "directions", "seed", "eps", "kinks", "ignored"];

function refuse(option: string, expected: string, received: unknown): never {
  throw new OptionError({
    op: "checkGrads",
    expected: `${option}: ${expected}`,
    received: JSON.stringify(received) ?? String(received),
    remedy: "correct it, or leave it out",
  });
}

/** A count or size that makes sense. */
function checkNumbers({ order, directions, seed, eps, rtol, atol }: Settings): void {
  if (!Number.isInteger(order) || order < 1) refuse("order", "1, 2 or more", order);
  if (!Number.isInteger(directions) || directions < 1) refuse("directions", "at least 1", directions);
  if (!Number.isInteger(seed)) refuse("seed", "an integer", seed);
  if (!(eps > 0 && Number.isFinite(eps))) refuse("eps", "a positive number", eps);
  if (!(rtol >= 0)) refuse("tolerances.rtol", "a number that is not negative", rtol);
  if (!(atol >= 0)) refuse("tolerances.atol", "a number that is not negative", atol);
}

/**
 * The options with their defaults.
 *
 * @throws OptionError for an option that does not exist or makes no sense.
 */
export function settingsOf(options: GradientOptions): Settings {
  checkOptions("checkGrads", options, names);
  checkOptions("checkGrads", options.tolerances, ["rtol", "atol"]);
  const { dtype = "float64", modes = allModes, kinks = "report", ignored = "report" } = options;
  if (!isDType(dtype) || !isFloat(dtype)) refuse("dtype", "float64 or float32", dtype);
  if (!Array.isArray(modes) || modes.length === 0 || !modes.every((mode: Mode) => allModes.includes(mode)))
    refuse("modes", `a list of ${allModes.join(" and ")}`, modes);
  if (kinks !== "report" && kinks !== "fail") refuse("kinks", '"report" or "fail"', kinks);
  if (ignored !== "report" && ignored !== "fail") refuse("ignored", '"report" or "fail"', ignored);
  const [rtol, atol] = dtype === "float64" ? [1e-6, 1e-13] : [2e-4, 2e-4];
  const settings: Settings = {
    order: options.order ?? 2,
    modes,
    dtype,
    directions: options.directions ?? 2,
    seed: options.seed ?? environmentSeed() ?? 0,
    eps: options.eps ?? 1 / 64,
    kinks,
    ignored,
    rtol: options.tolerances?.rtol ?? rtol,
    atol: options.tolerances?.atol ?? atol,
  };
  checkNumbers(settings);
  return settings;
}
