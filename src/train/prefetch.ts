// Batches made ahead of time: while a step runs or waits, the source is asked for the next ones. Order stays, an error comes where
// the source threw it, and whoever stops early closes the source.

import { OptionError } from "../core/errors.js";
import type { Loader } from "./batches.js";

type Source<T> = Iterable<T> | AsyncIterable<T>;
type Item<T> = { readonly value: T } | { readonly error: unknown };

const iteratorOf = <T>(source: Source<T>): Iterator<T> | AsyncIterator<T> =>
  Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();

/** Fills a queue from a source, one request at a time, and stops while the queue is full. */
class Pump<T> implements AsyncIterator<T, undefined> {
  readonly #items: Item<T>[] = [];
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #ahead: number;
  #wake: (() => void) | undefined;
  #room: (() => void) | undefined;
  #ended = false;
  #closed = false;
  readonly #running: Promise<void>;

  constructor(source: Source<T>, ahead: number) {
    this.#iterator = iteratorOf(source);
    this.#ahead = ahead;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed) {
        const { done, value } = await this.#iterator.next();
        if (done === true) break;
        this.#items.push({ value });
        this.#wake?.();
        while (this.#items.length >= this.#ahead && !this.#closed) await new Promise<void>((resolve) => (this.#room = resolve));
      }
    } catch (error) {
      this.#items.push({ error });
    }
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    const item = this.#closed ? undefined : this.#items.shift();
    this.#room?.();
    if (item === undefined) return { done: true, value: undefined };
    if ("error" in item) {
      this.#closed = true;
      throw item.error;
    }
    return { done: false, value: item.value };
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    const first = !this.#closed;
    this.#closed = true;
    this.#room?.();
    const ended = this.#ended;
    await this.#running;
    if (first && !ended) await this.#iterator.return?.();
    this.#items.length = 0;
    return { done: true, value: undefined };
  }
}

const isLoader = <T>(source: Source<T> | Loader<T>): source is Loader<T> => "perEpoch" in source;

/**
 * The same batches, of which up to `ahead` are made before they are asked for. Of a loader it makes a loader.
 *
 * An error of the source comes after the batches before it; `return` (a `break` in `for await`) closes the source. The source
 * should wait for something (a file, a worker) to gain by it: on one thread nothing is faster for being done earlier.
 *
 * @throws OptionError unless `ahead` is a whole number from 1.
 * @example for await (const batch of train.prefetch(readBatches(paths), 2)) console.log(batch);
 */
export function prefetch<T>(source: Loader<T>, ahead?: number): Loader<T>;
export function prefetch<T>(source: Iterable<T> | AsyncIterable<T>, ahead?: number): AsyncIterable<T>;
export function prefetch<T>(source: Source<T> | Loader<T>, ahead = 2): AsyncIterable<T> | Loader<T> {
  if (!Number.isSafeInteger(ahead) || ahead < 1) {
    throw new OptionError({
      op: "prefetch",
      expected: "a number of batches from 1",
      received: String(ahead),
      remedy: "pass how many batches to hold ready",
    });
  }
  if (isLoader(source)) return { perEpoch: source.perEpoch, from: (step) => prefetch(source.from(step), ahead) };
  return { [Symbol.asyncIterator]: () => new Pump(source, ahead) };
}
