// safetensors: files laid out by hand as the format's documentation says, every refusal's message, round trips, and damage.

import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, test } from "vitest";
import { numpy as np } from "../../src/index.js";
import { encodeSafetensors, parseSafetensors } from "../../src/io/index.js";
import { checkContained, damaged, expectSame, namedArrays, refusal, right, u64, utf8 } from "./arbitrary.js";

/** A length, the header, the elements. */
const file = (header: string, data: readonly number[] = []): Uint8Array => {
  const text = utf8(header);
  return Uint8Array.from([...u64(text.length), ...text, ...data]);
};

const entry = (dtype: string, shape: readonly number[], start: number, end: number): string =>
  `{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${start},${end}]}`;

/** [0, 1, 2, 3, 4, 5] as float32: the example of the reference implementation's own serialization test, array "attn.0". */
const ramp = [0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40];

describe("the documented layout", () => {
  // 8 bytes: 64, the header's length; 64 bytes of header, a multiple of 8 as it is; 24 bytes of elements.
  const bytes = Uint8Array.from([64, 0, 0, 0, 0, 0, 0, 0, ...utf8(`{"attn.0":${entry("F32", [1, 2, 3], 0, 24)}}`), ...ramp]);

  test("is read", () => {
    const { tensors, metadata } = right(parseSafetensors(bytes));
    expect([...tensors.keys()]).toEqual(["attn.0"]);
    expectSame(tensors.get("attn.0") ?? np.zeros([]), np.arange(6).astype("float32").reshape([1, 2, 3]));
    expect(metadata.size).toBe(0);
  });

  test("is written, byte for byte", () => {
    expect(encodeSafetensors({ "attn.0": np.arange(6).astype("float32").reshape([1, 2, 3]) })).toEqual(bytes);
  });

  test("puts metadata first, wide elements before narrow ones, and then goes by name", () => {
    const arrays = {
      b: np.array([1], { dtype: "float32" }),
      flag: np.array([true]),
      a: np.array([2], { dtype: "float32" }),
      wide: np.array([1], { dtype: "float64" }),
    };
    const written = encodeSafetensors(arrays, { metadata: { format: "pt", "": "π" } });
    const header =
      `{"__metadata__":{"format":"pt","":"π"},"wide":${entry("F64", [1], 0, 8)},"a":${entry("F32", [1], 8, 12)},` +
      `"b":${entry("F32", [1], 12, 16)},"flag":${entry("BOOL", [1], 16, 17)}}`;
    const padded = header + " ".repeat((8 - (utf8(header).length % 8)) % 8);
    expect(written).toEqual(file(padded, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x80, 0x3f, 1]));
    expect([...right(parseSafetensors(written)).metadata]).toEqual([
      ["format", "pt"],
      ["", "π"],
    ]);
  });

  test("an empty file holds nothing", () => {
    expect(encodeSafetensors({})).toEqual(file("{}      "));
    expect(right(parseSafetensors(file("{}"))).tensors.size).toBe(0);
  });

  test("elements may lie anywhere in a buffer, in any order of names, at odd offsets", () => {
    const bytes = file(
      `{"late":${entry("F32", [], 1, 5)}, "none":${entry("F64", [3, 0], 1, 1)}, "early":${entry("U8", [1], 0, 1)}}`,
      [7, 0, 0, 0x80, 0x3f],
    );
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { tensors } = right(parseSafetensors(shifted.subarray(3)));
    shifted.fill(0);
    expect([...tensors].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([
      ["late", "float32", 1],
      ["none", "float64", [[], [], []]],
      ["early", "uint8", [7]],
    ]);
  });
});

