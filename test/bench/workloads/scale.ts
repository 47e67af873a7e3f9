// How time grows: tracing, compiling and running with the number of equations, running with the number of elements, Adam
// with the number of parameters. The figure of a case is the constant at its largest size; the note has all of them.

import { jit, type NDArray, numpy as np } from "cotangent";
import { best, type Figure, type Settings, type Workload } from "../workload.js";
import { adamOnly } from "./adam.js";

const powers = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
const written = (n: number): string => (n < 1e4 ? String(n) : n.toExponential(0).replace("+", ""));
const shown = (ms: number): string =>
  ms < 1e-3 ? `${(1e6 * ms).toPrecision(3)} ns` : ms < 1 ? `${(1e3 * ms).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;

/** A figure at each size, as far as they can be measured, each divided by `size / unit`. */
function sweep(name: string, sizes: readonly number[], unit: number, measure: (size: number) => number): Figure {
  let value: number | undefined;
  const notes: string[] = [];
  for (const size of sizes) {
    try {
      const each = (measure(size) * unit) / size;
      value = each;
      notes.push(`${written(size)}: ${shown(each)}`);
    } catch (error) {
      notes.push(`${written(size)}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
      break;
    }
  }
  return { case: name, ...(value === undefined ? {} : { value }), note: notes.join(", ") };
}

/** A function of `count` equations: dots of small vectors between elementwise ones, so that not all fuse into one loop. */
const chain =
  (count: number) =>
  (x: NDArray, w: NDArray): NDArray => {
    let y = x;
    for (let i = 0; i < count; i++) y = i % 10 === 9 ? y.matmul(w) : i % 2 === 0 ? y.mul(0.9) : y.add(0.1);
    return y;
  };

interface Stages {
  readonly trace: number;
  readonly compile: number;
  readonly run: number;
}

function stagesOf(count: number, settings: Settings): Stages {
  const [x, w] = [np.ones([8]), np.eye(8)];
  const f = jit(chain(count));
  const marks = [performance.now()];
  f.lower(x, w);
  marks.push(performance.now());
  f(x, w);
  marks.push(performance.now());
  const run = best(() => f(x, w), settings);
  return { trace: marks[1] - marks[0], compile: Math.max(0, marks[2] - marks[1] - run), run };
}

function ofEquations(settings: Settings): readonly Figure[] {
  const sizes = powers(2, settings.quick ? 2 : 4);
  stagesOf(100, settings);
  const found = new Map<number, Stages>();
  const stages = (size: number): Stages => {
    const known = found.get(size) ?? stagesOf(size, settings);
    found.set(size, known);
    return known;
  };
  return [
    sweep("trace an equation", sizes, 1, (n) => stages(n).trace),
    sweep("compile an equation", sizes, 1, (n) => stages(n).compile),
    sweep("run an equation", sizes, 1, (n) => stages(n).run),
  ];
}

function elementwise(count: number, settings: Settings): number {
  const x = np.full([count], 0.5);
  const f = jit((y: NDArray) => y.mul(2).add(1).square().sum());
  return best(() => f(x).item(), settings);
}

export const workload: Workload = {
  measure: (settings) => {
    const sizes = powers(3, settings.quick ? 3 : 8);
    return [
      ...ofEquations(settings),
      sweep("run 1e6 elements", sizes, 1e6, (n) => elementwise(n, settings)),
      sweep("Adam on 1e6 parameters", sizes, 1e6, (n) => best(adamOnly(n, 1), settings)),
    ];
  },
};
