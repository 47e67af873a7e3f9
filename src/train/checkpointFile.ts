// A checkpoint as one file: the whole state as a safetensors file, whose metadata hold the step, the memories of hooks and a SHA-256
// of all other bytes. A file is whole exactly when that fits; one that is cut short or changed anywhere does not.

import * as E from "fp-ts/lib/Either.js";
import { DataError } from "../core/errors.js";
import { encodeTree, parseSafetensors, treeFromArrays } from "../io/index.js";
import { nodeModule } from "../io/node.js";
import { type Json, isJsonRecord } from "./json.js";

/** A state as it was saved, and what was saved with it. */
export interface Checkpoint<State> {
  readonly state: State;
  readonly step: number;
  /** Memories of hooks, to be given to `fit`. */
  readonly memories: Readonly<Record<string, Json>>;
  /** Where it was read from. */
  readonly path: string;
}

const SUM_KEY = "sha256";
const META_KEY = "cotangent.checkpoint";
const VERSION = 1;
const HEX = 64;
/** Metadata come first in the header, and the sum first in them, so its place is always the same. */
const BEFORE_SUM = new TextEncoder().encode(`{"__metadata__":{"${SUM_KEY}":"`);
const SUM_START = 8 + BEFORE_SUM.length;

/** The sum of a file's bytes, those of the sum itself taken as zeros. */
function sumOf(bytes: Uint8Array): string {
  return nodeModule("node:crypto")
    .createHash("sha256")
    .update(bytes.subarray(0, SUM_START))
    .update("0".repeat(HEX))
    .update(bytes.subarray(SUM_START + HEX))
    .digest("hex");
}

/** The bytes of a checkpoint. */
export function encodeCheckpoint(state: unknown, step: number, memories: Readonly<Record<string, Json>>): Uint8Array {
  const meta = JSON.stringify({ version: VERSION, step, memories });
  const bytes = encodeTree({ state }, { metadata: { [SUM_KEY]: "0".repeat(HEX), [META_KEY]: meta } });
  bytes.set(new TextEncoder().encode(sumOf(bytes)), SUM_START);
  return bytes;
}

const damaged = (path: string, received: string): DataError =>
  new DataError({
    op: "latestCheckpoint",
    expected: "a whole checkpoint",
    received: `${received} in ${path}`,
    remedy: "remove the file: the program that wrote it was stopped, or the disk has lost something",
  });

/** Whether all bytes are there as they were written. */
export function checkWhole(bytes: Uint8Array, path: string): E.Either<DataError, Uint8Array> {
  const begins = bytes.length >= SUM_START + HEX && BEFORE_SUM.every((byte, i) => bytes[8 + i] === byte);
  if (!begins) return E.left(damaged(path, "another beginning"));
  const stated = new TextDecoder("latin1").decode(bytes.subarray(SUM_START, SUM_START + HEX));
  return stated === sumOf(bytes) ? E.right(bytes) : E.left(damaged(path, "a checksum that does not fit"));
}

interface Meta {
  readonly step: number;
  readonly memories: Readonly<Record<string, Json>>;
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function parseMeta(text: string | undefined, path: string): E.Either<DataError, Meta> {
  const value = parseJson(text ?? "null");
  if (isJsonRecord(value) && value["version"] === VERSION && typeof value["step"] === "number" && isJsonRecord(value["memories"])) {
    return E.right({ step: value["step"], memories: value["memories"] });
  }
  return E.left(
    new DataError({
      op: "latestCheckpoint",
      expected: `a checkpoint of version ${VERSION}`,
      received: `another in ${path}`,
      remedy: "read it with the version of the library that wrote it",
    }),
  );
}

/** The state in the bytes of a whole checkpoint, compared by path with the structure of `like`. */
export function parseCheckpoint<State>(bytes: Uint8Array, like: State, path: string): E.Either<DataError, Checkpoint<State>> {
  const parsed = parseSafetensors(bytes, { name: path });
  if (E.isLeft(parsed)) return parsed;
  const { tensors, metadata } = parsed.right;
  const meta = parseMeta(metadata.get(META_KEY), path);
  if (E.isLeft(meta)) return meta;
  const restored = treeFromArrays({ state: like }, tensors, { name: path });
  return E.isLeft(restored) ? restored : E.right({ state: restored.right.state, ...meta.right, path });
}
