// A shard's timers by key. Moving a deadline back, as every heartbeat does, only changes a number: the timer that is set
// fires at its old time and is set again for the rest. Kafka: CoordinatorTimerImpl.

import type { Clock, Timer, Timers } from '@ottla/platform';
import type { CoordinatorResult } from './coordinator-shard.ts';

/** What happens when a timer is due: an operation like those of requests, without an answer. */
export type TimedOperation<R> = () => CoordinatorResult<R, void>;

/** Timers by key: at most one for each. */
export interface KeyedTimers<R> {
  /** Runs `operation` once, `delayMs` from now; replaces the key's earlier timer. */
  schedule(key: string, delayMs: number, operation: TimedOperation<R>): void;
  /** No effect when there is no such timer. */
  cancel(key: string): void;
}

interface Entry<R> {
  deadlineMs: number;
  operation: TimedOperation<R>;
  firesAtMs: number;
  timer: Timer;
}

/** `KeyedTimers` on the platform's clock and timers; `run` performs the due operation. */
export class ShardTimers<R> implements KeyedTimers<R> {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #run: (key: string, operation: TimedOperation<R>) => void;
  readonly #entries = new Map<string, Entry<R>>();
  #isClosed = false;

  constructor(
    platform: { readonly clock: Clock; readonly timers: Timers },
    run: (key: string, operation: TimedOperation<R>) => void,
  ) {
    this.#clock = platform.clock;
    this.#timers = platform.timers;
    this.#run = run;
  }

  /** Number of timers set. */
  get size(): number {
    return this.#entries.size;
  }

  schedule(key: string, delayMs: number, operation: TimedOperation<R>): void {
    if (this.#isClosed) return;
    // A client may name a negative timeout: it is over at once.
    const waitMs = Math.max(delayMs, 0);
    const deadlineMs = this.#clock.monotonicMs() + waitMs;
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.firesAtMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs;
      entry.operation = operation;
      return;
    }
    entry?.timer.cancel();
    const timer = this.#timers.set(waitMs, () => this.#fire(key));
    this.#entries.set(key, { deadlineMs, operation, firesAtMs: deadlineMs, timer });
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer.cancel();
    this.#entries.delete(key);
  }

  /** Cancels all; later ones are not set any more. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) entry.timer.cancel();
    this.#entries.clear();
  }

  #fire(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const restMs = entry.deadlineMs - this.#clock.monotonicMs();
    if (restMs > 0) {
      entry.firesAtMs = entry.deadlineMs;
      entry.timer = this.#timers.set(restMs, () => this.#fire(key));
      return;
    }
    this.#entries.delete(key);
    this.#run(key, entry.operation);
  }
}
