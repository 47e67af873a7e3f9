// Checkpoints: one whole file for each saved state, the newest few kept. A run that is killed at any moment finds the last whole one
// again. A broken file is skipped with a warning; a state of another structure is an error, never something to skip. Node only.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { DataError, OptionError } from "../core/errors.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { writeAtomically } from "../io/files.js";
import { nodeModule } from "../io/node.js";
import { checkFunction } from "../optim/requirements.js";
import { type Checkpoint, encodeCheckpoint, parseCheckpoint } from "./checkpointFile.js";
import { listCheckpoints, nameOf, readWhole, removeFile, removePartial } from "./checkpointFolder.js";
import { type Every, type Hook, checkEvery, isDue } from "./hook.js";
import type { Json } from "./json.js";
import type { Stepped } from "./state.js";

type Warn = (message: string) => void;

const toConsole: Warn = (message) => console.warn(message);

const KEPT = 3;

function checkKeep(op: string, keep: number): number {
  if (Number.isSafeInteger(keep) && keep >= 1) return keep;
  throw new OptionError({
    op,
    expected: "keep: a number of files from 1",
    received: String(keep),
    remedy: "pass how many checkpoints to keep",
  });
}

export interface SaveOptions {
  /** How many of the newest checkpoints stay in the folder; 3 by default. */
  readonly keep?: number;
  /** Memories of hooks, as `fit` takes them. */
  readonly memories?: Readonly<Record<string, Json>>;
}

async function save(folder: string, state: Stepped, keep: number, memories: Readonly<Record<string, Json>>): Promise<string> {
  const { mkdir } = nodeModule("node:fs/promises");
  const { join } = nodeModule("node:path");
  const step = state.step.item();
  const path = join(folder, nameOf(step));
  const bytes = encodeCheckpoint(state, step, memories);
  await mkdir(folder, { recursive: true });
  const written = await writeAtomically({ op: "saveCheckpoint", name: path }, bytes)();
  if (E.isLeft(written)) throw written.left;
  const older = (await listCheckpoints(folder)).filter((other) => other.step < step);
  await Promise.all(older.slice(keep - 1).map((other) => removeFile(other.path)));
  return path;
}

/** What outside data was found wrong with comes back as a Left; faults stay throws. */
const caught =
  <A>(run: () => Promise<A>): TE.TaskEither<DataError, A> =>
  async () => {
    try {
      return E.right(await run());
    } catch (error) {
      if (error instanceof DataError) return E.left(error);
      if (error instanceof Error && "code" in error) {
        const remedy = "check that the folder may be read and written, and that the disk has room";
        return E.left(new DataError({ op: "checkpoints", expected: "a folder for checkpoints", received: error.message, remedy }));
      }
      throw error;
    }
  };

/**
 * Saves a state as a file of a folder, atomically, and removes all but the newest few. Gives the file's path.
 *
 * Gives a `DataError` for a folder that cannot be written.
 *
 * @throws OptionError for an unknown option; TreeError for a state with two paths of one name.
 * @example await train.saveCheckpoint("runs/1", state)();
 */
export function saveCheckpoint(folder: string, state: Stepped, options: SaveOptions = {}): TE.TaskEither<DataError, string> {
  checkOptions("saveCheckpoint", options, ["keep", "memories"]);
  const keep = checkKeep("saveCheckpoint", options.keep ?? KEPT);
  return caught(() => save(folder, state, keep, options.memories ?? {}));
}

export interface LatestOptions {
  /** What is told of each broken file; `console.warn` by default. */
  readonly warn?: (message: string) => void;
}

