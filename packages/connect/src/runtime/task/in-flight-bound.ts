// How much of a source task may be on its way to the cluster. Beyond it the task waits until half is through: one wait for
// thousands of records, where the producer's own bound would have each of them wait for itself, and little to hold in memory.

/** Enough for some brokers with full batches; what comes after it lies safely in the source. */
const BYTES_MAX = 4 * 1024 * 1024;

export class InFlightBound {
  #bytes = 0;
  #free: PromiseWithResolvers<void> | undefined;
  readonly #stopping: AbortSignal;

  /** @param stopping nobody waits any more once it is aborted */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => this.#release(), { once: true });
  }

  /** A record has been given to the producer. */
  enter(sizeBytes: number): void {
    this.#bytes += sizeBytes;
  }

  /** It is through, or was not taken. */
  leave(sizeBytes: number): void {
    this.#bytes -= sizeBytes;
    if (this.#free !== undefined && this.#bytes <= BYTES_MAX / 2) this.#release();
  }

  /** @returns nothing when there is room; else a promise to wait for, which never rejects */
  room(): Promise<void> | undefined {
    if (this.#bytes < BYTES_MAX || this.#stopping.aborted) return undefined;
    this.#free ??= Promise.withResolvers();
    return this.#free.promise;
  }

  /** From now on nobody waits: what is under way will not get through. */
  lift(): void {
    this.#bytes = Number.NEGATIVE_INFINITY;
    this.#release();
  }

  #release(): void {
    this.#free?.resolve();
    this.#free = undefined;
  }
}
