// The producer's memory is bounded: who wants more than is left waits in line. Kafka: BufferPool.

export class MemoryBound {
  readonly limitBytes: number;
  #usedBytes = 0;
  readonly #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes the bytes if they are there and nobody waits. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || this.#usedBytes + bytes > this.limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Resolves when the bytes are the caller's, in the order of the calls. */
  take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // One that is larger than everything goes through alone.
      if (this.#usedBytes > 0 && this.#usedBytes + next.bytes > this.limitBytes) return;
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.resolve();
    }
  }
}
