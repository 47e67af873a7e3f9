// losses.json: the value of each loss, and the gradient of its sum in the first argument, eagerly and compiled.

import type { NDArray } from "../../src/core/array.js";
import { jit } from "../../src/transform/jit.js";
import { grad } from "../../src/transform/grad.js";
import * as np from "../../src/numpy/index.js";
import { Attrs } from "./attrs.js";
import { describeTolerances, difference, functionTolerances } from "./compare.js";
import { type Outcome, type ReferenceCase, type Suite, attempt, floatDTypes, labelOf, notCovered, outcomeOf } from "./harness.js";
import { type JsonObject, type StoredArray, list, object, storedArray, storedArrays, string, toOperand } from "./parse.js";

/** A loss with its attributes read. */
export type Loss = (attrs: Attrs) => (predictions: NDArray, targets: NDArray) => NDArray;
export type Losses = Readonly<Record<string, Loss>>;

interface Stored {
  readonly fn: string;
  readonly attrs: JsonObject;
  readonly args: readonly StoredArray[];
  readonly out: StoredArray;
  readonly gradient: StoredArray;
}

function parse(x: unknown, where: string): Stored {
  const given = object(x, where);
  return {
    fn: string(given["fn"], `${where}.fn`),
    attrs: object(given["attrs"], `${where}.attrs`),
    args: storedArrays(given["args"], `${where}.args`),
    out: storedArray(given["out"], `${where}.out`),
    gradient: storedArray(given["grad0OfSum"], `${where}.grad0OfSum`),
  };
}

function run({ fn, attrs, args, out, gradient }: Stored, where: string, losses: Losses): Outcome {
  const loss = Object.hasOwn(losses, fn) ? losses[fn] : undefined;
  if (loss === undefined) return notCovered("comes with the issue of the optimizers and losses");
  const read = new Attrs(attrs, where);
  const f = loss(read);
  if (read.unread().length > 0) return notCovered(`no mapping for ${fn} with ${read.unread().join(", ")}`);
  const failures = floatDTypes.flatMap((float) => {
    const [x, y] = args.map((a) => toOperand(a, float));
    const slope = grad((predictions: NDArray) => np.sum(f(predictions, y)));
    return [
      ...attempt("eager", float, () => difference(f(x, y), out, float, functionTolerances)),
      ...attempt("jit", float, () => difference(jit(f)(x, y), out, float, functionTolerances)),
      ...attempt("grad", float, () => difference(slope(x), gradient, float, functionTolerances)),
      ...attempt("jit of grad", float, () => difference(jit(slope)(x), gradient, float, functionTolerances)),
    ];
  });
  return outcomeOf(failures);
}

export const lossSuite = (losses: Losses): Suite => ({
  file: "losses.json",
  comparison: describeTolerances(functionTolerances),
  cases: (data) =>
    list(data, "losses.json").map((x, i): ReferenceCase => {
      const where = `losses.json[${i}]`;
      const stored = parse(x, where);
      return { label: labelOf(stored.fn, stored.attrs), group: stored.fn, run: () => run(stored, where, losses) };
    }),
});