describe("files of the reference implementation (safetensors 0.8.0 for Python)", () => {
  /** save_file of the arrays below, with metadata={"format": "np"}. */
  const all =
    "IAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCLlsaQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlswLDhdfSwicyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbOCwxMl19LCJ6Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOlsxMiwxMl19LCJ1Ijp7ImR0eXBlIjoiVTMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTIsMjBdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzIwLDI4XX0sImxheWVycy4wLnciOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzI4LDUyXX0sImMiOnsiZHR5cGUiOiJJOCIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzUyLDUzXX0sImIiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzUzLDU2XX0sIm0iOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbNTYsNTldfX0gICAgICAgAAAAAAAA+D8AAEBAAQAAAAIAAAABAAAA/v///wAAAAABAAAAAgAAAAMAAAAEAAAABQAAAP8BAgMBAAE=";
  /** save_file({"h": float16 [1, 2.5], "l": int64 [[0, 1], [2, 3]], "w": float32 ones [2, 3], "b": [True, False]}). */
  const half =
    "6AAAAAAAAAB7ImwiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzAsMzJdfSwidyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMzIsNTZdfSwiaCI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzU2LDYwXX0sImIiOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNjAsNjJdfX0gICAgICAgAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAAAIA/AACAPwAAgD8AAIA/AACAPwAAgD8APABBAQA=";

  test("are written byte for byte", () => {
    const arrays = {
      "layers.0.w": np.arange(6).reshape([2, 3]),
      層: np.array([1.5], { dtype: "float64" }),
      m: np.array([true, false, true]),
      i: np.array([1, -2], { dtype: "int32" }),
      u: np.array([1, 2], { dtype: "uint32" }),
      b: np.array([1, 2, 3], { dtype: "uint8" }),
      c: np.array([-1], { dtype: "int8" }),
      z: np.zeros([0, 3]),
      s: np.array(3),
    };
    expect(Buffer.from(encodeSafetensors(arrays, { metadata: { format: "np" } })).toString("base64")).toBe(all);
  });

  test("are read", () => {
    const { tensors } = right(parseSafetensors(Buffer.from(half, "base64"), { convert: true }));
    expect(Object.fromEntries([...tensors].map(([name, x]) => [name, [x.dtype, x.toArray()]]))).toEqual({
      h: ["float32", [1, 2.5]],
      l: [
        "int32",
        [
          [0, 1],
          [2, 3],
        ],
      ],
      w: [
        "float32",
        [
          [1, 1, 1],
          [1, 1, 1],
        ],
      ],
      b: ["bool", [true, false]],
    });
  });
});

describe("element types that do not exist here", () => {
  test.each([
    // 1, -2, the smallest subnormal, the largest number, infinity, NaN.
    {
      type: "F16",
      data: [0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b, 0, 0x7c, 0, 0x7e],
      dtype: "float32",
      values: [1, -2, 2 ** -24, 65504, Infinity, NaN],
    },
    { type: "BF16", data: [0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f], dtype: "float32", values: [1, -2.5, Infinity] },
    { type: "I16", data: [0xfe, 0xff, 2, 1], dtype: "int32", values: [-2, 258] },
    { type: "U16", data: [0xfe, 0xff], dtype: "uint32", values: [65534] },
    {
      type: "I64",
      data: [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0],
      dtype: "int32",
      values: [-2, 2147483647],
    },
    { type: "U64", data: [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], dtype: "uint32", values: [4294967295] },
  ])("$type is converted on demand, and refused otherwise", ({ type, data, dtype, values }) => {
    const bytes = file(`{"x":${entry(type, [values.length], 0, data.length)}}`, data);
    const x = right(parseSafetensors(bytes, { convert: true })).tensors.get("x");
    expect([x?.dtype, x?.toArray()]).toEqual([dtype, values]);
    expect(refusal(parseSafetensors(bytes))).toMatch(
      /^parseSafetensors: expected elements of a dtype that exists here, got \w+, of "x" in the given bytes\.\n {2}pass \{ convert: true \} to convert them to /,
    );
  });

  test("an integer that does not fit is refused by its place", () => {
    const bytes = file(`{"x":${entry("I64", [2], 0, 16)}}`, [...u64(5), ...u64(2 ** 31)]);
    expect(refusal(parseSafetensors(bytes, { convert: true, name: "a.safetensors" }))).toBe(
      'parseSafetensors: expected values that int32 holds, got 2147483648 at element 1, of "x" in a.safetensors.\n' +
        "  store the array in another dtype: there is no 64-bit integer here.",
    );
  });

  test("a type that nothing here can hold is refused", () => {
    const bytes = file(`{"x":${entry("F8_E4M3", [1], 0, 1)}}`, [1]);
    expect(refusal(parseSafetensors(bytes, { convert: true }))).toContain('got "F8_E4M3" for "x"');
  });

  test("a bool is 0 or 1", () => {
    const bytes = file(`{"x":${entry("BOOL", [3], 0, 3)}}`, [0, 1, 2]);
    expect(refusal(parseSafetensors(bytes))).toContain('expected bools that are the byte 0 or 1, got the byte 2 at element 2, of "x"');
  });
});

