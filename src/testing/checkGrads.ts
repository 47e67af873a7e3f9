// checkGrads: the derivatives of a user's function against differences of it, mode by mode and order by order.

import type { ErrorParts } from "../core/errors.js";
import { TypeMismatchError } from "../core/errors.js";
import { type AnyFunction, type Inputs, checkArguments, checkFunction } from "../transform/functions.js";
import { arrayOf, elementsOf, type Problem, problemOf } from "./flat.js";
import { GradientCheckError } from "./errors.js";
import { type Failure, type Level, type Sink, checkLevel, pointOf } from "./level.js";
import { localise } from "./localise.js";
import { joined } from "./line.js";
import { type Mode, pulled, pushed } from "./modes.js";
import { numbersOf, scaleOf, signed } from "./noise.js";
import { namingTheOnlyMode } from "./oneMode.js";
import { type GradientCheck, type GradientReport, reportOf, showModes, showNumber } from "./report.js";
import { type GradientOptions, type Settings, settingsOf } from "./settings.js";

/** What a check has found so far, and how it fails. */
class Findings implements Sink {
  readonly checks: GradientCheck[] = [];
  readonly ignored: string[] = [];

  constructor(
    readonly name: string,
    readonly settings: Settings,
  ) {}

  get report(): GradientReport {
    return reportOf(this.settings.seed, this.checks, this.ignored);
  }

  pass(check: GradientCheck): void {
    this.checks.push(check);
  }

  throw(parts: Omit<ErrorParts, "op">): never {
    throw new GradientCheckError({ op: `checkGrads of ${this.name}`, ...parts }, this.report);
  }

  fail(failure: Failure): never {
    const { check, direction, what } = failure;
    this.checks.push(check);
    const { where, judgement } = localise(failure);
    const { analytic, numeric, error, verdict, slope, sides = [NaN, NaN] } = judgement ?? check;
    const target = `the derivative of ${check.output} with respect to ${where}, in ${showModes(check.modes)} (order ${check.order})`;
    const along = `direction ${direction.number} of seed ${this.settings.seed}`;
    const reference = what === "modes" ? "forward mode" : "numeric";
    const replay = `the same directions come again with { seed: ${this.settings.seed} }`;
    if (what === "kink")
      return this.throw({
        expected: `${target}, to exist`,
        received: `a kink: ${showNumber(sides[0])} to the left, ${showNumber(sides[1])} to the right, analytic ${showNumber(analytic)} (along ${along})`,
        remedy: `move the point away from the kink, or allow it with kinks: "report"; ${replay}`,
      });
    const falls = Number.isFinite(slope) ? `; the remainder falls with slope ${slope.toFixed(2)}, where 2 is right` : "";
    const uncertain = error > 0 && Number.isFinite(error) ? ` ± ${error.toExponential(1)}` : "";
    return this.throw({
      expected: `${target}, to be ${reference} ${showNumber(numeric)}${uncertain}`,
      received: `analytic ${showNumber(analytic)} (along ${along}${falls})`,
      remedy:
        verdict === "not finite"
          ? `look for a division by zero, a root or a logarithm at zero (setDebug({ debugNans: true }) names the line), or choose another point; ${replay}`
          : `correct the derivative rule that this part of the function uses; ${replay}`,
    });
  }

  wrongType(level: Level, mode: Mode, where: string, expected: string, received: string): never {
    return this.throw({
      expected: `the derivative at ${where}, in ${showModes([...level.trail, mode])} (order ${level.order}), to be ${expected}`,
      received,
      remedy: "let the derivative rule give the shape and dtype of the value it belongs to",
    });
  }
}

const same = (a: Float64Array, b: Float64Array): boolean => a.length === b.length && a.every((v, i) => Object.is(v, b[i]));

/** Refuses a function whose value is not finite, or is another one when it is called again. */
function checkValue({ f, xs, outputs }: Problem, found: Findings): void {
  const [first, second] = [0, 1].map(() => f(...xs).map(elementsOf));
  if (first.length === 0 && outputs.length === 0) return;
  const changed = first.findIndex((y, k) => !same(y, second[k] ?? new Float64Array()));
  if (changed >= 0 || first.length !== second.length)
    found.throw({
      expected: `a function that gives the same value twice, at ${outputs[changed] ?? "the result"}`,
      received: "another value the second time",
      remedy: "pass random keys and other changing data as arguments, and change nothing outside of the function",
    });
  const bad = first.findIndex((y) => !y.every(Number.isFinite));
  if (bad < 0) return;
  found.throw({
    expected: `a finite value at ${outputs[bad]}`,
    received: String(first[bad].find((v) => !Number.isFinite(v))),
    remedy: "choose a point in the function's domain; setDebug({ debugNans: true }) names the line that leaves it",
  });
}

