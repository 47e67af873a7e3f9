// ZIP archives (stored and deflated members, zip64), read by their central directory: bytes in, members out, each inflated only
// when it is asked for. Members that overlap, leave the file, or claim more than deflate can expand to are refused before that.
// Section numbers are those of the format's specification, APPNOTE 6.3.

import { Inflate, inflateSync } from "fflate";
import { CUT_SHORT, type Fail, count, messageOf, quote } from "./origin.js";

/** A member of an archive; nothing of it is inflated yet. */
export interface Member {
  readonly name: string;
  readonly deflated: boolean;
  readonly data: Uint8Array;
  readonly size: number;
  readonly crc: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END_64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const IN_ZIP64 = 0xffffffff;
/** Deflate's greatest expansion: 258 bytes from two bits. */
const MAX_EXPANSION = 1032;
const NOT_ZIP = "check that the file is an archive and was written to its end";

interface Directory {
  readonly entries: number;
  readonly start: number;
  readonly end: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Section 4.3.16: the record at the very end, but for a comment, says where the directory is. */
function findDirectory(view: DataView, fail: Fail): Directory {
  const last = view.byteLength - END_BYTES;
  let at = last;
  while (at >= 0 && at >= last - MAX_COMMENT && !(view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at)) at--;
  if (at < 0 || at < last - MAX_COMMENT) return fail("an archive with its end record", count(view.byteLength, "byte"), NOT_ZIP);
  const found = {
    entries: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
    limit: at,
  };
  const isZip64 = at >= LOCATOR_BYTES && view.getUint32(at - LOCATOR_BYTES, true) === LOCATOR_64;
  const { entries, size, start, limit } = isZip64 ? findDirectory64(view, at - LOCATOR_BYTES, fail) : found;
  if (!Number.isSafeInteger(start + size) || start + size > limit || entries * CENTRAL_BYTES > size) {
    fail("a directory inside of the archive", `${count(entries, "member")} in bytes ${start} to ${start + size}`, NOT_ZIP);
  }
  return { entries, start, end: start + size };
}

/** Sections 4.3.14 and 4.3.15. */
function findDirectory64(view: DataView, locator: number, fail: Fail): { entries: number; size: number; start: number; limit: number } {
  const at = u64(view, locator + 8);
  if (at > locator - END_64_BYTES || view.getUint32(at, true) !== END_64) return fail("a zip64 end record", `none at byte ${at}`, NOT_ZIP);
  return { entries: u64(view, at + 32), size: u64(view, at + 40), start: u64(view, at + 48), limit: at };
}

interface CentralEntry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly local: number;
  readonly next: number;
}

function decodeName(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("member names in UTF-8", "bytes that are none", "write the archive again with names in Unicode");
  }
}

/** Section 4.3.12, with the zip64 extra field (4.5.3) for those of the sizes that do not fit 32 bits. */
function readCentral(bytes: Uint8Array, view: DataView, at: number, end: number, fail: Fail): CentralEntry {
  if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) return fail("a directory entry", `none at byte ${at}`, NOT_ZIP);
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
  const extra = at + CENTRAL_BYTES + nameLength;
  const next = extra + extraLength + commentLength;
  if (next > end) return fail("a directory entry", `one that leaves the directory at byte ${at}`, NOT_ZIP);
  const name = decodeName(bytes.subarray(at + CENTRAL_BYTES, extra), fail);
  const narrow = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
  const [size, compressed, local] = widen(view, narrow, extra, extra + extraLength, name, fail);
  return {
    name,
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    size,
    compressed,
    local,
    next,
  };
}

function widen(view: DataView, narrow: readonly number[], start: number, end: number, name: string, fail: Fail): readonly number[] {
  if (!narrow.includes(IN_ZIP64)) return narrow;
  for (let at = start; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    const last = Math.min(field + view.getUint16(at + 2, true), end);
    return narrow.map((value) => {
      if (value !== IN_ZIP64) return value;
      if (field + 8 > last) return fail("zip64 sizes", `too few of them for ${quote(name)}`, NOT_ZIP);
      field += 8;
      return u64(view, field - 8);
    });
  }
  return fail("zip64 sizes", `none for ${quote(name)}`, NOT_ZIP);
}

/** A member's extent in the file, local header included. */
interface Extent {
  readonly member: Member;
  readonly start: number;
  readonly end: number;
}