const deep = `{"a":${"[".repeat(100_000)}`;

describe("refusals", () => {
  test.each([
    { what: "no header", bytes: Uint8Array.of(1, 2), says: "a header length of 8 bytes, got 2 bytes" },
    { what: "a cut header", bytes: file("{}").subarray(0, 9), says: "a header of 2 bytes, got 1 byte of it" },
    {
      what: "a header of 100 MB and one byte",
      bytes: Uint8Array.from([...u64(100_000_001), ...utf8("{}")]),
      says: "a header of at most 100000000 bytes, got a length of 100000001",
    },
    {
      what: "a header of 2^64 - 1 bytes",
      bytes: Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 0x7b]),
      says: "at most 100000000 bytes, got a length of 18446744073709551615",
    },
    { what: "an empty header", bytes: file(""), says: 'a header that begins with "{"' },
    { what: "a header that is no object", bytes: file("[]"), says: 'a header that begins with "{"' },
    { what: "bytes that are no UTF-8", bytes: Uint8Array.from([...u64(2), 0x7b, 0xff]), says: "a header in UTF-8" },
    { what: "an open object", bytes: file('{"a"'), says: 'expected ":", got the header\'s end' },
    { what: "text after the object", bytes: file('{} "'), says: "nothing after the header's object" },
    { what: "deep JSON", bytes: file(deep), says: 'expected "{", got "[[[' },
    { what: "deep JSON in a shape", bytes: file(`{"a":{"shape":${"[".repeat(100_000)}`), says: "axis sizes from 0 to 2147483647, got " },
    { what: "a negative size", bytes: file('{"a":{"shape":[-1]'), says: 'got "-1]" at character 15' },
    { what: "a fraction", bytes: file('{"a":{"shape":[1.5]'), says: 'got "1.5]"' },
    { what: "an exponent", bytes: file('{"a":{"shape":[1e3]'), says: 'got "1e3]"' },
    { what: "NaN", bytes: file('{"a":{"shape":[NaN]'), says: 'got "NaN]"' },
    { what: "a leading zero", bytes: file('{"a":{"shape":[01]'), says: 'got "01]"' },
    { what: "a huge axis", bytes: file('{"a":{"shape":[2147483648]'), says: "axis sizes from 0 to 2147483647" },
    {
      what: "offsets that cannot be counted",
      bytes: file('{"a":{"data_offsets":[0,9007199254740993]'),
      says: "offsets that can be counted",
    },
    { what: "too many axes", bytes: file(`{"a":{"shape":[${"1,".repeat(64)}1]`), says: "at most 64 of axis sizes" },
    {
      what: "a product of sizes that overflows",
      bytes: file(`{"a":${entry("F64", new Array<number>(64).fill(2147483647), 0, 8)}}`, new Array<number>(8).fill(0)),
      says: "more bytes than can be counted for F64 of shape [2147483647,",
    },
    { what: "a missing field", bytes: file('{"a":{"dtype":"F32","shape":[]}}'), says: 'got no data_offsets for "a"' },
    { what: "an unknown field", bytes: file('{"a":{"size":1}}'), says: 'only the fields dtype, shape, data_offsets, got "size" of "a"' },
    { what: "a name twice", bytes: file(`{"a":${entry("U8", [0], 0, 0)},"\\u0061":${entry("U8", [0], 0, 0)}}`), says: 'got "a" twice' },
    { what: "a field twice", bytes: file('{"a":{"dtype":"F32","dtype":"F64"'), says: 'got "dtype" twice' },
    { what: "metadata that is no text", bytes: file('{"__metadata__":{"n":1}}'), says: 'a text in quotes, got "1}}"' },
    { what: "half a surrogate pair", bytes: file('{"\\ud800":{}}'), says: "a name, as text in quotes" },
    { what: "offsets in the wrong order", bytes: file(`{"a":${entry("F32", [1], 4, 0)}}`, [0, 0, 0, 0]), says: 'got [4,0] for "a"' },
    {
      what: "offsets that contradict the shape",
      bytes: file(`{"a":${entry("F32", [2], 0, 4)}}`, [0, 0, 0, 0]),
      says: '8 bytes for F32 of shape [2], got data_offsets [0,4] of "a"',
    },
    {
      what: "elements that are cut short",
      bytes: file(`{"a":${entry("F32", [2], 0, 8)}}`, [0, 0, 0, 0]),
      says: '8 bytes of elements, for "a", got 4 bytes',
    },
    {
      what: "a terabyte that is not there, without taking its memory",
      bytes: file(`{"a":${entry("F64", [1024, 1024, 131072], 0, 2 ** 40)}}`, [0]),
      says: '1099511627776 bytes of elements, for "a", got 1 byte',
    },
    {
      what: "arrays that overlap",
      bytes: file(`{"a":${entry("U8", [3], 0, 3)},"b":${entry("U8", [2], 2, 4)}}`, [1, 2, 3, 4]),
      says: 'arrays that do not overlap, got "b" at [2,4] after "a", which ends at 3,',
    },
    {
      what: "a gap",
      bytes: file(`{"a":${entry("U8", [1], 0, 1)},"b":${entry("U8", [1], 2, 3)}}`, [1, 2, 3]),
      says: 'arrays that do not leave a gap, got "b" at [2,3] after "a", which ends at 1,',
    },
    {
      what: "bytes after the last array",
      bytes: file(`{"a":${entry("U8", [1], 0, 1)}}`, [1, 2]),
      says: "1 bytes of elements, got 2 bytes",
    },
  ])("$what", ({ bytes, says }) => {
    const message = refusal(parseSafetensors(bytes, { name: "x.safetensors" }));
    expect(message).toContain(says);
    expect(message).toContain(" in x.safetensors.\n");
  });

  test("what cannot be written", () => {
    expect(() => encodeSafetensors({ __metadata__: 1 })).toThrow("expected a name other than __metadata__");
    expect(() => encodeSafetensors({ "\ud800": 1 })).toThrow(
      'encodeSafetensors: expected an array\'s name of Unicode text, got "\\ud800".',
    );
    // @ts-expect-error Metadata is text.
    expect(() => encodeSafetensors({}, { metadata: { n: 1 } })).toThrow("expected metadata of Unicode text, got a number");
    // @ts-expect-error A misspelt option.
    expect(() => encodeSafetensors({}, { meta: {} })).toThrow("options among metadata, got meta");
  });
});

