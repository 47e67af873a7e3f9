// Convolution and correlation of vectors.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { convGeneralDilated } from "../ops/convolution.js";
import { reshape, reverse } from "../ops/layout.js";
import { checkOptions } from "../core/options.js";
import { promoteFloat } from "./promote.js";

export interface ConvolveOptions {
  /** Which overlaps are given: any, as many as the longer one has elements, or complete ones only. */
  readonly mode?: "full" | "same" | "valid";
}

/** The sums of products of `x` with `kernel`, moved along it. */
function slid(x: NDArray, kernel: NDArray, mode: string): NDArray {
  const [n, m] = [x.size, kernel.size];
  const before = mode === "full" ? m - 1 : mode === "same" ? Math.floor(m / 2) : 0;
  const after = mode === "full" ? m - 1 : mode === "same" ? m - 1 - before : 0;
  const image = reshape(x, [1, 1, n]);
  return reshape(convGeneralDilated(image, reshape(kernel, [1, 1, m]), { windowStrides: [1], padding: [[before, after]] }), [
    n + before + after - m + 1,
  ]);
}

function checked(op: string, x: ArrayLike, y: ArrayLike, options: ConvolveOptions): [NDArray, NDArray] {
  checkOptions(op, options, ["mode"]);
  if (options.mode !== undefined && !["full", "same", "valid"].includes(options.mode)) {
    throw new OptionError({
      op,
      expected: "mode full, same or valid",
      received: JSON.stringify(options.mode),
      remedy: "name one of these",
    });
  }
  const [a, b] = promoteFloat(op, x, y);
  if (a.ndim === 1 && b.ndim === 1 && a.size > 0 && b.size > 0) return [a, b];
  throw new ShapeError({
    op,
    expected: "two vectors with elements",
    received: `${showAval(a.aval)} and ${showAval(b.aval)}`,
    remedy: "use lax.convGeneralDilated for more axes",
  });
}

/**
 * The convolution of two vectors, `z[k] = Σ x[i] y[k − i]`; floating point.
 *
 * @throws ShapeError unless both are vectors with elements; OptionError for an unknown option or mode.
 * @example np.convolve(np.array([1, 2, 3]), np.array([0, 1])) // [0, 1, 2, 3]
 */
export function convolve(x: ArrayLike, y: ArrayLike, options: ConvolveOptions = {}): NDArray {
  const [a, b] = checked("convolve", x, y, options);
  const [long, short] = a.size >= b.size ? [a, b] : [b, a];
  return slid(long, reverse(short, 0), options.mode ?? "full");
}

/**
 * The correlation of two vectors, `z[k] = Σ x[i + k] y[i]`, complete overlaps only unless `mode` says otherwise.
 *
 * @throws ShapeError unless both are vectors with elements; OptionError for an unknown option or mode.
 * @example np.correlate(np.array([1, 2, 3]), np.array([0, 1])) // [2, 3]
 */
export function correlate(x: ArrayLike, y: ArrayLike, options: ConvolveOptions = {}): NDArray {
  const [a, b] = checked("correlate", x, y, options);
  const mode = options.mode ?? "valid";
  if (a.size >= b.size) return slid(a, b, mode);
  return reverse(slid(b, a, mode), 0);
}
