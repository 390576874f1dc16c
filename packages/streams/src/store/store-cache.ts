// What one store holds back between commits: the newest value of each key, and the record it came with. A flush gives each key
// out once, in the order of the first change. Kafka: NamedCache, CachingKeyValueStore.
import type { RecordContext } from '../processor/internal-context.ts';
import type { ByteRange } from './byte-store.ts';
import type { CacheBudget } from './cache-budget.ts';
import { SortedBytes, type SortedEntry } from './sorted-bytes.ts';

/** Objects, map slots, context; measured roughly. */
const ENTRY_BYTES = 160;
/** One put in so many is serialised to know how large values are. */
const SAMPLE_EVERY = 64;
/** How much one sample says: values that grow are noticed soon, one large value among small ones is not taken for all. */
const SAMPLE_WEIGHT = 0.25;

export interface CacheEntry<V> {
  readonly keyBytes: Buffer;
  value: V | null;
  /** Of the record that wrote it last. */
  origin: RecordContext;
  /** Written since the last flush; else only kept for reading. */
  isDirty: boolean;
  /** What it counts for. */
  readonly bytes: number;
}

export class StoreCache<V> {
  readonly #budget: CacheBudget;
  readonly #entries = new SortedBytes<CacheEntry<V>>();
  readonly #sizeOf: (value: V) => number;
  #usedBytes = 0;
  #putCount = 0;
  #valueBytes = 0;

  /** @param sizeOf serialised bytes of a value; asked now and then */
  constructor(budget: CacheBudget, sizeOf: (value: V) => number) {
    this.#budget = budget;
    this.#sizeOf = sizeOf;
  }

  get(keyBytes: Buffer): CacheEntry<V> | undefined {
    return this.#entries.get(keyBytes);
  }

  put(keyBytes: Buffer, value: V | null, origin: RecordContext): void {
    const known = this.#entries.get(keyBytes);
    if (known !== undefined) {
      known.value = value;
      known.origin = origin;
      known.isDirty = true;
      return;
    }
    if (value !== null) this.#sample(value);
    const bytes = Math.ceil(keyBytes.length + ENTRY_BYTES + this.#valueBytes);
    this.#entries.set(keyBytes, { keyBytes, value, origin, isDirty: true, bytes });
    this.#account(bytes);
  }

  #sample(value: V): void {
    const isFirst = this.#putCount === 0;
    const isDue = this.#putCount % SAMPLE_EVERY === 0;
    this.#putCount += 1;
    if (!isDue) return;
    const bytes = this.#sizeOf(value);
    this.#valueBytes = isFirst
      ? bytes
      : this.#valueBytes + (bytes - this.#valueBytes) * SAMPLE_WEIGHT;
  }

  /** Everything that changed. It stays readable until `settle`. */
  dirty(): CacheEntry<V>[] {
    const dirty: CacheEntry<V>[] = [];
    for (const { value } of this.#entries.values()) if (value.isDirty) dirty.push(value);
    return dirty;
  }

  /** What it has of a range, in order; null: deleted. */
  *range(range: ByteRange): Generator<SortedEntry<V | null>> {
    for (const { key, value } of this.#entries.range(range)) yield { key, value: value.value };
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** After a flush: what is clean leaves when there is not enough room for all of it. */
  settle(): void {
    if (this.#budget.usedBytes <= this.#budget.maxBytes >>> 1) return;
    for (const { key, value: entry } of this.#entries.values()) {
      if (entry.isDirty) continue;
      this.#entries.delete(key);
      this.#account(-entry.bytes);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#account(-this.#usedBytes);
  }

  #account(bytes: number): void {
    this.#usedBytes += bytes;
    if (bytes > 0) this.#budget.take(bytes);
    else this.#budget.give(-bytes);
  }
}
