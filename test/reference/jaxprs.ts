// jaxprs.json: programs printed as JAX prints them, apart from parameters that make no sense here.

import type { NDArray } from "../../src/core/array.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { cond } from "../../src/lax/cond.js";
import { scan } from "../../src/lax/scan.js";
import { add, mul, sub } from "../../src/ops/arithmetic.js";
import { gt } from "../../src/ops/compare.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { grad } from "../../src/transform/grad.js";
import { makeJaxpr, shapeDtype } from "../../src/transform/makeJaxpr.js";
import { type ReferenceCase, type Suite, attempt, notCovered, outcomeOf } from "./harness.js";
import { object, string } from "./parse.js";

/** Parameters of JAX without a meaning here. */
const foreign = ["out_sharding"];

/** One spacing for all, no foreign parameters. */
export const normalized = (text: string): string =>
  foreign
    .reduce((t, name) => t.replaceAll(new RegExp(`\\b${name}=\\S+?(?=[\\s\\]])`, "g"), ""), text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\[ | \]/g, (bracket) => bracket.trim());

const vector = shapeDtype([3]);

export const programs: Readonly<Record<string, () => ClosedJaxpr>> = {
  sin_mul: () => makeJaxpr((x: NDArray) => mul(sin(x), 2))(vector),
  grad_sin_sum: () => makeJaxpr(grad((x: NDArray) => reduceSum(sin(x))))(vector),
  matmul: () =>
    makeJaxpr((x: NDArray, y: NDArray) =>
      dotGeneral(x, y, [
        [[1], [0]],
        [[], []],
      ]),
    )(shapeDtype([2, 3]), shapeDtype([3, 4])),
  cond: () =>
    makeJaxpr((x: NDArray) =>
      cond(
        gt(x, 0),
        (y: NDArray) => mul(y, 2),
        (y: NDArray) => sub(y, 1),
        x,
      ),
    )(shapeDtype([])),
  scan: () => makeJaxpr((xs: NDArray) => scan((c: NDArray, x: NDArray) => [add(c, x), mul(c, x)], 0, xs))(shapeDtype([5])),
};

/** Separators between equations: JAX writes `;` on one line, and a new line otherwise. */
const equations = (text: string): string => normalized(text.replaceAll(/;\s/g, " "));

export const jaxprSuite: Suite = {
  file: "jaxprs.json",
  comparison: `the same text, but for spacing and ${foreign.join(", ")}`,
  cases: (data) =>
    Object.entries(object(data, "jaxprs.json")).map(([name, value]): ReferenceCase => {
      const expected = string(value, `jaxprs.json.${name}`);
      const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
      const run = (): string | undefined => {
        const actual = String((program as () => ClosedJaxpr)());
        return equations(actual) === equations(expected) ? undefined : `\n${actual}\nexpected\n${expected}`;
      };
      return {
        label: name,
        group: name,
        run: () => (program === undefined ? notCovered("no program of that name is written here") : outcomeOf(attempt("print", "", run))),
      };
    }),
};
