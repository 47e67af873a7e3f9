// Training as a fold: a step over batches, from a state to the last one. What happens beside (evaluation, checkpoints, progress)
// is done by hooks, which see states and never change them, so that a run's result depends on state and data alone.

import { NDArray, kindOf } from "../core/array.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import type { Loader } from "./batches.js";
import { checkKind } from "../optim/requirements.js";
import { type Hook, type Measured, type Moment, type Run, type RunningHook, scalarsOf } from "./hook.js";
import type { Json } from "./json.js";
import type { Stepped } from "./state.js";
import type { Step } from "./step.js";

export interface FitOptions<State, Metrics> {
  /** Steps after which the run ends, those that the state has behind it included. */
  readonly steps?: number;
  /** Epochs after which the run ends; the data must be a loader. */
  readonly epochs?: number;
  readonly hooks?: readonly Hook<State, Metrics>[];
  /** Memories of hooks, from a checkpoint. */
  readonly memories?: Readonly<Record<string, Json>>;
}

export interface FitResult<State> {
  readonly state: State;
  /** Steps done in all. */
  readonly step: number;
  /** Why the run ended: all steps were done, there were no more batches, or what a hook said. */
  readonly reason: string;
}

type Data<Batch> = Loader<Batch> | Iterable<Batch> | AsyncIterable<Batch>;

/** How long, in milliseconds, a run keeps the event loop waiting. */
const PATIENCE = 50;

const isLoader = <Batch>(data: Data<Batch>): data is Loader<Batch> => "perEpoch" in data;

const refuse = (expected: string, received: string, remedy: string): OptionError =>
  new OptionError({ op: "fit", expected, received, remedy });

/** Refuses what is no state, no batches or no step, before anything is started. */
function checkParts(state: unknown, data: unknown, step: unknown): void {
  const refuseKind = (expected: string, received: unknown, remedy: string): TypeMismatchError =>
    new TypeMismatchError({ op: "fit", expected, received: kindOf(received), remedy });
  const count = typeof state === "object" && state !== null && "step" in state ? state.step : undefined;
  if (!(count instanceof NDArray)) throw refuseKind("a state whose step is an int32 scalar", count, "make it with train.initState");
  const isData =
    typeof data === "object" && data !== null && ["perEpoch", Symbol.iterator, Symbol.asyncIterator].some((key) => key in data);
  if (!isData) throw refuseKind("a loader or an iterable of batches", data, "make one with train.batches");
  if (typeof step !== "function") throw refuseKind("a step function", step, "pass train.makeStep(loss, optimizer)");
}

function endOf(steps: number | undefined, epochs: number | undefined, perEpoch: number | undefined): number | undefined {
  for (const [name, value] of Object.entries({ steps, epochs })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      throw refuse(`${name}: a whole number from 0`, String(value), "leave it out to train until the batches end");
  }
  if (epochs === undefined) {
    if (steps === undefined && perEpoch !== undefined) throw refuse("steps or epochs", "neither", "say when to stop: a loader has no end");
    return steps;
  }
  if (perEpoch === undefined) {
    throw refuse("a loader where epochs are given", "other batches", "make them with train.batches, or pass steps");
  }
  return Math.min(epochs * perEpoch, steps ?? Infinity);
}

/** Gives hooks, for an error to name. */
const maker = "train.log({ … })";

interface Started<State, Metrics> {
  readonly name: string;
  readonly running: RunningHook<State, Metrics>;
}

async function startHooks<State, Metrics>(
  hooks: readonly Hook<State, Metrics>[],
  run: Run<State>,
  memories: Readonly<Record<string, Json>>,
  started: Started<State, Metrics>[],
): Promise<void> {
  if (!Array.isArray(hooks)) throw refuse("a list of hooks", kindOf(hooks), "write { hooks: [train.log({ every: 100 })] }");
  hooks.forEach((hook, i) => checkKind("fit", `hook ${i + 1}`, hook, { what: "a hook", methods: ["start"], maker }));
  const inOrder = [...hooks.filter(({ last }) => last !== true), ...hooks.filter(({ last }) => last === true)];
  const names = new Set<string>();
  for (const hook of inOrder) {
    const memory = Object.hasOwn(memories, hook.name) ? memories[hook.name] : undefined;
    const running = await hook.start(run, memory);
    checkKind("fit", `what ${hook.name} starts`, running, { what: "a hook at work", methods: ["step"], maker: `${maker}.start` });
    started.push({ name: hook.name, running });
    if (running.memory === undefined) continue;
    if (names.has(hook.name)) throw refuse("hooks with names of their own", `two named ${hook.name}`, "pass another name to one of them");
    names.add(hook.name);
  }
}