async function latest<State>(folder: string, like: State, warn: Warn): Promise<Checkpoint<State> | undefined> {
  const listed = await listCheckpoints(folder);
  for (const file of listed) {
    const bytes = await readWhole(file);
    if (E.isRight(bytes)) {
      const checkpoint = parseCheckpoint(bytes.right, like, file.path);
      if (E.isRight(checkpoint)) return checkpoint.right;
      throw checkpoint.left;
    }
    warn(`cotangent: skipped a checkpoint. ${bytes.left.message}`);
  }
  if (listed.length === 0) return undefined;
  throw new DataError({
    op: "latestCheckpoint",
    expected: `a whole checkpoint in ${folder}`,
    received: `${listed.length}, all of them broken`,
    remedy: "remove them to begin anew",
  });
}

/**
 * The newest whole checkpoint of a folder, with the structure, shapes and dtypes of `like`; `undefined` where there is none yet.
 *
 * Broken files are skipped with a warning each. Gives a `DataError` when all are broken, and, listing the paths, when the newest whole
 * one holds another structure than `like`.
 *
 * @throws OptionError for an unknown option; TreeError when `like` is no tree.
 * @example
 * const fresh = train.initState(params, optimizer);
 * const found = await train.latestCheckpoint("runs/1", fresh)(); // Either<DataError, Checkpoint<typeof fresh> | undefined>
 */
export function latestCheckpoint<State>(
  folder: string,
  like: State,
  options: LatestOptions = {},
): TE.TaskEither<DataError, Checkpoint<State> | undefined> {
  checkOptions("latestCheckpoint", options, ["warn"]);
  const { warn = toConsole } = options;
  checkFunction("latestCheckpoint", "warn", warn);
  return caught(() => latest(folder, like, warn));
}

/** Files that are ahead of the run: broken ones were skipped and go, a whole one belongs to another run. */
async function clearAhead(folder: string, step: number, warn: Warn): Promise<void> {
  await removePartial(folder);
  for (const file of await listCheckpoints(folder)) {
    if (file.step <= step) return;
    const bytes = await readWhole(file);
    if (E.isRight(bytes)) {
      throw new OptionError({
        op: "checkpoints",
        expected: `a folder without checkpoints of later steps than ${step}`,
        received: file.path,
        remedy: "go on from latestCheckpoint(folder, state), or give this run a folder of its own",
      });
    }
    warn(`cotangent: removed a checkpoint. ${bytes.left.message}`);
    await removeFile(file.path);
  }
}

export interface CheckpointsOptions {
  /** The folder of this run alone; it is made where it is missing. */
  readonly folder: string;
  /** After how many steps, or at the end of each epoch; the last step of a run counts too. */
  readonly every: Every;
  /** How many of the newest stay; 3 by default. */
  readonly keep?: number;
  /** What is told of each broken file; `console.warn` by default. */
  readonly warn?: (message: string) => void;
}

/**
 * Saves the state and the memories of all hooks every so often; comes after the other hooks of a step.
 *
 * The run fails, with an OptionError, where the folder has whole checkpoints of later steps, and, with a DataError, where a file
 * cannot be written.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example
 * const fresh = train.initState(params, optimizer);
 * const found = await train.latestCheckpoint("runs/1", fresh)();
 * if (E.isLeft(found)) throw found.left;
 * const { state = fresh, memories = {} } = found.right ?? {};
 * await train.fit(state, data, step, { epochs: 5, memories, hooks: [train.checkpoints({ folder: "runs/1", every: 100 })] });
 */
export function checkpoints<State extends Stepped>(options: CheckpointsOptions): Hook<State> {
  requireOptions("checkpoints", options, ["folder", "every", "keep", "warn"]);
  const { folder, every, warn = toConsole } = options;
  checkEvery("checkpoints", every);
  checkFunction("checkpoints", "warn", warn);
  const keep = checkKeep("checkpoints", options.keep ?? KEPT);
  return {
    name: "checkpoints",
    last: true,
    start: async ({ step }) => {
      await clearAhead(folder, step, warn);
      return {
        step: async (moment) => {
          const ends = moment.step === moment.total || moment.stop !== undefined;
          if (ends || isDue(every, moment)) await save(folder, moment.state, keep, moment.memories());
        },
      };
    },
  };
}
