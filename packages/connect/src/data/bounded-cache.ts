// Remembers what was made of a schema. Kafka: common.cache.LRUCache. Keys count by identity: a schema that equals another
// but is not the same object is only computed again.

/** Forgets what was used longest ago once there are more than `entryCountMax` entries. */
export class BoundedCache<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #entryCountMax: number;

  constructor(entryCountMax: number) {
    this.#entryCountMax = entryCountMax;
  }

  /** The remembered value, or what `make` returns. */
  get(key: K, make: () => V): V {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const made = make();
    this.#entries.set(key, made);
    if (this.#entries.size > this.#entryCountMax) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return made;
  }
}
