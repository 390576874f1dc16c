// The producer's memory is bounded: who wants more than is left waits in line. Kafka: BufferPool.
import type { Platform } from '@ottla/platform';
import { TimeoutError } from '../errors.ts';

interface Claim {
  readonly bytes: number;
  readonly grant: () => void;
}

export class MemoryBound {
  readonly limitBytes: number;
  readonly #platform: Platform;
  #usedBytes = 0;
  readonly #waiting: Claim[] = [];

  constructor(limitBytes: number, platform: Platform) {
    this.limitBytes = limitBytes;
    this.#platform = platform;
  }

  /** How many claims wait. */
  get waitingCount(): number {
    return this.#waiting.length;
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

  /**
   * Resolves when the bytes are the caller's, in the order of the calls.
   * @throws TimeoutError `BUFFER_EXHAUSTED` after `timeoutMs`; the signal's reason when aborted
   */
  take(bytes: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown): void => {
        this.#waiting.splice(this.#waiting.indexOf(claim), 1);
        settled();
        reject(reason);
        this.#grant();
      };
      const onAbort = (): void => giveUp(signal!.reason);
      const timer = this.#platform.timers.set(timeoutMs, () => giveUp(this.#exhausted(timeoutMs)));
      const settled = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const claim = {
        bytes,
        grant: () => {
          settled();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort);
      this.#waiting.push(claim);
    });
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#grant();
  }

  #grant(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // One that is larger than everything goes through alone.
      if (this.#usedBytes > 0 && this.#usedBytes + next.bytes > this.limitBytes) return;
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.grant();
    }
  }

  #exhausted(timeoutMs: number): TimeoutError {
    return new TimeoutError(
      'BUFFER_EXHAUSTED',
      `the ${this.limitBytes} bytes of bufferMemoryBytes were in use for ${timeoutMs} ms`,
    );
  }
}