const memoriesOf = (started: readonly Started<never, never>[]): Record<string, Json> =>
  Object.fromEntries(started.flatMap(({ name, running }) => (running.memory === undefined ? [] : [[name, running.memory()]])));

/** A number that the step tells and one that a hook measures must not be taken for each other. */
function checkNames(measured: Measured, metrics: unknown): void {
  const told = scalarsOf(metrics);
  const shared = Object.keys(measured).find((name) => Object.hasOwn(told, name));
  if (shared === undefined) return;
  throw refuse(
    "names of their own for what hooks measure",
    `"${shared}", which the step tells too`,
    `call it "heldOut ${shared}", for example`,
  );
}

/** Tells each hook of a step, in order; each sees what those before it measured. Gives why to stop, if so. */
async function tell<State, Metrics>(
  started: readonly Started<State, Metrics>[],
  moment: Omit<Moment<State, Metrics>, "measured" | "stop" | "memories">,
): Promise<string | undefined> {
  let measured: Measured = {};
  let stop: string | undefined;
  const memories = (): Record<string, Json> => memoriesOf(started);
  for (const { running } of started) {
    const outcome = (await running.step({ ...moment, measured, stop, memories })) ?? {};
    if (outcome.measured !== undefined) {
      checkNames(outcome.measured, moment.metrics);
      measured = { ...measured, ...outcome.measured };
    }
    stop ??= outcome.stop;
  }
  return stop;
}

/** Ends every hook, also where one of them fails at it. */
async function endAll(running: readonly RunningHook<never, never>[]): Promise<void> {
  const results = await Promise.allSettled(running.map(async (hook) => hook.end?.()));
  const failed = results.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** The state's own count must go with the fold's, or a resumed run would take other batches. */
function checkCount(counted: number, step: number): void {
  if (counted === step) return;
  throw refuse(
    `a state whose step is ${step} after the step`,
    String(counted),
    "let the step function add 1 to state.step; train.repeat is for loops of one's own",
  );
}

/**
 * Trains: folds a step over batches, from a state to the last one. The step is that of `makeStep`, or any function from a state and a
 * batch to the next state, which counts its `step`, and some metrics. A loader is asked for the batches from the state's own step on, so
 * a restored state goes on exactly where it stopped; of any other iterable, the first batch goes with the first step.
 *
 * @throws TypeMismatchError for what is no state, batches, step or hook; OptionError for options that contradict each other, or a step that
 * does not count. What a step, the batches or a hook throws comes through, after the hooks have been ended and the batches closed.
 * @example
 * const data = train.batches({ x, y }, { batchSize: 32, key: random.key(1) });
 * const { state } = await train.fit(train.initState(params, optimizer), data, train.makeStep(loss, optimizer), {
 *   epochs: 5,
 *   hooks: [train.log({ every: "epoch" })],
 * });
 */
export async function fit<State extends Stepped, Batch, Metrics>(
  state: State,
  data: Data<Batch>,
  step: Step<NoInfer<State>, NoInfer<Batch>, Metrics>,
  options: FitOptions<NoInfer<State>, NoInfer<Metrics>> = {},
): Promise<FitResult<State>> {
  checkOptions("fit", options, ["steps", "epochs", "hooks", "memories"]);
  checkParts(state, data, step);
  const { steps, epochs, hooks = [], memories = {} } = options;
  const perEpoch = isLoader(data) ? data.perEpoch : undefined;
  const total = endOf(steps, epochs, perEpoch);
  let done = state.step.item();
  let current = state;
  const started: Started<State, Metrics>[] = [];
  try {
    await startHooks(hooks, { state, step: done, total, perEpoch }, memories, started);
    if (total !== undefined && done >= total) return { state, step: done, reason: "all steps were done before" };
    let rested = performance.now();
    for await (const batch of isLoader(data) ? data.from(done) : data) {
      const began = performance.now();
      const [next, metrics] = step(current, batch);
      const seconds = (performance.now() - began) / 1000;
      current = next;
      done += 1;
      checkCount(current.step.item(), done);
      const epoch = perEpoch === undefined ? undefined : Math.floor((done - 1) / perEpoch);
      const endsEpoch = perEpoch !== undefined && done % perEpoch === 0;
      const stop = await tell(started, { state: current, metrics, step: done, total, epoch, endsEpoch, seconds });
      if (stop !== undefined) return { state: current, step: done, reason: stop };
      if (done === total) return { state: current, step: done, reason: "all steps are done" };
      if (performance.now() - rested > PATIENCE) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        rested = performance.now();
      }
    }
    return { state: current, step: done, reason: "there are no more batches" };
  } finally {
    await endAll(started.map(({ running }) => running));
  }
}
