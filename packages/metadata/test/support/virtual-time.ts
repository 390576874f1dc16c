// A clock and timers that move only when the test says so.
import type { Clock, Timer, Timers } from '@ottla/platform';

export class VirtualTime implements Clock, Timers {
  #nowMs = 0;
  readonly #pending = new Set<{ atMs: number; callback: () => void }>();

  nowMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Timers that were set and neither ran nor were cancelled. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  set(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.set(delayMs, resolve));
  }

  yield(callback: () => void): void {
    this.set(0, callback);
  }

  /** Lets time pass; timers run in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#pending]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
