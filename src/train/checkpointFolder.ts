// The folder of a run's checkpoints: which files there are, which of them are whole, and what earlier runs left behind.

import * as E from "fp-ts/lib/Either.js";
import { DataError } from "../core/errors.js";
import { readBytes, temporary } from "../io/files.js";
import { nodeModule } from "../io/node.js";
import { checkWhole } from "./checkpointFile.js";

/** A file by its name; not yet read. */
export interface Listed {
  readonly path: string;
  readonly step: number;
}

const pattern = /^step-(\d{9,15})\.safetensors$/;

/** Names of nine digits and more, so that most lists of files show them in their order. */
export const nameOf = (step: number): string => `step-${String(step).padStart(9, "0")}.safetensors`;

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/** Names in a folder; none where there is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  const { readdir } = nodeModule("node:fs/promises");
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new DataError({
      op: "checkpoints",
      expected: `a folder at ${folder}`,
      received: error instanceof Error ? error.message : String(error),
      remedy: "pass the path of a folder that may be read and written",
    });
  }
}

/** The checkpoints in a folder, newest first. */
export async function listCheckpoints(folder: string): Promise<Listed[]> {
  const { join } = nodeModule("node:path");
  const listed = (await namesIn(folder)).flatMap((name) => {
    const found = pattern.exec(name);
    return found === null ? [] : [{ path: join(folder, name), step: Number(found[1]) }];
  });
  return listed.toSorted((a, b) => b.step - a.step);
}

/** Removes a file; that it is gone already is as good. */
export async function removeFile(path: string): Promise<void> {
  const { rm } = nodeModule("node:fs/promises");
  await rm(path, { force: true });
}

/** Removes the beginnings of checkpoints that a killed run has left. */
export async function removePartial(folder: string): Promise<void> {
  const { join } = nodeModule("node:path");
  const partial = (await namesIn(folder)).filter((name) => name.startsWith(`${temporary.prefix}step-`) && name.endsWith(temporary.suffix));
  await Promise.all(partial.map((name) => removeFile(join(folder, name))));
}

/** The bytes of a checkpoint that is whole. */
export async function readWhole({ path }: Listed): Promise<E.Either<DataError, Uint8Array>> {
  const bytes = await readBytes({ op: "latestCheckpoint", name: path })();
  return E.isLeft(bytes) ? bytes : checkWhole(bytes.right, path);
}
