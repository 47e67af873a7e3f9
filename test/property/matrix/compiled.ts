// The matrix compiled: what a cell computes as one function of flat lists, and many such functions as one program, so that
// the compiler is run once for many cells.

import type { ConcreteArray, NDArray } from "../../../src/core/array.js";
import { showAval } from "../../../src/core/aval.js";
import type { DType } from "../../../src/core/dtype.js";
import { captureSource, withSource } from "../../../src/core/source.js";
import { jit } from "../../../src/transform/jit.js";
import type { Flat } from "../case.js";
import { deep } from "../settings.js";
import { expectClose, forward, onlyFloats, reverse } from "../measure.js";
import { type Inside, insides } from "./insides.js";
import { along, mapped, stacked } from "./oracles.js";
import { type Row, rows } from "./rows.js";
import { type Trial, trialsOf } from "./trials.js";

/** One cell's function, with what it is compared with. */
interface Routine {
  readonly label: string;
  readonly operands: readonly NDArray[];
  readonly found: Flat;
  readonly expected: Flat;
}

type Make = (trial: Trial) => Omit<Routine, "label"> | undefined;

const differentiable = ({ row, active }: Trial): boolean => active.length > 0 && row.of.derivative.tag !== "refuses";

const pulled = (f: Flat, xs: readonly NDArray[], active: readonly number[]): Flat => {
  const cts = along(onlyFloats(f)(...xs), 2);
  return (...ys) => reverse(onlyFloats(f), ys, cts, active);
};

const alike = (operands: readonly NDArray[], f: Flat): Omit<Routine, "label"> => ({ operands, found: f, expected: f });

const value: Make = ({ f, examples: [xs] }) => alike(xs, f);

const batch: Make = ({ f, examples }) => {
  const dims = examples[0].map(() => 0);
  return alike(stacked(examples, dims), mapped(f, dims, 2));
};

const tangent: Make = (trial) => {
  const { f, active, row } = trial;
  const [xs] = trial.examples;
  if (!differentiable(trial) || row.forward !== undefined) return undefined;
  return alike(xs, (...ys) => forward(onlyFloats(f), ys, along(xs, 1), active));
};

const cotangent: Make = (trial) => {
  const { f, active, row } = trial;
  const [xs] = trial.examples;
  return differentiable(trial) && row.reverse === undefined ? alike(xs, pulled(f, xs, active)) : undefined;
};

const batchOfGrad: Make = (trial) => {
  const { f, active, row, examples } = trial;
  if (!differentiable(trial) || row.reverse !== undefined) return undefined;
  const dims = examples[0].map(() => 0);
  return alike(stacked(examples, dims), mapped(pulled(f, examples[0], active), dims, 2));
};

const gradOfBatch: Make = (trial) => {
  const { f, active, row, examples } = trial;
  if (!differentiable(trial) || row.reverse !== undefined) return undefined;
  const dims = examples[0].map(() => 0);
  const xs = stacked(examples, dims);
  return alike(xs, pulled(mapped(f, dims, 2), xs, active));
};

const tangentOfCotangent: Make = (trial) => {
  const { f, active, row } = trial;
  const [xs] = trial.examples;
  if (!differentiable(trial) || row.reverse !== undefined || row.second !== undefined) return undefined;
  if (row.of.derivative.tag === "implicit") return undefined;
  const g = pulled(f, xs, active);
  return alike(xs, (...ys) => forward(g, ys, along(xs, 3), active));
};

const plainOperands = (inside: Inside, { examples: [xs] }: Trial): readonly ConcreteArray[] => [...inside.extras(0), ...xs];

/** What goes in before the operands stays as it is: the plain form reads it. */
const within =
  (inside: Inside): Make =>
  (trial) => {
    const { f, turn, active } = trial;
    return { operands: plainOperands(inside, trial), found: inside.wrap(f, turn, active), expected: inside.plain(f) };
  };

const cotangentWithin =
  (inside: Inside): Make =>
  (trial) => {
    const { f, turn, row } = trial;
    if (!differentiable(trial) || row.reverse !== undefined) return undefined;
    const operands = plainOperands(inside, trial);
    const active = trial.active.map((i) => i + inside.extras(0).length);
    const cts = along(onlyFloats(inside.plain(f))(...operands), 2);
    const of =
      (g: Flat): Flat =>
      (...xs) =>
        reverse(onlyFloats(g), xs, cts, active);
    return { operands, found: of(inside.wrap(f, turn, trial.active)), expected: of(inside.plain(f)) };
  };

const entries = Object.entries(insides) as [string, Inside][];

/** By the name of what is compiled. */
export const makes: Readonly<Record<string, Make>> = {
  eager: value,
  vmap: batch,
  jvp: tangent,
  vjp: cotangent,
  "vmap of grad": batchOfGrad,
  "grad of vmap": gradOfBatch,
  "jvp of vjp": tangentOfCotangent,
  ...Object.fromEntries(entries.map(([name, inside]) => [name, within(inside)])),
  ...Object.fromEntries(entries.map(([name, inside]) => [`vjp through ${name}`, cotangentWithin(inside)])),
};

// Sums in another order, and the module's own elementary functions, which are good to some units in the last place.
const tolerance = (dtype: DType): number => (dtype === "float32" ? 5e-5 : 1e-10);

const routineOf = (make: Make, row: Row, dtype: DType): Routine[] => {
  if (!row.of.dtypes.includes(dtype)) return [];
  const count = deep || make === value || make === batch ? undefined : 1;
  return trialsOf(row, dtype)
    .slice(0, count)
    .flatMap((trial) => {
      const made = make(trial);
      return made === undefined ? [] : [{ label: `${row.label} ${made.operands.map((x) => showAval(x.aval)).join(" ")}`, ...made }];
    });
};

const complaint = ({ label }: Routine, error: unknown): string =>
  `${label}: ${error instanceof Error ? String(error.stack) : String(error)}`;

/** Runs all routines as one compiled program; gives each one's results. */
function together(routines: readonly Routine[]): NDArray[][] {
  const counts: number[] = [];
  const all = (...xs: NDArray[]): NDArray[] => {
    let start = 0;
    counts.length = 0;
    return routines.flatMap(({ operands, found }) => {
      const outs = found(...xs.slice(start, (start += operands.length)));
      counts.push(outs.length);
      return [...outs];
    });
  };
  const outs = jit(all)(...routines.flatMap(({ operands }) => operands));
  let start = 0;
  return counts.map((count) => outs.slice(start, (start += count)));
}

/** The line of every equation: to find it for each costs more than all else. */
const here = captureSource();

/** What does not agree, compiled, of a column in a dtype. */
export function compiledHoles(column: string, dtype: DType): string[] {
  const routines = withSource(here, () => rows.flatMap((row) => routineOf(makes[column], row, dtype)));
  const attempt = (some: readonly Routine[]): string[] => {
    try {
      const found = together(some);
      return some.flatMap((routine, i) => {
        try {
          expectClose(found[i], routine.expected(...routine.operands), tolerance(dtype), "compiled");
          return [];
        } catch (error) {
          return [complaint(routine, error)];
        }
      });
    } catch (error) {
      // Halves tell which one the compiler cannot take.
      if (some.length === 1) return [complaint(some[0], error)];
      const middle = some.length >> 1;
      return [...attempt(some.slice(0, middle)), ...attempt(some.slice(middle))];
    }
  };
  return withSource(here, () => attempt(routines));
}
