// .npz: archives that NumPy wrote, archives laid out by hand as the ZIP specification says, refusals, round trips, damage.

import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { deflateSync } from "fflate";
import { numpy as np } from "../../src/index.js";
import { encodeNpy, encodeNpz, parseNpz } from "../../src/io/index.js";
import { crc32 } from "../../src/io/zip.js";
import { checkContained, damaged, expectSame, namedArrays, refusal, right, u16, u32, u64, utf8 } from "./arbitrary.js";

/** numpy.savez(x=np.arange(3, dtype="<f4"), 重み=[[True, False]]), NumPy 2.4: stored, with zip64 fields in the local headers. */
const stored =
  "UEsDBC0AAAAAAAAAIQC2jIZT//////////8FABQAeC5ucHkBABAAjAAAAAAAAACMAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAgD8AAABAUEsDBC0AAAgAAAAAIQAQGToZ//////////8KABQA6YeN44G/Lm5weQEAEACCAAAAAAAAAIIAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAFBLAQItAy0AAAAAAAAAIQC2jIZTjAAAAIwAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLAQItAy0AAAgAAAAAIQAQGToZggAAAIIAAAAKAAAAAAAAAAAAAACAAcMAAADph43jgb8ubnB5UEsFBgAAAAACAAIAawAAAIEBAAAAAA==";
/** numpy.savez_compressed(x=np.arange(6.).reshape(2, 3), y=np.zeros(40, dtype="u1")). */
const deflated =
  "UEsDBC0AAAAIAAAAIQDwzTtG//////////8FABQAeC5ucHkBABAAsAAAAAAAAABXAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYU8MEeynCAUBxQWgBKizgAAFBLAwQtAAAACAAAACEA8JEEMf//////////BQAUAHkubnB5AQAQAKgAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RomBjqaOgq1CuQDLgYiAQBQSwECLQMtAAAACAAAACEA8M07RlcAAACwAAAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwECLQMtAAAACAAAACEA8JEEMUgAAACoAAAABQAAAAAAAAAAAAAAgAGOAAAAeS5ucHlQSwUGAAAAAAIAAgBmAAAADQEAAAAA";

const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

