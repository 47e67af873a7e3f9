// .npy: files laid out by hand as numpy.lib.format says, every refusal's message, round trips and damage; and NumPy itself, where
// Python has it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtypes } from "../../src/core/dtype.js";
import { numpy as np } from "../../src/index.js";
import { encodeNpy, encodeNpz, parseNpy, parseNpz, readNpy, readNpz, writeNpy, writeNpz } from "../../src/io/index.js";
import { anyArray, checkContained, damaged, expectSame, refusal, right, u16, u32, utf8 } from "./arbitrary.js";

const magic = [0x93, ...utf8("NUMPY")];
/** Magic, version, length, header, elements. */
const file = (header: string, data: readonly number[] = [], version = 1): Uint8Array => {
  const text = utf8(header);
  return Uint8Array.from([...magic, version, 0, ...(version === 1 ? u16(text.length) : u32(text.length)), ...text, ...data]);
};
const header = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

describe("the documented layout", () => {
  // numpy.save writes 128 bytes of magic, version, length (118) and header, padded with spaces up to a line feed.
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const bytes = file(`${text.padEnd(117)}\n`, [...new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer)]);
  const ramp = np.arange(6).astype("float32").reshape([2, 3]);

  test("is read", () => {
    expectSame(right(parseNpy(bytes)), ramp);
  });

  test("is written, byte for byte", () => {
    expect(bytes.length).toBe(128 + 24);
    expect(encodeNpy(ramp)).toEqual(bytes);
  });

  test("versions 2 and 3 have longer headers", () => {
    for (const version of [2, 3]) expect(right(parseNpy(file(header("|i1", "(2,)"), [1, 255], version))).toArray()).toEqual([1, -1]);
  });

  test("Fortran order runs along the first axis; big endian has the high byte first", () => {
    const bytes = file(header(">i2", "(2, 3)", "True"), [0, 0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5]);
    const x = right(parseNpy(bytes, { convert: true }));
    expect([x.dtype, x.toArray()]).toEqual([
      "int32",
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ]);
    expect(right(parseNpy(file(header(">f4", "()"), [0xc0, 0x20, 0, 0]))).item()).toBe(-2.5);
    expect(right(parseNpy(file(header(">f8", "(1,)", "True"), [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]))).toArray()).toEqual([0.1]);
  });

  test("the dictionary may be written in other ways, as Python 2 did", () => {
    const odd = `  { "shape":(2L,),'fortran_order' : False,\n 'descr':"<u4"  }  `;
    expect(right(parseNpy(file(odd, [1, 0, 0, 0, 255, 255, 255, 255]))).toArray()).toEqual([1, 4294967295]);
  });

  test("no element", () => {
    expect(right(parseNpy(file(header("<f8", "(3, 0, 2)", "True")))).shape).toEqual([3, 0, 2]);
  });
});

