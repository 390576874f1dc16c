// DeferredResponses: who waits for which offset to be committed.
// Kafka: org.apache.kafka.deferred.DeferredEventQueue.

interface Waiter {
  /** Inclusive. */
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Promises that are kept when an offset is committed. */
export class DeferredResponses {
  readonly #countMax: number;
  /** In the order in which they came, which is also that of their offsets. */
  #waiters: Waiter[] = [];
  #committedOffset = -1;

  /** @param countMax waiters at which `isFull` becomes true */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#waiters.length;
  }

  get isFull(): boolean {
    return this.#waiters.length >= this.#countMax;
  }

  /** Resolves when everything up to `offset` (inclusive) is committed, which may be so already. */
  until(offset: number): Promise<void> {
    if (offset <= this.#committedOffset) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.push({ offset, resolve, reject });
    return promise;
  }

  /** Everything up to `offset` (inclusive) is committed. */
  release(offset: number): void {
    this.#committedOffset = Math.max(this.#committedOffset, offset);
    const open = this.#waiters.findIndex((waiter) => waiter.offset > offset);
    const ready = this.#waiters.splice(0, open === -1 ? this.#waiters.length : open);
    for (const { resolve } of ready) resolve();
  }

  /** Nothing that is waited for will be committed by this controller. */
  rejectAll(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}
