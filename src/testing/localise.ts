// From a direction along which a derivative is wrong to the one element of a leaf that disagrees most: halves of the moving
// elements are tried as long as one of them disagrees alone, then the last few one by one.

import type { Failure } from "./level.js";
import { pointOf } from "./level.js";
import { elementsOf, showIndex } from "./flat.js";
import { Line, joined, oneElement, weighted } from "./line.js";
import { type Vectors, pulled, pushed } from "./modes.js";
import type { Judgement } from "./quotients.js";

/** One element of one input. */
interface Element {
  readonly leaf: number;
  readonly index: number;
}

/** The smallest part of the inputs that shows the disagreement. */
export interface Culprit {
  /** `argument 0.w[1, 2]`, or the paths of the leaves that show it only together. */
  readonly where: string;
  /** The derivatives with respect to it; of the failing direction, if there is no single element. */
  readonly judgement: Judgement | undefined;
}

const FEW = 16;
/** Beyond rounding, for one product of two numbers. */
const PRODUCTS = 1e-9;

const only = (v: Vectors, elements: readonly Element[]): Vectors => {
  const restricted = v.map((x) => new Float64Array(x.length));
  for (const { leaf, index } of elements) restricted[leaf][index] = v[leaf][index];
  return restricted;
};

/** What the differences say when these elements alone move. */
function judgeAlone({ level, mode, place, weights, what }: Failure, v: Vectors): Judgement | undefined {
  const { problem, settings } = level;
  const xs = pointOf(level);
  const reverse = mode === "reverse";
  const cotangents = reverse ? joined(pulled(problem.f, weights)(...xs).map(elementsOf)) : new Float64Array();
  const along = joined(v);
  const analytic = reverse
    ? cotangents.reduce((sum, ct, i) => sum + (along[i] === 0 ? 0 : ct * along[i]), 0)
    : joined(pushed(problem.f, v)(...xs).map(elementsOf))[place ?? 0];
  if (what === "modes") {
    const tangents = joined(pushed(problem.f, v)(...xs).map(elementsOf));
    const numeric = joined(weights).reduce((sum, w, i) => sum + w * tangents[i], 0);
    const verdict = Math.abs(analytic - numeric) > PRODUCTS * Math.abs(analytic) ? "disagrees" : "agrees";
    return { verdict, analytic, numeric, error: 0, slope: NaN };
  }
  const line = new Line(problem, v, settings.eps, settings);
  return line.examine(Float64Array.of(analytic), reverse ? weighted(joined(weights)) : oneElement(place ?? 0)).suspects[0]?.judgement;
}

const gap = (judgement: Judgement | undefined, what: Failure["what"]): number => {
  if (what === "kink") return judgement?.sides === undefined ? 0 : Math.abs(judgement.sides[1] - judgement.sides[0]) || 0;
  if (judgement === undefined || judgement.verdict === "kink" || judgement.verdict === "agrees" || judgement.verdict === "unresolved")
    return 0;
  return judgement.verdict === "not finite" ? Infinity : Math.abs(judgement.analytic - judgement.numeric);
};

/** Finds the element. */
export function localise(failure: Failure): Culprit {
  const { direction, level } = failure;
  const { inputs, xs } = level.problem;
  const trial = (elements: readonly Element[]): { elements: readonly Element[]; judgement: Judgement | undefined; gap: number } => {
    const judgement = judgeAlone(failure, only(direction.v, elements));
    return { elements, judgement, gap: gap(judgement, failure.what) };
  };
  let moving: readonly Element[] = direction.leaves.flatMap((leaf) => Array.from(direction.v[leaf], (_, index) => ({ leaf, index })));
  while (moving.length > FEW) {
    const middle = moving.length >> 1;
    const [low, high] = [trial(moving.slice(0, middle)), trial(moving.slice(middle))];
    if (low.gap === 0 && high.gap === 0) break;
    moving = low.gap >= high.gap ? low.elements : high.elements;
  }
  const alone = moving.length <= FEW ? moving.map((element) => trial([element])) : [];
  const worst = alone.reduce<(typeof alone)[number] | undefined>((best, found) => (found.gap > (best?.gap ?? 0) ? found : best), undefined);
  if (worst?.judgement === undefined) {
    const leaves = [...new Set(moving.map(({ leaf }) => inputs[leaf]))];
    return {
      where: leaves.length > 3 ? `${leaves.slice(0, 3).join(", ")} and ${leaves.length - 3} more` : leaves.join(", "),
      judgement: undefined,
    };
  }
  const [{ leaf, index }] = worst.elements;
  const unit = direction.v[leaf][index];
  const { verdict, analytic, numeric, error, slope, sides } = worst.judgement;
  return {
    where: `${inputs[leaf]}${showIndex(index, xs[leaf].shape)}`,
    judgement: {
      verdict,
      analytic: analytic / unit,
      numeric: numeric / unit,
      error: Math.abs(error / unit),
      slope,
      ...(sides === undefined ? {} : { sides: unit > 0 ? [sides[0] / unit, sides[1] / unit] : [sides[1] / unit, sides[0] / unit] }),
    },
  };
}
