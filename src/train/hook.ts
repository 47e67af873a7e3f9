// Hooks: what happens beside training. A hook is a plan; a run starts it and tells it of every step. It may measure, ask to stop,
// and keep a memory, which goes into checkpoints so that a resumed run behaves as one that was never interrupted.

import { NDArray } from "../core/array.js";
import { isFloat } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import type { Json } from "./json.js";

/** A run as it begins. */
export interface Run<State> {
  readonly state: State;
  /** Steps done before it. */
  readonly step: number;
  /** Steps after which it ends; undefined where only the data end it. */
  readonly total: number | undefined;
  /** Batches in an epoch, where there are epochs. */
  readonly perEpoch: number | undefined;
}

/** A run just after a step. */
export interface Moment<State, Metrics> {
  readonly state: State;
  /** What the step told of itself. */
  readonly metrics: Metrics;
  /** Steps done, this one included. */
  readonly step: number;
  readonly total: number | undefined;
  /** The epoch of the step, from 0, and whether it was its last. */
  readonly epoch: number | undefined;
  readonly endsEpoch: boolean;
  /** How long the step itself took, without batches and hooks. For show: it differs from run to run. */
  readonly seconds: number;
  /** What hooks before this one have measured after this step. */
  readonly measured: Measured;
  /** Why the run stops after this step, where a hook before this one asked it to. */
  readonly stop: string | undefined;
  /** The memories of all hooks that have one, by name. */
  memories(): Readonly<Record<string, Json>>;
}

export type Measured = Readonly<Record<string, number>>;

/** What a hook says after a step. */
export interface Outcome {
  readonly measured?: Measured;
  /** Why the run is to stop. */
  readonly stop?: string;
}

type Reply = Outcome | undefined | void;

/** A hook at work. */
export interface RunningHook<State, Metrics> {
  step(moment: Moment<State, Metrics>): Reply | Promise<Reply>;
  /** What a checkpoint keeps of it. */
  memory?(): Json;
  /** Called when the run ends, also when it fails. */
  end?(): void | Promise<void>;
}

/** What a run starts; the same hook may serve several runs. */
export interface Hook<State = unknown, Metrics = unknown> {
  /** What its memory goes by; differs from those of other hooks with a memory. */
  readonly name: string;
  /** Whether it comes after the others at each step, whatever its place in the list. */
  readonly last?: boolean;
  start(run: Run<State>, memory: Json | undefined): RunningHook<State, Metrics> | Promise<RunningHook<State, Metrics>>;
}

/** After how many steps each, or at the end of each epoch. */
export type Every = number | "epoch";

/** Refuses what is no rhythm. */
export function checkEvery(op: string, every: Every): Every {
  if (every === "epoch" || (Number.isSafeInteger(every) && every >= 1)) return every;
  throw new OptionError({
    op,
    expected: `every: a number of steps from 1, or "epoch"`,
    received: String(every),
    remedy: "say how often",
  });
}

/** Whether it is time. */
export const isDue = (every: Every, moment: Pick<Moment<unknown, unknown>, "step" | "endsEpoch">): boolean =>
  every === "epoch" ? moment.endsEpoch : moment.step % every === 0;

const isScalar = (x: unknown): x is NDArray => x instanceof NDArray && x.ndim === 0 && isFloat(x.dtype);

/** The floating scalars among the metrics of a step, by name: its loss. */
export function scalarsOf(metrics: unknown): Record<string, number> {
  if (isScalar(metrics)) return { loss: metrics.item() };
  if (typeof metrics !== "object" || metrics === null || metrics instanceof NDArray) return {};
  return Object.fromEntries(Object.entries(metrics).flatMap(([name, x]) => (isScalar(x) ? [[name, x.item()]] : [])));
}

/** A number of a moment by its name: measured by a hook, or told by the step. */
export const valueOf = (name: string, { measured, metrics }: Moment<unknown, unknown>): number | undefined =>
  Object.hasOwn(measured, name) ? measured[name] : scalarsOf(metrics)[name];
