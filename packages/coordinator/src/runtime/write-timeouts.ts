// The bound on how long an answer waits for the high watermark. All operations wait equally long, so the first to come is the
// first to be due and one timer is enough.

import type { Clock, Timer, Timers } from '@ottla/platform';
import { CoordinatorError } from './coordinator-error.ts';
import type { PendingOperation } from './pending-operation.ts';

interface Deadline {
  readonly atMs: number;
  readonly operation: PendingOperation;
}

/** Settles operations with REQUEST_TIMED_OUT when they have waited `timeoutMs`. */
export class WriteTimeouts {
  readonly #platform: { readonly clock: Clock; readonly timers: Timers };
  readonly #timeoutMs: number;
  #deadlines: Deadline[] = [];
  #head = 0;
  #timer: Timer | undefined;

  constructor(platform: { readonly clock: Clock; readonly timers: Timers }, timeoutMs: number) {
    this.#platform = platform;
    this.#timeoutMs = timeoutMs;
  }

  add(operation: PendingOperation): void {
    this.#dropSettled();
    const atMs = this.#platform.clock.monotonicMs() + this.#timeoutMs;
    this.#deadlines.push({ atMs, operation });
    this.#timer ??= this.#platform.timers.set(this.#timeoutMs, () => this.#fire());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#deadlines = [];
    this.#head = 0;
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#platform.clock.monotonicMs();
    for (this.#dropSettled(); ; this.#dropSettled()) {
      const first = this.#deadlines[this.#head];
      if (first === undefined) return;
      if (first.atMs > nowMs) {
        this.#timer = this.#platform.timers.set(first.atMs - nowMs, () => this.#fire());
        return;
      }
      const message = `not committed within ${this.#timeoutMs} ms`;
      first.operation.settle(new CoordinatorError('REQUEST_TIMED_OUT', message));
    }
  }

  #dropSettled(): void {
    while (this.#deadlines[this.#head]?.operation.isSettled === true) this.#head += 1;
    if (this.#head === this.#deadlines.length) {
      this.#deadlines = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#deadlines = this.#deadlines.slice(this.#head);
      this.#head = 0;
    }
  }
}
