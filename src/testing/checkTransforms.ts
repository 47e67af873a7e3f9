// checkTransforms: everything at once, for a test of one line.

import { isFloat } from "../core/dtype.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Inputs, checkArguments, checkFunction } from "../transform/functions.js";
import { type Listed, listedOf } from "./agreement.js";
import { checkGrads } from "./checkGrads.js";
import { type JitCheckOptions, type JitReport, checkJit, checkListedJit } from "./checkJit.js";
import { type VmapCheckOptions, type VmapReport, checkListed, checkVmap } from "./checkVmap.js";
import { weightsOf } from "./directions.js";
import { elementsOf, problemOf } from "./flat.js";
import { pulled } from "./modes.js";
import type { GradientReport } from "./report.js";
import type { GradientOptions } from "./settings.js";

export interface TransformOptions {
  /** Options of `checkGrads`; false leaves derivatives out. */
  readonly grads?: GradientOptions | false | undefined;
  /** Options of `checkVmap`; false leaves it out. */
  readonly vmap?: VmapCheckOptions | false | undefined;
  /** Options of `checkJit`; false leaves it out. */
  readonly jit?: JitCheckOptions | false | undefined;
}

/** What each check found; undefined for one that was left out. */
export interface TransformReport {
  readonly grads: GradientReport | undefined;
  readonly vmap: VmapReport | undefined;
  readonly jit: JitReport | undefined;
}

/** The gradient of a weighted sum of the results, as a function of the floating-point arguments. */
function gradientOf(f: AnyFunction, args: readonly unknown[]): Listed {
  const problem = problemOf("checkTransforms", f, args);
  const weights = weightsOf(problem.f(...problem.xs).map(elementsOf), 0, 0);
  const gradient = pulled(problem.f, weights);
  return {
    name: `the gradient of ${problem.name}`,
    f: (...xs) => [...gradient(...xs)],
    xs: problem.xs,
    inputs: problem.inputs,
    outputs: () => problem.inputs.map((path) => `the cotangent of ${path}`),
  };
}

/**
 * Runs `checkJit`, `checkVmap` and `checkGrads` on a function, and the first two on its gradient as well. Derivatives are left
 * out for a function without floating-point arguments or results.
 *
 * @throws TransformCheckError or GradientCheckError for the first that fails; OptionError for a wrong option.
 * @example
 * checkTransforms((x: NDArray) => np.tanh(x).sum(), [np.array([0.3, -1])]).jit?.traces; // 1
 */
export function checkTransforms<F extends AnyFunction>(f: F, args: Inputs<F>, options: TransformOptions = {}): TransformReport {
  checkFunction("checkTransforms", f);
  checkArguments("checkTransforms", "args", args);
  checkOptions("checkTransforms", options, ["grads", "vmap", "jit"]);
  const { grads = {}, vmap = {}, jit = {} } = options;
  const jitted = jit === false ? undefined : checkJit(f, args, jit);
  const mapped = vmap === false ? undefined : checkVmap(f, args, vmap);
  const listed = listedOf("checkTransforms", f, args);
  const differentiable = listed.xs.some((x) => isFloat(x.dtype)) && listed.f(...listed.xs).some((y) => isFloat(y.dtype));
  if (grads === false || !differentiable) return { grads: undefined, vmap: mapped, jit: jitted };
  const checked = checkGrads(f, args, grads);
  const gradient = gradientOf(f, args);
  if (jit !== false) checkListedJit(gradient, jit);
  if (vmap !== false) checkListed(gradient, vmap);
  return { grads: checked, vmap: mapped, jit: jitted };
}
