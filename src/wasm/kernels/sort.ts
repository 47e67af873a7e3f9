// Stable sorts along one axis: a function of the buffers' addresses, scratch memory and a range of lines. Keys become unsigned
// words in the same order, and pairs of a word and a position are sorted by one byte of the word after the other, the lowest
// first (radix sort; Knuth, The Art of Computer Programming 3, 5.2.5), short lines by insertion.

import type { DType } from "../../core/dtype.js";
import type { Sort } from "../../loop/ir.js";
import type { Code, Local, ModuleBuilder } from "../module.js";
import { elementOf } from "./elements.js";
import { address, advance, countUp } from "./flow.js";

const BUCKETS = 256;
const DIGITS = 4;
/** Counts of each digit's buckets, at the start of the scratch memory. */
const COUNTS_BYTES = DIGITS * BUCKETS * 4;
const PAIR = 8;
const SHORT = 32;

export const sortExtent = ({ outer, inner }: Sort): number => outer * inner;

export const sortCost = ({ outer, size, inner, keys }: Sort): number => outer * inner * size * 12 * keys.length;

export const sortScratchBytes = ({ size, pairs }: Sort): number => COUNTS_BYTES + (pairs === undefined ? 2 * PAIR * size : 0);

/** Words of the dtype's keys, the least significant first, and how many bytes of each can differ. */
const wordsOf = (dtype: DType): readonly { readonly word: "low" | "high"; readonly digits: number }[] => {
  if (dtype === "float64")
    return [
      { word: "low", digits: DIGITS },
      { word: "high", digits: DIGITS },
    ];
  return [{ word: "high", digits: elementOf(dtype).bytes === 1 ? 1 : DIGITS }];
};

/** Leaves the word of the key at an address, unsigned and in the keys' order: NaN last, the two zeros equal. */
function pushWord(code: Code, dtype: DType, word: "low" | "high", at: Local): void {
  const element = elementOf(dtype);
  const bits = code.local("i32");
  if (element.type === "i32") {
    code.get(at).memory(element.load);
    if (dtype === "int32") code.i32(-0x80000000).op("i32.xor");
    if (dtype === "int8") code.i32(128).op("i32.add");
    return;
  }
  const { type } = element;
  const x = code.local(type);
  const wide = type === "f64";
  code.get(at).memory(element.load).tee(x).get(x).op(`${type}.ne`);
  code.if(
    () => code.i32(-1),
    () => {
      code.get(x);
      (wide ? code.f64(0) : code.f32(0)).op(`${type}.eq`);
      // Bits of −0 are those of the least negative number.
      const ordered = (): void => {
        code
          .get(at)
          .memory("i32.load", wide ? 4 : 0)
          .tee(bits)
          .i32(31)
          .op("i32.shr_s");
        if (wide && word === "low") code.get(at).memory("i32.load").op("i32.xor");
        else code.i32(-0x80000000).op("i32.or").get(bits).op("i32.xor");
      };
      code.if(() => code.i32(word === "low" ? 0 : -0x80000000), ordered, "i32");
    },
    "i32",
  );
}

/** Emits `sort(line, pairs, other, counts) → pairs`: sorts pairs by a word of the keys of a line; gives where they are then. */
function emitSortByWord(module: ModuleBuilder, step: Sort, dtype: DType, word: "low" | "high", digits: number): number {
  const [LINE, PAIRS, OTHER, COUNTS] = [0, 1, 2, 3];
  const { size, descending } = step;
  const stride = step.inner * elementOf(dtype).bytes;
  return module.function(undefined, ["i32", "i32", "i32", "i32"], ["i32"], (code) => {
    const [at, end, element, key] = Array.from({ length: 4 }, () => code.local("i32"));
    const short = size <= SHORT;
    const countAt = (digit: number): Code => {
      code.get(key);
      if (digit > 0) code.i32(8 * digit).op("i32.shr_u");
      return code.i32(255).op("i32.and").i32(4).op("i32.mul").get(COUNTS).op("i32.add");
    };
    const eachPair = (from: Local, body: () => void): void => {
      code
        .get(from)
        .tee(at)
        .i32(size * PAIR)
        .op("i32.add")
        .set(end);
      countUp(code, at, { local: end }, PAIR, body);
    };
    if (!short) clearCounts(code, COUNTS, digits);
    eachPair(PAIRS, () => {
      code.get(LINE).get(at).memory("i32.load", 4).i32(stride).op("i32.mul", "i32.add").set(element);
      pushWord(code, dtype, word, element);
      if (descending) code.i32(-1).op("i32.xor");
      code.set(key).get(at).get(key).memory("i32.store");
      if (short) return;
      for (let digit = 0; digit < digits; digit++) increment(code, () => countAt(digit), digit * BUCKETS * 4);
    });
    if (short) insertionSort(code, PAIRS, size);
    const passes = short ? 0 : digits;
    for (let digit = 0; digit < passes; digit++) {
      // A digit that all keys have in common is in order already.
      code.get(PAIRS).memory("i32.load").set(key);
      countAt(digit)
        .memory("i32.load", digit * BUCKETS * 4)
        .i32(size)
        .op("i32.ne");
      code.if(() => {
        prefixSums(code, COUNTS, digit, OTHER);
        eachPair(PAIRS, () => {
          code.get(at).memory("i32.load").set(key);
          const bucket = element;
          countAt(digit)
            .tee(bucket)
            .memory("i32.load", digit * BUCKETS * 4)
            .get(at)
            .memory("i64.load")
            .memory("i64.store");
          increment(code, () => code.get(bucket), digit * BUCKETS * 4, PAIR);
        });
        code.get(PAIRS).get(OTHER).set(PAIRS).set(OTHER);
      });
    }
    code.get(PAIRS);
  });
}

