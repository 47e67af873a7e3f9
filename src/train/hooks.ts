// The everyday hooks: evaluate, log, record, stop early, and anything of one's own every so often.

import { type ArrayLike, NDArray, asArray, isArrayLike, kindOf } from "../core/array.js";
import { debugSettings } from "../core/debug.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { checkFunction } from "../optim/requirements.js";
import { type Every, type Hook, type Measured, type Moment, type Outcome, checkEvery, isDue, scalarsOf, valueOf } from "./hook.js";
import { type Json, fromJsonNumber, isJsonRecord, toJsonNumber } from "./json.js";

type Maybe<T> = T | Promise<T>;

/**
 * A hook of one's own: `f` is told of the run every so many steps, or at the end of each epoch. It may return `{ measured, stop }`.
 *
 * @throws OptionError for a rhythm that is none; TypeMismatchError for what is no function.
 * @example train.each(100, ({ step, metrics }) => console.log(step, metrics.loss.item()));
 */
export function each<State, Metrics>(
  every: Every,
  f: (moment: Moment<State, Metrics>) => Maybe<Outcome | undefined | void>,
): Hook<State, Metrics> {
  checkEvery("each", every);
  checkFunction("each", "f", f);
  return { name: "each", start: () => ({ step: (moment) => (isDue(every, moment) ? f(moment) : undefined) }) };
}

export interface EvaluateOptions<State> {
  /** After how many steps, or at the end of each epoch; the last step of a run counts too. */
  readonly every: Every;
  /** Numbers by name, for the hooks that come after: `{ accuracy: 0.97 }`. The names must not be those of what the step tells. */
  readonly run: (state: State) => Maybe<Readonly<Record<string, ArrayLike>>>;
}

/** The numbers that `run` gave, by name. */
function numbersOf(given: Readonly<Record<string, ArrayLike>>): Measured {
  const refuse = (received: string): TypeMismatchError =>
    new TypeMismatchError({
      op: "evaluate",
      expected: "run to give a number, or an array of one element, for each name",
      received,
      remedy: "reduce what is measured to one number: { accuracy: right.mean() }",
    });
  if (typeof given !== "object" || given === null || given instanceof NDArray || Array.isArray(given)) throw refuse(kindOf(given));
  const numbers = Object.entries(given).map(([name, x]) => {
    if (!isArrayLike(x) || asArray(x, "evaluate").size !== 1) throw refuse(`${kindOf(x)} as ${name}`);
    return [name, asArray(x, "evaluate").item()] as const;
  });
  return Object.fromEntries(numbers);
}

/**
 * Measures the state every so often; hooks after this one in the list see the numbers.
 *
 * @throws OptionError for an unknown option; TypeMismatchError for a `run` that is no function. The run of `fit` fails with a
 * TypeMismatchError that names what is no single number.
 * @example train.evaluate({ every: "epoch", run: ({ params }) => ({ accuracy: accuracyOf(params, heldOut) }) });
 */
export function evaluate<State>(options: EvaluateOptions<State>): Hook<State> {
  requireOptions("evaluate", options, ["every", "run"]);
  const { every, run } = options;
  checkEvery("evaluate", every);
  checkFunction("evaluate", "run", run);
  return {
    name: "evaluate",
    start: () => ({
      step: async (moment) => {
        if (!isDue(every, moment) && moment.step !== moment.total) return undefined;
        return { measured: numbersOf(await run(moment.state)) };
      },
    }),
  };
}

export interface LogOptions {
  /** After how many steps, or at the end of each epoch. */
  readonly every: Every;
  /** Where lines go; standard output by default. */
  readonly write?: (line: string) => void;
}

const toStandardOutput = (line: string): void => {
  // oxlint-disable-next-line no-console -- a log is what the caller asked for
  console.log(line);
};

const digits = (x: number): string => (Number.isFinite(x) && x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential(3) : x.toFixed(4));

/**
 * Writes a line every so often: step, the mean since the line before of what the step tells, and what was measured at this step.
 *
 * @throws OptionError for an unknown option.
 * @example train.log({ every: 100 }); // "step 100/1000  loss 0.3127  accuracy 0.9130"
 */
export function log(options: LogOptions): Hook {
  requireOptions("log", options, ["every", "write"]);
  const { every, write = toStandardOutput } = options;
  checkEvery("log", every);
  checkFunction("log", "write", write);
  return {
    name: "log",
    start: ({ total, perEpoch }) => {
      let sums: Record<string, number> = {};
      let steps = 0;
      return {
        step: ({ metrics, measured, ...moment }) => {
          for (const [name, x] of Object.entries(scalarsOf(metrics))) sums[name] = (sums[name] ?? 0) + x;
          steps++;
          if (!isDue(every, moment)) return;
          const means = Object.entries(sums).map(([name, sum]) => [name, sum / steps] as const);
          const numbers = [...means, ...Object.entries(measured)].map(([name, x]) => `  ${name} ${digits(x)}`);
          write(`${place(every, moment.step, total, perEpoch)}${numbers.join("")}`);
          sums = {};
          steps = 0;
        },
      };
    },
  };
}