describe("properties", () => {
  test("what is written is read, bit for bit, whatever the dtypes, shapes and names", () => {
    fc.assert(
      fc.property(namedArrays, fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })), (arrays, metadata) => {
        const restored = right(parseSafetensors(encodeSafetensors(arrays, { metadata })));
        expect(new Map(restored.metadata)).toEqual(new Map(Object.entries(metadata)));
        expect([...restored.tensors.keys()].toSorted()).toEqual([...arrays.keys()].toSorted());
        for (const [name, array] of arrays) expectSame(restored.tensors.get(name) ?? np.zeros([]), array);
      }),
    );
  });

  test("damage never throws, nor takes more memory than the file has", () => {
    const files = namedArrays.map((arrays) => encodeSafetensors(arrays, { metadata: { k: "v" } }));
    fc.assert(
      fc.property(damaged(files), (bytes) => {
        // A uint16 becomes a uint32.
        checkContained(bytes, arraysIn, 2);
      }),
      { numRuns: 1000 },
    );
  });

  test("any cut of a file is refused, and so is any byte more", () => {
    fc.assert(
      fc.property(namedArrays, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (arrays, part) => {
        const bytes = encodeSafetensors(arrays);
        expect(E.isLeft(parseSafetensors(bytes.subarray(0, Math.floor(part * bytes.length))))).toBe(true);
        expect(E.isLeft(parseSafetensors(Uint8Array.from([...bytes, 0])))).toBe(true);
      }),
    );
  });
});

/** The arrays alone, as the check wants them. */
const arraysIn = (bytes: Uint8Array) =>
  pipe(
    parseSafetensors(bytes, { convert: true }),
    E.map(({ tensors }) => tensors.values()),
  );
