// Time for the tests of this package: it moves only when told, and everything due happens in one order.

import type { Clock, Timer, Timers } from '@ottla/platform';

interface Due {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** A clock and timers that `run` moves. */
export class VirtualTime implements Clock, Timers {
  readonly #startMs = 1_760_000_000_000;
  #elapsedMs = 0;
  #sequence = 0;
  #due: Due[] = [];

  /** Timers set and not fired or cancelled. */
  get timerCount(): number {
    return this.#due.length;
  }

  nowMs(): number {
    return this.#startMs + Math.floor(this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  set(delayMs: number, callback: () => void): Timer {
    const due = { atMs: this.#elapsedMs + delayMs, sequence: (this.#sequence += 1), callback };
    this.#due.push(due);
    return { cancel: () => void (this.#due = this.#due.filter((each) => each !== due)) };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.set(delayMs, resolve));
  }

  yield(callback: () => void): void {
    this.set(0, callback);
  }

  /** Lets `durationMs` pass, with all that happens in it. */
  async run(durationMs = 0): Promise<void> {
    const endMs = this.#elapsedMs + durationMs;
    await drainMicrotasks();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.atMs > endMs) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
      await drainMicrotasks();
    }
    this.#elapsedMs = endMs;
  }

  #earliest(): Due | undefined {
    let earliest: Due | undefined;
    for (const due of this.#due) {
      if (earliest === undefined || due.atMs < earliest.atMs) earliest = due;
      else if (due.atMs === earliest.atMs && due.sequence < earliest.sequence) earliest = due;
    }
    return earliest;
  }
}

/** Every promise that can go on has gone on when this resolves. */
function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
