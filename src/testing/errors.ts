// What the checks of this folder throw: tagged errors like all others of the library, each with what it found.

import { CotangentError, type ErrorParts } from "../core/errors.js";
import type { GradientReport } from "./report.js";

/** A derivative does not agree with differences, with the other mode, or is no derivative at all (NaN, wrong shape). */
export class GradientCheckError extends CotangentError {
  readonly tag = "gradient-check";

  constructor(
    parts: ErrorParts,
    /** All that was checked up to the failure; the last check is the one that failed. */
    readonly report: GradientReport,
  ) {
    super(parts);
  }
}

/** A transformed function gives something else than the function itself. */
export class TransformCheckError extends CotangentError {
  readonly tag = "transform-check";
}

/** Two trees of arrays are not close. */
export class NotCloseError extends CotangentError {
  readonly tag = "not-close";
}

/** A package that is needed for this function alone is not installed. */
export class MissingPackageError extends CotangentError {
  readonly tag = "missing-package";
}