/** The inputs whose derivative is zero everywhere, and that do not move the value. */
function ignoredBy(level: Level, w: readonly Float64Array[]): string[] {
  const { problem, settings } = level;
  const { f, xs, inputs } = problem;
  const before = joined(f(...xs).map(elementsOf));
  const point = pointOf(level);
  const isZero = (values: Float64Array): boolean => values.every((v) => v === 0);
  const gradients = settings.modes.includes("reverse") ? pulled(f, w)(...point).map(elementsOf) : undefined;
  return inputs.filter((_, i) => {
    const [x, { shape, size }] = [elementsOf(xs[i]), xs[i]];
    if (size === 0) return false;
    const v = signed(size, settings.eps * scaleOf(x), numbersOf(settings.seed, i));
    const alone = xs.map((other, k) => (k === i ? v : new Float64Array(other.size)));
    if (!isZero(gradients?.[i] ?? joined(pushed(f, alone)(...point).map(elementsOf)))) return false;
    const moved = [1, -1].map((sign) =>
      arrayOf(
        x.map((value, k) => value + sign * v[k]),
        shape,
      ),
    );
    return moved.every((y) => same(joined(f(...xs.with(i, y)).map(elementsOf)), before));
  });
}

function checkIgnored(level: Level, w: readonly Float64Array[], found: Findings): void {
  found.ignored.push(...ignoredBy(level, w));
  if (found.ignored.length === 0 || found.settings.ignored === "report") return;
  found.throw({
    expected: `a value that depends on ${found.ignored.join(", ")}`,
    received: "one that does not",
    remedy: 'use the argument, or allow it with ignored: "report"',
  });
}

/** Checks the derivatives of a function, then those of its derivatives. */
function descend(level: Level, found: Findings): void {
  const along = checkLevel(level, found);
  if (along === undefined) return;
  if (level.order === 1) checkIgnored(level, along.w, found);
  if (level.order === level.settings.order) return;
  const { problem, settings } = level;
  for (const mode of settings.modes) {
    const forward = mode === "forward";
    const f = forward ? pushed(problem.f, along.v) : pulled(problem.f, along.w);
    const outputs = (forward ? problem.outputs : problem.inputs).map(
      (path) => `the ${mode === "forward" ? "tangent" : "cotangent"} of ${path}`,
    );
    descend({ ...level, problem: { ...problem, f, outputs }, order: level.order + 1, trail: [...level.trail, mode] }, found);
  }
}

/**
 * Checks the derivatives of `f` at `args` against differences, forward and reverse mode, up to second order.
 *
 * `f` takes and gives trees of arrays. Along random directions the Taylor remainder `|f(x + h v) − f(x) − h J v|` is followed
 * over a ladder of steps in float64: for a right derivative it falls with h² until rounding takes over, for a wrong one with
 * h. Each leaf moves alone, then all together; the modes are compared by `⟨J v, w⟩ = ⟨v, Jᵀ w⟩`; the next order checks the
 * derivatives themselves in the same way. Integer and bool leaves, and leaves that are no arrays, are held fixed.
 * Kinks, functions too flat to decide and arguments without influence stand in the report. A function that computes in
 * float32 inside is checked as far as its rounding allows, usually to four digits.
 *
 * @throws GradientCheckError with the leaf, element, mode, order, analytic and numeric value; OptionError for a wrong option;
 * TypeMismatchError for a function without floating-point inputs or outputs; NotDifferentiableError for one without a derivative
 * in a mode that is checked.
 * @example
 * checkGrads((x: NDArray) => np.sin(x).sum(), [np.array([0.1, 0.7])]).kinks; // []
 */
export function checkGrads<F extends AnyFunction>(f: F, args: Inputs<F>, options: GradientOptions = {}): GradientReport {
  checkFunction("checkGrads", f);
  checkArguments("checkGrads", "args", args);
  const settings = settingsOf(options);
  const given = problemOf("checkGrads", f, args);
  const xs = settings.dtype === "float32" ? given.xs.map((x) => arrayOf(elementsOf(x).map(Math.fround), x.shape)) : given.xs;
  const problem: Problem = { ...given, xs };
  if (problem.inputs.length === 0 || problem.outputs.length === 0)
    throw new TypeMismatchError({
      op: `checkGrads of ${problem.name}`,
      expected: "a function from floating-point arrays to floating-point arrays",
      received: problem.inputs.length === 0 ? "no floating-point argument" : "no floating-point result",
      remedy: 'pass and return arrays of dtype "float32" or "float64", or trees of them',
    });
  const found = new Findings(problem.name, settings);
  checkValue(problem, found);
  namingTheOnlyMode(problem, settings.modes, () => descend({ problem, order: 1, trail: [], settings }, found));
  return found.report;
}