/** `epoch 2/8` or `step 200/1000`. */
function place(every: Every, step: number, total: number | undefined, perEpoch: number | undefined): string {
  const unit = every === "epoch" ? (perEpoch ?? 1) : 1;
  const of = total === undefined ? "" : `/${Math.ceil(total / unit)}`;
  return `${every === "epoch" ? "epoch" : "step"} ${String(Math.ceil(step / unit)).padStart(of.length - 1)}${of}`;
}

/** One row of a record: a step and its numbers. */
export interface HistoryRow {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** A hook that remembers; `rows` has what it has seen in the latest run, what a resumed run did before included. */
export interface History extends Hook {
  readonly rows: readonly HistoryRow[];
  /** One number through the run, `[step, value]` for each row that has it: what a curve is drawn of. Empty for a name that none has. */
  series(name: string): readonly (readonly [step: number, value: number])[];
}

function rowsOf(memory: Json | undefined): HistoryRow[] {
  if (!Array.isArray(memory)) return [];
  return memory.flatMap((row: Json) => {
    if (!isJsonRecord(row) || typeof row["step"] !== "number" || !isJsonRecord(row["values"])) return [];
    const values = Object.entries(row["values"]).map(([name, x]) => [name, fromJsonNumber(x) ?? NaN] as const);
    return [{ step: row["step"], values: Object.fromEntries(values) }];
  });
}

const rowToJson = ({ step, values }: HistoryRow): Json => ({
  step,
  values: Object.fromEntries(Object.entries(values).map(([name, x]) => [name, toJsonNumber(x)])),
});

/**
 * Records the numbers of steps: what the step tells of itself, and what hooks before it measured. Checkpoints keep it.
 *
 * @throws OptionError for an unknown option.
 * @example
 * const history = train.history();
 * // after a run: history.series("loss") is [[1, 2.31], [2, 2.05], …]
 */
export function history(options: { readonly every?: Every; readonly name?: string } = {}): History {
  checkOptions("history", options, ["every", "name"]);
  const { name = "history" } = options;
  const every = checkEvery("history", options.every ?? 1);
  let rows: HistoryRow[] = [];
  return {
    name,
    get rows() {
      return rows;
    },
    series: (wanted) => rows.flatMap(({ step, values }) => (Object.hasOwn(values, wanted) ? [[step, values[wanted]] as const] : [])),
    start: (_, memory) => {
      rows = rowsOf(memory);
      return {
        step: (moment) => {
          if (isDue(every, moment)) rows.push({ step: moment.step, values: { ...scalarsOf(moment.metrics), ...moment.measured } });
        },
        memory: () => rows.map(rowToJson),
      };
    },
  };
}

export interface EarlyStopOptions<State> {
  /** The number to watch: one that an earlier hook measured, or that the step tells, such as "loss". */
  readonly metric: string;
  /** How many times in a row it may come without being better before the run stops. */
  readonly patience: number;
  /** By how much it must be better to count; 0 by default. */
  readonly minDelta?: number;
  /** Whether small ("min", the default) or large ("max") is better. */
  readonly mode?: "min" | "max";
  /** Told of the state whenever the number is the best so far. */
  readonly onBest?: (state: State, value: number) => Maybe<void>;
  /** What its memory goes by; "earlyStop" by default. */
  readonly name?: string;
}

/**
 * Stops the run when a number has not become better for a while. NaN is never better. Warns at the end where nobody measured it.
 *
 * @throws OptionError for an unknown option, or a patience that is no whole number from 1.
 * @example train.earlyStop({ metric: "accuracy", mode: "max", patience: 3 });
 */
export function earlyStop<State>(options: EarlyStopOptions<State>): Hook<State> {
  requireOptions("earlyStop", options, ["metric", "patience", "minDelta", "mode", "onBest", "name"]);
  const { metric, patience, minDelta = 0, mode = "min", onBest, name = "earlyStop" } = options;
  if (!Number.isSafeInteger(patience) || patience < 1 || !(minDelta >= 0)) {
    throw new OptionError({
      op: "earlyStop",
      expected: "a patience from 1 and a minDelta from 0",
      received: `${patience} and ${minDelta}`,
      remedy: "say how many times the number may come without being better",
    });
  }
  if (onBest !== undefined) checkFunction("earlyStop", "onBest", onBest);
  const better = (value: number, best: number): boolean => (mode === "min" ? value < best - minDelta : value > best + minDelta);
  return {
    name,
    start: (_, memory) => {
      const before = isJsonRecord(memory) ? memory : {};
      let best = fromJsonNumber(before["best"]) ?? (mode === "min" ? Infinity : -Infinity);
      let waited = fromJsonNumber(before["waited"]) ?? 0;
      let met = false;
      return {
        step: async (moment) => {
          const value = valueOf(metric, moment);
          if (value === undefined) return undefined;
          met = true;
          if (better(value, best)) {
            best = value;
            waited = 0;
            await onBest?.(moment.state, value);
            return undefined;
          }
          waited++;
          return waited >= patience ? { stop: `${metric} has not been better than ${best} for ${patience} times` } : undefined;
        },
        memory: () => ({ best: toJsonNumber(best), waited }),
        end: () => {
          if (met) return;
          debugSettings.warn(
            `earlyStop: nothing in this run measured ${metric}; measure it by a hook before this one (train.evaluate), or correct the name`,
          );
        },
      };
    },
  };
}
