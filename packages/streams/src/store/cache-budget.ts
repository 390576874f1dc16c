// How much the caches of one application may hold back: one budget for all stores of an instance. An entry counts as its key's
// bytes, the size of its store's values as sampled, and an allowance; above the budget the loop commits early.
// Kafka: `statestore.cache.max.bytes`, ThreadCache.

/** Shared by all caches of an instance. */
export class CacheBudget {
  readonly maxBytes: number;
  #usedBytes = 0;

  /** @param maxBytes `statestore.cache.max.bytes` */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isExceeded(): boolean {
    return this.#usedBytes > this.maxBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