test("archives of NumPy are read", () => {
  const plain = right(parseNpz(decode(stored)));
  expect([...plain].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([
    ["x", "float32", [0, 1, 2]],
    ["重み", "bool", [[true, false]]],
  ]);
  const compressed = right(parseNpz(decode(deflated)));
  expect(compressed.get("x")?.toArray()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  expect(compressed.get("y")?.toTypedArray()).toEqual(new Uint8Array(40));
});

test("a long header is found, stored or deflated", () => {
  const bytes = encodeNpy(np.ones([3]));
  const text = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }".padEnd(9_999)}\n`;
  const long = Uint8Array.from([...bytes.subarray(0, 8), ...u16(text.length), ...utf8(text), ...bytes.subarray(-12)]);
  for (const options of [{}, { method: 8, data: deflateSync(long, { level: 0 }) }, { method: 8, data: deflateSync(long) }]) {
    expect(
      right(parseNpz(archive([{ name: "x.npy", content: long, ...options }])))
        .get("x")
        ?.toArray(),
    ).toEqual([1, 1, 1]);
  }
});

test("the checksum is that of ZIP", () => {
  // The check value of the CRC-32 catalogue.
  expect(crc32(Uint8Array.from(utf8("123456789")))).toBe(0xcbf43926);
});

interface Part {
  readonly name: string;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly data?: Uint8Array;
  readonly size?: number;
  readonly crc?: number;
  /** Where the directory says the member is. */
  readonly at?: number;
  readonly localName?: string;
}

/** An archive by the letter of APPNOTE 4.3; with `zip64`, all sizes of the directory and its end are in zip64 fields. */
function archive(parts: readonly Part[], zip64 = false, entries = parts.length): Uint8Array {
  const bytes: number[] = [];
  const directory: number[] = [];
  for (const {
    name,
    content,
    method = 0,
    flags = 0,
    data = content,
    size = content.length,
    crc = crc32(content),
    at,
    localName,
  } of parts) {
    const place = at ?? bytes.length;
    const common = [...u16(flags), ...u16(method), ...u32(0), ...u32(crc), ...u32(data.length), ...u32(size)];
    const local = utf8(localName ?? name);
    bytes.push(...u32(0x04034b50), ...u16(20), ...common, ...u16(local.length), ...u16(0), ...local, ...data);
    const wide = [...u16(1), ...u16(24), ...u64(size), ...u64(data.length), ...u64(place)];
    const narrow = [...u16(flags), ...u16(method), ...u32(0), ...u32(crc), ...u32(0xffffffff), ...u32(0xffffffff)];
    directory.push(...u32(0x02014b50), ...u16(45), ...u16(45), ...(zip64 ? narrow : common), ...u16(utf8(name).length));
    directory.push(...u16(zip64 ? wide.length : 0), ...u16(0), ...u16(0), ...u16(0), ...u32(0), ...u32(zip64 ? 0xffffffff : place));
    directory.push(...utf8(name), ...(zip64 ? wide : []));
  }
  const start = bytes.length;
  bytes.push(...directory);
  if (zip64) {
    const end64 = bytes.length;
    bytes.push(...u32(0x06064b50), ...u64(44), ...u16(45), ...u16(45), ...u32(0), ...u32(0), ...u64(entries), ...u64(entries));
    bytes.push(...u64(directory.length), ...u64(start), ...u32(0x07064b50), ...u32(0), ...u64(end64), ...u32(1));
    bytes.push(...u32(0x06054b50), ...u32(0), ...u16(0xffff), ...u16(0xffff), ...u32(0xffffffff), ...u32(0xffffffff), ...u16(0));
  } else {
    bytes.push(...u32(0x06054b50), ...u32(0), ...u16(entries), ...u16(entries), ...u32(directory.length), ...u32(start), ...u16(0));
  }
  return Uint8Array.from(bytes);
}

const content = encodeNpy(np.array([1, 2, 3]));
const part: Part = { name: "x.npy", content };
const big = encodeNpy(np.zeros([1000]));

describe("archives laid out by hand", () => {
  test.each([false, true])("are read, zip64 %s", (zip64) => {
    const parts = [part, { name: "y.npy", content: big, method: 8, data: deflateSync(big) }];
    const arrays = right(parseNpz(archive(parts, zip64)));
    expect([...arrays].map(([name, x]) => [name, x.shape])).toEqual([
      ["x", [3]],
      ["y", [1000]],
    ]);
  });

  test("a comment at the end does no harm", () => {
    const bytes = archive([part]);
    const commented = Uint8Array.from([...bytes.subarray(0, -2), ...u16(5), ...utf8("hello")]);
    expect(right(parseNpz(commented)).size).toBe(1);
  });
});

describe("refusals", () => {
  const whole = archive([part]);
  test.each([
    { what: "another file", bytes: Uint8Array.from(utf8("hello")), says: "an archive with its end record, got 5 bytes" },
    { what: "a cut archive", bytes: whole.subarray(0, -1), says: "an archive with its end record" },
    { what: "a directory that is not there", bytes: archive([part], false, 3), says: "a directory inside of the archive, got 3 members" },
    { what: "2^53 members", bytes: archive([part], true, 2 ** 53), says: "a directory inside of the archive" },
    { what: "a repeated name", bytes: archive([part, part]), says: 'each name only once, got "x.npy" twice' },
    { what: "a member that is no array", bytes: archive([{ ...part, name: "x.txt" }]), says: 'names end in .npy, got "x.txt"' },
    { what: "encryption", bytes: archive([{ ...part, flags: 1 }]), says: 'members that are not encrypted, got "x.npy"' },
    { what: "another method", bytes: archive([{ ...part, method: 14 }]), says: 'stored or deflated, got method 14 for "x.npy"' },
    { what: "a member outside", bytes: archive([{ ...part, at: 99_999 }]), says: 'a header of "x.npy", got none at byte 99999' },
    {
      what: "two names",
      bytes: archive([{ ...part, localName: "z.npy" }]),
      says: 'the name "x.npy" in the member\'s header too, got "z.npy"',
    },
    { what: "one member twice", bytes: archive([part, { ...part, name: "y.npy", at: 0, localName: "x.npy" }]), says: 'the name "y.npy"' },
    { what: "another size", bytes: archive([{ ...part, size: 5 }]), says: 'at most 140 bytes from 140, for "x.npy", got 5' },
    { what: "another checksum", bytes: archive([{ ...part, crc: 1 }]), says: 'the checksum of "x.npy", got another' },
    {
      what: "more than deflate can give, without taking its memory",
      bytes: archive([{ ...part, method: 8, data: deflateSync(content), size: 2 ** 32 - 2 }]),
      says: 'for "x.npy", got 4294967294',
    },
    {
      what: "more than both headers promise",
      bytes: archive([{ name: "x.npy", content: big, method: 8, data: deflateSync(Uint8Array.from([...big, 0])) }]),
      says: '4128 bytes from "x.npy", got more',
    },
    {
      what: "less than both headers promise",
      bytes: archive([{ name: "x.npy", content: big, method: 8, data: deflateSync(big.subarray(0, 4000)) }]),
      says: '4128 bytes from "x.npy", got 4000',
    },
    {
      what: "headers that contradict each other, before anything is inflated",
      bytes: archive([{ name: "x.npy", content: big, method: 8, data: deflateSync(big), size: 5000 }]),
      says: '4128 bytes for "x.npy", by its own header, got 5000 by the archive',
    },
    {
      what: "damaged compressed data",
      bytes: archive([{ name: "x.npy", content: big, method: 8, data: deflateSync(big).map((b, i) => (i < 4 ? 255 : b)) }]),
      says: 'whole compressed data of "x.npy", got ',
    },
    {
      what: "a member that is no .npy",
      bytes: archive([{ name: "x.npy", content: whole }]),
      says: 'got another beginning, of "x.npy" in a.npz',
    },
  ])("$what", ({ bytes, says }) => {
    const message = refusal(parseNpz(bytes, { name: "a.npz" }));
    expect(message).toContain(says);
    expect(message).toContain(" in a.npz.\n");
  });

  test("members that overlap", () => {
    // The second member's header stands inside of the first one's data.
    const inner = archive([{ name: "y.npy", content }]).subarray(0, 30 + 5 + content.length);
    const outer: Part = { name: "x.npy", content: Uint8Array.from(inner) };
    const bytes = archive([outer, { name: "y.npy", content, at: 30 + 5 }]);
    expect(refusal(parseNpz(bytes))).toContain('members that do not overlap, got "x.npy" and "y.npy"');
  });

  test("what cannot be written", () => {
    expect(() => encodeNpz({ "\udc00": 1 })).toThrow('encodeNpz: expected names of Unicode text, got "\\udc00".');
    expect(() => encodeNpz({ ["x".repeat(70_000)]: 1 })).toThrow("a name of at most 65535 bytes");
    // @ts-expect-error A misspelt option.
    expect(() => encodeNpz({}, { compressed: true })).toThrow("options among compress, got compressed");
  });
});

const arraysIn = (bytes: Uint8Array) =>
  pipe(
    parseNpz(bytes, { convert: true }),
    E.map((arrays) => arrays.values()),
  );

describe("properties", () => {
  test("what is written is read, bit for bit, and always as the same bytes", () => {
    fc.assert(
      fc.property(namedArrays, fc.boolean(), (arrays, compress) => {
        const bytes = encodeNpz(arrays, { compress });
        expect(encodeNpz(arrays, { compress })).toEqual(bytes);
        const restored = right(parseNpz(bytes));
        expect([...restored.keys()].toSorted()).toEqual([...arrays.keys()].toSorted());
        for (const [name, array] of arrays) expectSame(restored.get(name) ?? np.zeros([]), array);
      }),
    );
  });

  test("damage never throws, nor takes more memory than deflate can expand to", () => {
    const files = fc.tuple(namedArrays, fc.boolean()).map(([arrays, compress]) => encodeNpz(arrays, { compress }));
    fc.assert(
      fc.property(damaged(files), (bytes) => {
        checkContained(bytes, arraysIn, 2 * 1032);
      }),
      { numRuns: 1000 },
    );
  });
});