describe("refusals", () => {
  test.each([
    {
      what: "another file",
      bytes: Uint8Array.from(utf8("hello world")),
      says: "begins with the byte 0x93 and NUMPY, got another beginning",
    },
    { what: "a few bytes", bytes: Uint8Array.from(magic.slice(0, 3)), says: "got 3 bytes" },
    { what: "the magic alone", bytes: Uint8Array.from(magic), says: "version 1.0, 2.0 or 3.0, got none" },
    { what: "another version", bytes: Uint8Array.from([...magic, 4, 0, 0, 0]), says: "version 1.0, 2.0 or 3.0, got 4.0" },
    { what: "no length", bytes: Uint8Array.from([...magic, 2, 0, 1, 0]), says: "12 bytes of magic and length, got 10 bytes" },
    { what: "a cut header", bytes: file("{}").subarray(0, 11), says: "a header of 2 bytes, got 1 byte of it" },
    { what: "a header of 4 GB", bytes: Uint8Array.from([...magic, 3, 0, 255, 255, 255, 255]), says: "at most 10000 bytes, got 4294967295" },
    { what: "no dictionary", bytes: file("[1, 2]"), says: 'a dictionary, got "[1, 2]"' },
    { what: "another dictionary", bytes: file("{'a': 'b'}"), says: "the keys descr, fortran_order and shape, got a" },
    {
      what: "code",
      bytes: file("{'descr': __import__('os')}"),
      says: "a dictionary of descr, fortran_order and shape, got \"'descr': __imp",
    },
    { what: "a key twice", bytes: file("{'descr': '<f4', 'descr': '<f4'}"), says: 'each key only once, got "descr" twice' },
    {
      what: "an order that is neither",
      bytes: file("{'descr': '<f4', 'fortran_order': 'x', 'shape': ()}"),
      says: "a fortran_order of True or False",
    },
    { what: "a number for a tuple", bytes: file("{'descr': '<f4', 'fortran_order': False, 'shape': 3}"), says: "a dictionary of" },
    { what: "a negative size", bytes: file(header("<f4", "(-1,)")), says: "a dictionary of" },
    {
      what: "a tuple without its comma",
      bytes: file(header("<f4", "(3)")),
      says: 'a tuple of at most 64 sizes from 0 to 2147483647, got "(3)"',
    },
    { what: "a huge axis", bytes: file(header("<f4", "(2147483648,)")), says: 'got "(2147483648,)"' },
    { what: "too many axes", bytes: file(header("<f4", `(${"1,".repeat(65)})`)), says: "a tuple of at most 64 sizes" },
    { what: "a product that overflows", bytes: file(header("<f4", `(${"2147483647,".repeat(40)})`)), says: "a size that can be counted" },
    {
      what: "a structured dtype",
      bytes: file("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }"),
      says: "got a structured dtype",
    },
    { what: "objects", bytes: file(header("|O", "(1,)")), says: 'got "|O", Python objects in' },
    { what: "text", bytes: file(header("<U5", "(1,)")), says: 'got "<U5", text in' },
    { what: "complex numbers", bytes: file(header("<c8", "(1,)")), says: 'got "<c8", complex numbers in' },
    { what: "long doubles", bytes: file(header("<f16", "(1,)")), says: 'got "<f16", floats of another width in' },
    {
      what: "no byte order",
      bytes: file(header("f4", "(1,)")),
      says: 'a dtype with its byte order, of f8, f4, f2, i8, u8, i4, u4, i2, u2, i1, u1, b1, got "f4" in',
    },
    {
      what: "a terabyte that is not there",
      bytes: file(header("<f8", "(1024, 1024, 131072)"), [0]),
      says: "for float64 of shape [1024,1024,131072], got 85 bytes",
    },
    {
      what: "elements that are cut short",
      bytes: file(header("<f4", "(2,)"), [0, 0, 0, 0]),
      says: "get the whole file: this one is cut short",
    },
    { what: "bytes after the last element", bytes: file(header("|u1", "(1,)"), [0, 0]), says: "remove what follows the last element" },
    {
      what: "a bool that is none",
      bytes: file(header("|b1", "(2,)"), [0, 7]),
      says: "bools that are the byte 0 or 1, got the byte 7 at element 1",
    },
    { what: "int64, without being told", bytes: file(header("<i8", "(0,)")), says: 'got int64, dtype "<i8" in' },
  ])("$what", ({ bytes, says }) => {
    expect(refusal(parseNpy(bytes, { name: "x.npy" }))).toContain(says);
  });

  test("names the file, and the option that helps", () => {
    expect(refusal(parseNpy(file(header("<i8", "(0,)")), { name: "x.npy" }))).toBe(
      'parseNpy: expected elements of a dtype that exists here, got int64, dtype "<i8" in x.npy.\n' +
        "  pass { convert: true } to convert them to int32 where every value fits.",
    );
  });
});

const arrayIn = (bytes: Uint8Array) =>
  pipe(
    parseNpy(bytes, { convert: true }),
    E.map((x) => [x]),
  );

describe("properties", () => {
  test("what is written is read, bit for bit", () => {
    fc.assert(
      fc.property(anyArray, (x) => {
        expectSame(right(parseNpy(encodeNpy(x))), x);
      }),
    );
  });

  test("damage never throws, nor takes more memory than the file has", () => {
    fc.assert(
      fc.property(damaged(anyArray.map(encodeNpy)), (bytes) => {
        checkContained(bytes, arrayIn, 2);
      }),
      { numRuns: 1000 },
    );
  });
});

