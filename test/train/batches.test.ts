// Batches by key: every example once in an epoch, orders that depend on key and epoch alone, and positions that restore.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jit, numpy as np, random } from "../../src/index.js";
import { batches, prefetch } from "../../src/train/index.js";

const data = (n: number) => ({
  x: np
    .arange(2 * n)
    .reshape([n, 2])
    .astype("float32"),
  y: np.arange(n).astype("int32"),
});
const take = <T>(source: Iterable<T>, n: number): T[] => {
  const taken: T[] = [];
  for (const item of source) {
    taken.push(item);
    if (taken.length === n) break;
  }
  return taken;
};

describe("batches", () => {
  test("without a key, examples come as they are given, in all arrays alike", () => {
    const loader = batches(data(5), { batchSize: 2 });
    expect(loader.perEpoch).toBe(3);
    expect([...loader.epoch(4)].map(({ x, y }) => [x.toArray(), y.toArray()])).toEqual([
      [
        [
          [0, 1],
          [2, 3],
        ],
        [0, 1],
      ],
      [
        [
          [4, 5],
          [6, 7],
        ],
        [2, 3],
      ],
      [[[8, 9]], [4]],
    ]);
    expect(loader.at(0, 0).y.dtype).toBe("int32");
  });

  test("the order of an epoch is that of foldIn(key, epoch)", () => {
    const loader = batches(data(10), { batchSize: 10, key: random.key(3) });
    for (const epoch of [0, 1, 7]) {
      expect(loader.at(epoch, 0).y.toArray()).toEqual(random.permutation(random.foldIn(random.key(3), epoch), 10).toArray());
    }
    expect(loader.at(0, 0).y.toArray()).not.toEqual(loader.at(1, 0).y.toArray());
  });

  test("every example comes once in an epoch, whatever the sizes; from(n) is the rest of from(0)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 35 }),
        fc.nat({ max: 40 }),
        fc.boolean(),
        (n, batchSize, start, drop) => {
          fc.pre(!drop || batchSize <= n);
          const loader = batches(data(n), { batchSize, key: random.key(n), dropRemainder: drop });
          expect(loader.perEpoch).toBe(drop ? Math.floor(n / batchSize) : Math.ceil(n / batchSize));
          const seen = [...loader.epoch(1)].flatMap(({ y }) => Array.from(y.toTypedArray()));
          expect(new Set(seen).size).toBe(drop ? loader.perEpoch * batchSize : n);
          expect(seen).toHaveLength(drop ? loader.perEpoch * batchSize : n);
          const show = (items: ReturnType<typeof data>[]): unknown => items.map(({ x, y }) => [x.toArray(), y.toArray()]);
          expect(show(take(loader.from(start), 5))).toEqual(show(take(loader.from(0), start + 5).slice(start)));
          expect(show([loader.at(Math.floor(start / loader.perEpoch), start % loader.perEpoch)])).toEqual(
            show(take(loader.from(start), 1)),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("scalars for examples, and a single array for data", () => {
    expect([...batches(np.arange(3), { batchSize: 2 }).epoch(0)].map((y) => y.toArray())).toEqual([[0, 1], [2]]);
  });

  test.each([
    {
      what: "different numbers of examples",
      make: () => batches({ x: np.ones([3]), y: np.ones([4]) }, { batchSize: 1 }),
      says: "float32[3] at data.x, got float32[4] at data.y",
    },
    { what: "a scalar", make: () => batches({ x: np.ones([3]), y: 2 }, { batchSize: 1 }), says: "got float32[] at data.y" },
    { what: "no example", make: () => batches(np.ones([0, 2]), { batchSize: 1 }), says: "at least one" },
    { what: "no array", make: () => batches({}, { batchSize: 1 }), says: "a tree with an array, got one without" },
    { what: "a batch of none", make: () => batches(np.ones([3]), { batchSize: 0 }), says: "a batchSize of at least 1, got 0" },
    {
      what: "a batch too large to be full",
      make: () => batches(np.ones([3]), { batchSize: 4, dropRemainder: true }),
      says: "a batchSize from 1 to the number of examples, 3, got 4",
    },
    // @ts-expect-error A misspelt option.
    { what: "an unknown option", make: () => batches(np.ones([3]), { batchSize: 1, shuffle: true }), says: "got shuffle" },
    {
      what: "a place that is none",
      make: () => batches(np.ones([3]), { batchSize: 1 }).at(0, 3),
      says: "a batch of the epoch from 0 to 2, got 3",
    },
    { what: "an epoch that is none", make: () => batches(np.ones([3]), { batchSize: 1 }).epoch(-1), says: "an epoch from 0, got -1" },
    {
      what: "tracers",
      make: () => jit((x: ReturnType<typeof np.ones>) => batches(x, { batchSize: 1 }).at(0, 0))(np.ones([2])),
      says: "batches: expected concrete arrays",
    },
  ])("refuses $what", ({ make, says }) => {
    expect(make).toThrow(says);
  });
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("prefetch", () => {
  test("keeps so many ready, one request at a time, and the order", async () => {
    const log: string[] = [];
    let requests = 0;
    let [asking, most] = [0, 0];
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          asking++;
          most = Math.max(most, asking);
          await sleep(1);
          asking--;
          log.push(`made ${requests}`);
          return requests < 6 ? { done: false, value: requests++ } : { done: true, value: undefined };
        },
      }),
    };
    const items: number[] = [];
    for await (const item of prefetch(source, 3)) {
      await sleep(20);
      log.push(`used ${item}`);
      items.push(item);
    }
    expect(items).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(1);
    // While the first was used, three more were made, and no fourth.
    expect(log.slice(0, log.indexOf("used 0"))).toEqual(["made 0", "made 1", "made 2", "made 3"]);
  });

  test("an error comes after the items before it", async () => {
    const source = function* () {
      yield 1;
      yield 2;
      throw new Error("the disk is gone");
    };
    const items: number[] = [];
    const run = async (): Promise<void> => {
      for await (const item of prefetch(source(), 5)) items.push(item);
    };
    await expect(run()).rejects.toThrow("the disk is gone");
    expect(items).toEqual([1, 2]);
  });

  test("whoever stops early closes the source, once, also in the middle of a request", async () => {
    for (const [ahead, wait] of [
      [1, 0],
      [4, 0],
      [2, 10],
    ]) {
      let closed = 0;
      const source = async function* () {
        try {
          for (let i = 0; ; i++) {
            await sleep(wait);
            yield i;
          }
        } finally {
          closed++;
        }
      };
      for await (const item of prefetch(source(), ahead)) if (item === 1) break;
      expect(closed, `${ahead} ahead`).toBe(1);
    }
  });

  test("after the end there is nothing more; each iteration begins anew", async () => {
    const source = prefetch([1, 2, 3], 2);
    expect(await gather(source)).toEqual([1, 2, 3]);
    expect(await gather(source)).toEqual([1, 2, 3]);
    const iterator = source[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await gather(prefetch([], 2))).toEqual([]);
  });

  test("of a loader it makes a loader", async () => {
    const loader = prefetch(batches(np.arange(4), { batchSize: 2 }), 2);
    expect(loader.perEpoch).toBe(2);
    const seen: unknown[] = [];
    for await (const batch of loader.from(1)) {
      seen.push(batch.toArray());
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      [2, 3],
      [0, 1],
      [2, 3],
    ]);
  });

  test("refuses to hold none", () => {
    expect(() => prefetch([1], 0)).toThrow("prefetch: expected a number of batches from 1, got 0.");
  });
});
