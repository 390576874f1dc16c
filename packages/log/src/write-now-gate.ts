// Whether a small append is written in place or handed to the thread pool. Handing 16 KB over costs 58 µs of CPU (a futex, two
// thread switches, a callback), copying them into the page cache 10 µs; but when the system makes writers wait, only the thread pool
// keeps the event loop free. So: in place while that is quick, elsewhere for a while after it was not. Decision 0017.
import type { Clock } from '@ottla/platform';

export interface WriteNowLimits {
  /** Appends up to this size are written in place; 0: none. Default 256 KB, about 65 µs. */
  readonly bytesMax?: number;
  /** A write in place that takes longer shows that writers have to wait. Default 2 ms. */
  readonly slowMs?: number;
  /** So many times its duration everything goes to the thread pool then. Default 20: the loop waits for 5 % of the time at most. */
  readonly restFactor?: number;
}

/** One for each disk. */
export class WriteNowGate {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #slowMs: number;
  readonly #restFactor: number;
  #restsUntilMs = -Infinity;

  constructor(clock: Clock, limits: WriteNowLimits = {}) {
    this.#clock = clock;
    this.#bytesMax = limits.bytesMax ?? 256 * 1024;
    this.#slowMs = limits.slowMs ?? 2;
    this.#restFactor = limits.restFactor ?? 20;
  }

  /** Runs `write` in place, if it may. @returns whether it ran; throws as it does */
  run(sizeBytes: number, write: () => void): boolean {
    if (sizeBytes > this.#bytesMax) return false;
    const startMs = this.#clock.monotonicMs();
    if (startMs < this.#restsUntilMs) return false;
    write();
    const endMs = this.#clock.monotonicMs();
    const tookMs = endMs - startMs;
    if (tookMs > this.#slowMs) this.#restsUntilMs = endMs + tookMs * this.#restFactor;
    return true;
  }
}