/** Section 4.3.7: the local header only says where the data begins. */
function locate(bytes: Uint8Array, view: DataView, entry: CentralEntry, limit: number, fail: Fail): Extent {
  const { name, method, flags, crc, compressed, size, local } = entry;
  const shown = quote(name);
  if (flags & 1) fail("members that are not encrypted", shown, "write the archive without a password");
  if (method !== 0 && method !== 8) fail("members that are stored or deflated", `method ${method} for ${shown}`, "compress with deflate");
  if (local + LOCAL_BYTES > limit || view.getUint32(local, true) !== LOCAL) fail(`a header of ${shown}`, `none at byte ${local}`, NOT_ZIP);
  const nameEnd = local + LOCAL_BYTES + view.getUint16(local + 26, true);
  const start = nameEnd + view.getUint16(local + 28, true);
  const end = start + compressed;
  if (end > limit) fail(`${compressed} bytes for ${shown}`, count(Math.max(limit - start, 0), "byte"), CUT_SHORT);
  const inner = decodeName(bytes.subarray(local + LOCAL_BYTES, nameEnd), fail);
  if (inner !== name) fail(`the name ${shown} in the member's header too`, quote(inner), NOT_ZIP);
  const most = method === 0 ? compressed : compressed * MAX_EXPANSION;
  if (size > most || (method === 0 && size !== compressed)) {
    fail(`at most ${count(most, "byte")} from ${compressed}, for ${shown}`, `${size}`, NOT_ZIP);
  }
  return { member: { name, deflated: method === 8, data: bytes.subarray(start, end), size, crc }, start: local, end };
}

/** The members of an archive, in the order of its directory. */
export function readZip(bytes: Uint8Array, fail: Fail): readonly Member[] {
  const view = viewOf(bytes);
  const directory = findDirectory(view, fail);
  const extents: Extent[] = [];
  const names = new Set<string>();
  let at = directory.start;
  for (let i = 0; i < directory.entries; i++) {
    const entry = readCentral(bytes, view, at, directory.end, fail);
    if (names.has(entry.name)) fail("each name only once", `${quote(entry.name)} twice`, "write each array once");
    names.add(entry.name);
    extents.push(locate(bytes, view, entry, directory.start, fail));
    at = entry.next;
  }
  const inOrder = extents.toSorted((a, b) => a.start - b.start);
  const overlap = inOrder.findIndex(({ start }, i) => i > 0 && start < inOrder[i - 1].end);
  if (overlap > 0) {
    const [first, second] = [inOrder[overlap - 1], inOrder[overlap]].map(({ member }) => quote(member.name));
    fail("members that do not overlap", `${first} and ${second}`, "write the archive again");
  }
  return extents.map(({ member }) => member);
}

let table: Uint32Array | undefined;

/** Section 4.4.7: the CRC of ISO 3309, by a table of bytes. */
export function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
    return remainder;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/** So much compressed data holds more than the first 10,000 bytes, and is small inflated. */
const PEEK_BYTES = 12_288;

/** The first bytes of a member: at least 10,000, or all. */
export function peek({ name, deflated, data }: Member, fail: Fail): Uint8Array {
  const start = data.subarray(0, PEEK_BYTES);
  if (!deflated) return start;
  const chunks: Uint8Array[] = [];
  try {
    new Inflate((chunk) => chunks.push(chunk)).push(start, start.length === data.length);
  } catch (error) {
    return fail(`whole compressed data of ${quote(name)}`, messageOf(error), "get the file again: its data is damaged or cut short");
  }
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The bytes of a member, compared with their checksum. */
export function extract({ name, deflated, data, size, crc }: Member, fail: Fail): Uint8Array {
  const bytes = deflated ? inflate(data, size, name, fail) : data;
  if (crc32(bytes) !== crc) fail(`the checksum of ${quote(name)}`, "another", "get the file again: its data is damaged");
  return bytes;
}

function inflate(data: Uint8Array, size: number, name: string, fail: Fail): Uint8Array {
  let inflated: Uint8Array;
  try {
    // One byte more than is promised shows when there is more.
    inflated = inflateSync(data, { out: new Uint8Array(size + 1) });
  } catch (error) {
    return fail(`whole compressed data of ${quote(name)}`, messageOf(error), "get the file again: its data is damaged or cut short");
  }
  if (inflated.length === size) return inflated;
  const received = inflated.length > size ? "more" : `${inflated.length}`;
  return fail(`${count(size, "byte")} from ${quote(name)}`, received, "get the file again: its data is damaged");
}
