// Files of Node: bytes in, bytes out. Node's modules are asked for when a file is touched, so this also loads in a browser.
// A write is whole or not there at all: a temporary file in the same folder, flushed to the disk, then renamed.

import * as TE from "fp-ts/lib/TaskEither.js";
import { DataError } from "../core/errors.js";
import { nodeModule } from "./node.js";
import { type Origin, messageOf } from "./origin.js";

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

function unreadable(error: unknown, from: Origin): DataError {
  if (error instanceof DataError) return error;
  const missing = codeOf(error) === "ENOENT";
  return new DataError({
    op: from.op,
    expected: "a file that can be read",
    received: missing ? `no file at ${from.name}` : messageOf(error),
    remedy: missing ? "check the path" : "check that the path is a file and that it may be read",
  });
}

function unwritable(error: unknown, from: Origin): DataError {
  if (error instanceof DataError) return error;
  return new DataError({
    op: from.op,
    expected: `a place where ${from.name} can be written`,
    received: messageOf(error),
    remedy: "check that the folder exists, that it may be written, and that the disk has room",
  });
}

/** The bytes of a file. */
export const readBytes = (from: Origin): TE.TaskEither<DataError, Uint8Array> =>
  TE.tryCatch(
    async () => nodeModule("node:fs/promises").readFile(from.name),
    (error) => unreadable(error, from),
  );

/** What a temporary file's name begins and ends with; the file that it is to become stands between. */
export const temporary = { prefix: ".", suffix: ".part" } as const;

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const { open, rename, rm } = nodeModule("node:fs/promises");
  const { basename, dirname, join } = nodeModule("node:path");
  const { randomUUID } = nodeModule("node:crypto");
  const folder = dirname(path);
  const partial = join(folder, `${temporary.prefix}${basename(path)}.${randomUUID()}${temporary.suffix}`);
  try {
    const file = await open(partial, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the new name itself durable, on systems that can open a folder; elsewhere the rename is as durable as they make it. */
async function syncFolder(folder: string): Promise<void> {
  const { open } = nodeModule("node:fs/promises");
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows refuses to open folders.
  }
}

/** Writes a file so that a reader, or a crash at any moment, finds the old file or the whole new one. */
export const writeAtomically = (from: Origin, bytes: Uint8Array): TE.TaskEither<DataError, void> =>
  TE.tryCatch(
    () => write(from.name, bytes),
    (error) => unwritable(error, from),
  );
