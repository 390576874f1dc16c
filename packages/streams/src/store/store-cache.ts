// What one store holds back between commits: the newest value of each key, and the record it came with. A flush gives each key
// out once, in the order of the first change. Kafka: NamedCache, CachingKeyValueStore.
import type { RecordContext } from '../processor/internal-context.ts';
import type { CacheBudget } from './cache-budget.ts';

/** Objects, map slots, context; measured roughly. */
const ENTRY_BYTES = 160;

export interface CacheEntry<V> {
  readonly keyBytes: Buffer;
  value: V | null;
  /** Of the record that wrote it last. */
  origin: RecordContext;
  /** Written since the last flush; else only kept for reading. */
  isDirty: boolean;
}

export class StoreCache<V> {
  readonly #budget: CacheBudget;
  readonly #entries = new Map<string, CacheEntry<V>>();
  #usedBytes = 0;

  constructor(budget: CacheBudget) {
    this.#budget = budget;
  }

  get(keyBytes: Buffer): CacheEntry<V> | undefined {
    return this.#entries.get(keyBytes.toString('latin1'));
  }

  put(keyBytes: Buffer, value: V | null, origin: RecordContext): void {
    const text = keyBytes.toString('latin1');
    const known = this.#entries.get(text);
    if (known !== undefined) {
      known.value = value;
      known.origin = origin;
      known.isDirty = true;
      return;
    }
    this.#entries.set(text, { keyBytes, value, origin, isDirty: true });
    this.#account(keyBytes.length + ENTRY_BYTES);
  }

  /** Everything that changed. It stays readable until `settle`. */
  dirty(): CacheEntry<V>[] {
    return [...this.#entries.values()].filter((entry) => entry.isDirty);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** After a flush: what is clean leaves when there is not enough room for all of it. */
  settle(): void {
    if (this.#budget.usedBytes <= this.#budget.maxBytes >>> 1) return;
    for (const [text, entry] of this.#entries) {
      if (entry.isDirty) continue;
      this.#entries.delete(text);
      this.#account(-(entry.keyBytes.length + ENTRY_BYTES));
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
