// Time that stands until a test moves it: clock and timers for machines that need nothing else of the platform.

import { setImmediate as realTurn } from 'node:timers/promises';
import type { Timer } from '@ottla/platform';

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A `Clock` and the `set` of `Timers`. */
export class VirtualTime {
  #nowMs = 0;
  readonly #pending = new Set<Pending>();

  /** Timers that are set. */
  get pending(): number {
    return this.#pending.size;
  }

  nowMs(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  set(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.#nowMs + delayMs, callback };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** As `Timers.sleep`. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.set(delayMs, resolve);
      const stop = (): void => {
        timer.cancel();
        reject(signal!.reason as Error);
      };
      if (signal?.aborted === true) stop();
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  yield(callback: () => void): void {
    this.set(0, callback);
  }

  /** Lets time pass in small steps; before each of them everything else that can go on does. */
  async pass(byMs: number, stepMs = 10): Promise<void> {
    for (let passedMs = 0; passedMs < byMs; passedMs += stepMs) {
      await realTurn();
      this.advance(stepMs);
    }
    await realTurn();
  }

  /** Goes to the next timer and calls it. */
  step(): void {
    const next = this.#next(Infinity);
    if (next === undefined) throw new Error('no timer is set');
    this.#call(next);
  }

  /** Moves on by this much and calls what falls due on the way. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs))
      this.#call(next);
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Pending | undefined {
    let next: Pending | undefined;
    for (const entry of this.#pending)
      if (entry.dueMs <= untilMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry;
    return next;
  }

  #call(entry: Pending): void {
    this.#pending.delete(entry);
    this.#nowMs = Math.max(this.#nowMs, entry.dueMs);
    entry.callback();
  }
}