const python = process.env["COTANGENT_PYTHON"] ?? "python3";
const hasNumpy = ((): boolean => {
  try {
    return execFileSync(python, ["-c", "import numpy"], { stdio: "ignore" }) === null;
  } catch {
    return false;
  }
})();
if (!hasNumpy) console.log("Python has no NumPy: files are not exchanged with it");

describe.skipIf(!hasNumpy)("NumPy", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cotangent-npy-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (program: string): string =>
    execFileSync(python, ["-c", `import io, json, os, sys\nimport numpy as np\nos.chdir(sys.argv[1])\n${program}`, folder], {
      encoding: "utf8",
    });

  const samples = dtypes.map(
    (dtype) =>
      [
        dtype,
        np
          .array([
            [0, 1, 2],
            [3, 4, 5],
          ])
          .astype(dtype),
      ] as const,
  );

  test("reads what we write, and would write the same bytes", async () => {
    for (const [dtype, x] of samples) right(await writeNpy(join(folder, `${dtype}.npy`), x)());
    right(await writeNpy(join(folder, "empty.npy"), np.zeros([3, 0], { dtype: "float64" }))());
    right(await writeNpy(join(folder, "scalar.npy"), 2.5)());
    const read = run(`
found = {}
for name in sorted(os.listdir(".")):
    if not name.endswith(".npy"): continue
    x, copy = np.load(name), io.BytesIO()
    np.save(copy, x)
    found[name[:-4]] = [str(x.dtype), x.tolist(), copy.getvalue() == open(name, "rb").read()]
print(json.dumps(found))`);
    expect(JSON.parse(read)).toEqual({
      ...Object.fromEntries(samples.map(([dtype, x]) => [dtype, [dtype, x.toArray(), true]])),
      empty: ["float64", [[], [], []], true],
      scalar: ["float32", 2.5, true],
    });
  });

  test("writes what we read, in either order", async () => {
    run(`
x = np.arange(24).reshape(2, 3, 4)
for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    for order in "<>":
        np.save(f"{kind}{'little' if order == '<' else 'big'}.npy", np.asfortranarray(x.astype(order + kind)))`);
    const expected = np.arange(24).reshape([2, 3, 4]).toArray();
    for (const kind of ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]) {
      for (const order of ["little", "big"]) {
        expect(right(await readNpy(join(folder, `${kind}${order}.npy`), { convert: true })()).toArray(), kind + order).toEqual(expected);
      }
    }
  });

  test("exchanges archives, compressed or not", async () => {
    const arrays = { x: np.arange(1000).astype("float64"), "重み.0": np.array([[true, false]]) };
    right(await writeNpz(join(folder, "stored.npz"), arrays)());
    right(await writeNpz(join(folder, "deflated.npz"), arrays, { compress: true })());
    const read = run(`
out = {}
for name in ["stored", "deflated"]:
    with np.load(name + ".npz") as archive:
        out[name] = {key: [str(x.dtype), x.tolist()] for key, x in archive.items()}
        np.savez(name + "Again.npz", **archive)
        np.savez_compressed(name + "Smaller.npz", **archive)
print(json.dumps(out))`);
    const contents = Object.fromEntries(Object.entries(arrays).map(([name, x]) => [name, [x.dtype, x.toArray()]]));
    expect(JSON.parse(read)).toEqual({ stored: contents, deflated: contents });
    for (const name of ["stored", "deflated", "storedAgain", "deflatedSmaller"]) {
      const restored = right(await readNpz(join(folder, `${name}.npz`))());
      expect(Object.fromEntries([...restored].map(([key, x]) => [key, [x.dtype, x.toArray()]]))).toEqual(contents);
    }
    expect(readFileSync(join(folder, "deflated.npz")).length).toBeLessThan(readFileSync(join(folder, "stored.npz")).length / 2);
    expect(new Uint8Array(readFileSync(join(folder, "stored.npz")))).toEqual(encodeNpz(arrays));
    expect(right(parseNpz(encodeNpz(arrays))).size).toBe(2);
  });
});
