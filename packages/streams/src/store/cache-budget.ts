// How much the caches of one application may hold back: one budget for all stores of an instance. Each entry counts as the
// bytes of its key plus an allowance; above the budget the cache that is full asks its task to flush.
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