function clearCounts(code: Code, counts: Local, digits: number): void {
  const [at, end] = [code.local("i32"), code.local("i32")];
  code
    .get(counts)
    .tee(at)
    .i32(digits * BUCKETS * 4)
    .op("i32.add")
    .set(end);
  countUp(code, at, { local: end }, 16, () => code.get(at).v128(new Uint8Array(16)).memory("v128.store"));
}

function increment(code: Code, push: () => Code, offset: number, by = 1): void {
  const at = code.local("i32");
  push().tee(at).get(at).memory("i32.load", offset).i32(by).op("i32.add").memory("i32.store", offset);
}

/** Counts become addresses: where the first pair of each bucket goes. */
function prefixSums(code: Code, counts: Local, digit: number, target: Local): void {
  const [at, end, next, count] = Array.from({ length: 4 }, () => code.local("i32"));
  code
    .get(counts)
    .i32(digit * BUCKETS * 4)
    .op("i32.add")
    .tee(at)
    .i32(BUCKETS * 4)
    .op("i32.add")
    .set(end)
    .get(target)
    .set(next);
  countUp(code, at, { local: end }, 4, () => {
    code.get(at).memory("i32.load").set(count).get(at).get(next).memory("i32.store");
    address(code, next, count, PAIR).set(next);
  });
}

function insertionSort(code: Code, pairs: Local, size: number): void {
  const [at, end, to, key, position] = Array.from({ length: 5 }, () => code.local("i32"));
  code
    .get(pairs)
    .tee(at)
    .i32(size * PAIR)
    .op("i32.add")
    .set(end);
  countUp(code, at, { local: end }, PAIR, () => {
    code.get(at).memory("i32.load").set(key).get(at).memory("i32.load", 4).set(position).get(at).set(to);
    code.block(() =>
      code.loop(() => {
        code.get(to).get(pairs).op("i32.eq").branchIf(1);
        code.get(to).i32(PAIR).op("i32.sub").memory("i32.load").get(key).op("i32.le_u").branchIf(1);
        code.get(to).get(to).i32(PAIR).op("i32.sub").memory("i64.load").memory("i64.store");
        advance(code, to, -PAIR);
        code.branch(0);
      }),
    );
    code.get(to).get(key).memory("i32.store").get(to).get(position).memory("i32.store", 4);
  });
}

interface LineLocals {
  readonly pairs: Local;
  readonly found: Local;
  readonly line: Local;
  readonly result: Local;
  readonly i: Local;
}

/** Moves the first `count` elements of a line into their order, and writes where they came from. */
function writeLine(code: Code, { keys, moved, positions, inner, count }: Sort, { pairs, found, line, result, i }: LineLocals): void {
  code.i32(0).set(i);
  countUp(code, i, count, 1, () => {
    address(code, pairs, i, PAIR).memory("i32.load", 4).set(found);
    moved.forEach(({ dtype, row }, k) => {
      const { load, store, bytes } = elementOf(dtype);
      address(code, keys.length + moved.length + k, result, bytes);
      code.get(found).i32(inner).op("i32.mul").get(line).op("i32.add").i32(bytes).op("i32.mul");
      code.get(keys.length + k).op("i32.add");
      code.memory(load, row.offset * bytes).memory(store);
    });
    const last = keys.length + 2 * moved.length;
    if (positions !== undefined) address(code, last, result, 4).get(found).memory("i32.store");
    advance(code, result, inner);
  });
}

export function emitSort(module: ModuleBuilder, step: Sort): number {
  const { keys, moved, positions, pairs: room, size, inner, count } = step;
  const sorters = keys.toReversed().flatMap(({ dtype, row }, k) => {
    const words = wordsOf(dtype).map(({ word, digits }) => emitSortByWord(module, step, dtype, word, digits));
    return words.map((index) => ({ index, bytes: elementOf(dtype).bytes, offset: row.offset, param: keys.length - 1 - k }));
  });
  const buffers = keys.length + 2 * moved.length + [positions, room].filter((b) => b !== undefined).length;
  const [SCRATCH, BEGIN, END] = [buffers, buffers + 1, buffers + 2];
  return module.function(
    undefined,
    Array.from({ length: buffers + 3 }, () => "i32" as const),
    [],
    (code) => {
      const [line, result, pairs, other, found, i] = Array.from({ length: 6 }, () => code.local("i32"));
      // The first element of the line: (o · size · inner + i), of arrays that hold `each` elements of a line.
      const first = (each: number): Code => {
        code
          .get(BEGIN)
          .i32(inner)
          .op("i32.div_u")
          .i32(each * inner)
          .op("i32.mul");
        return code.get(BEGIN).i32(inner).op("i32.rem_u", "i32.add");
      };
      countUp(code, BEGIN, { local: END }, 1, () => {
        first(size).set(line);
        first(count).set(result);
        if (room === undefined) code.get(SCRATCH).i32(COUNTS_BYTES).op("i32.add");
        else code.get(buffers - 1);
        code
          .tee(pairs)
          .i32(size * PAIR)
          .op("i32.add")
          .set(other);
        code.i32(0).set(i);
        countUp(code, i, size, 1, () => address(code, pairs, i, PAIR).get(i).memory("i32.store", 4));
        for (const { index, bytes, offset, param } of sorters) {
          address(code, param, line, bytes)
            .i32(offset * bytes)
            .op("i32.add");
          code.get(pairs).get(other).get(SCRATCH).call(index).set(found);
          code.get(pairs).get(other).op("i32.add").get(found).op("i32.sub").set(other).get(found).set(pairs);
        }
        writeLine(code, step, { pairs, found, line, result, i });
      });
    },
  );
}
