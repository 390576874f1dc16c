// Entries of two layers in one order: what is in front replaces what is behind it under the same key, null hides it. Both are in
// the same order of bytes. Kafka: AbstractMergedSortedCacheStoreIterator.
import type { SortedEntry } from './sorted-bytes.ts';

/** @param reverse whether both have the largest key first */
export function* merged<T>(
  front: Iterable<SortedEntry<T | null>>,
  behind: Iterable<SortedEntry<T>>,
  reverse: boolean,
): Generator<SortedEntry<T>> {
  const layer = new FrontLayer(front, reverse);
  for (const entry of behind) {
    yield* layer.upTo(entry.key);
    if (!layer.hides(entry.key)) yield entry;
  }
  yield* layer.upTo(undefined);
}

/** The same when what is behind comes later. */
export async function* mergedLater<T>(
  front: Iterable<SortedEntry<T | null>>,
  behind: AsyncIterable<SortedEntry<T>>,
  reverse: boolean,
): AsyncGenerator<SortedEntry<T>> {
  const layer = new FrontLayer(front, reverse);
  for await (const entry of behind) {
    yield* layer.upTo(entry.key);
    if (!layer.hides(entry.key)) yield entry;
  }
  yield* layer.upTo(undefined);
}

class FrontLayer<T> {
  readonly #entries: Iterator<SortedEntry<T | null>>;
  readonly #reverse: boolean;
  #next: SortedEntry<T | null> | undefined;
  #passed: Buffer | undefined;

  constructor(entries: Iterable<SortedEntry<T | null>>, reverse: boolean) {
    this.#entries = entries[Symbol.iterator]();
    this.#reverse = reverse;
    this.#advance();
  }

  /** What is left up to a key (inclusive), deletions left out; undefined: all of it. */
  *upTo(key: Buffer | undefined): Generator<SortedEntry<T>> {
    for (; this.#next !== undefined && !this.#isBehind(this.#next.key, key); this.#advance()) {
      const { key: own, value } = this.#next;
      this.#passed = own;
      if (value !== null) yield { key: own, value };
    }
  }

  /** Whether the key, up to which it just went, is its own too. */
  hides(key: Buffer): boolean {
    return this.#passed?.equals(key) === true;
  }

  #isBehind(own: Buffer, key: Buffer | undefined): boolean {
    if (key === undefined) return false;
    return this.#reverse ? own.compare(key) < 0 : own.compare(key) > 0;
  }

  #advance(): void {
    const result = this.#entries.next();
    this.#next = result.done === true ? undefined : result.value;
  }
}
