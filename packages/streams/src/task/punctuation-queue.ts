// Punctuations that wait for their time, of one kind of clock. Kafka: PunctuationQueue, PunctuationSchedule.
import type { Punctuation, Punctuator } from '../processor/processor.ts';
import type { NodeContextLike } from './task-host.ts';

/** A punctuation, and when it is due next. */
export interface ScheduledPunctuation extends Punctuation {
  readonly node: NodeContextLike;
  readonly punctuator: Punctuator;
  readonly intervalMs: number;
  /** Milliseconds since 1970. */
  dueMs: number;
  isCancelled: boolean;
}

export class PunctuationQueue {
  /** By due time; of equal ones the first scheduled first. */
  readonly #schedules: ScheduledPunctuation[] = [];

  /** @param dueMs when it fires first */
  schedule(
    node: NodeContextLike,
    punctuator: Punctuator,
    intervalMs: number,
    dueMs: number,
  ): Punctuation {
    const scheduled: ScheduledPunctuation = {
      node,
      punctuator,
      intervalMs,
      dueMs,
      isCancelled: false,
      cancel() {
        scheduled.isCancelled = true;
      },
    };
    this.#insert(scheduled);
    return scheduled;
  }

  /** Takes the next one that is due at `nowMs`; the caller calls it and gives it back with `again`. */
  takeDue(nowMs: number): ScheduledPunctuation | undefined {
    for (;;) {
      const first = this.#schedules[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      this.#schedules.shift();
      if (!first.isCancelled) return first;
    }
  }

  /** Whether something is due. */
  isDue(nowMs: number): boolean {
    const first = this.#schedules[0];
    return first !== undefined && first.dueMs <= nowMs;
  }

  /** When the first one is due, cancelled or not; undefined when there is none. */
  get nextDueMs(): number | undefined {
    return this.#schedules[0]?.dueMs;
  }

  /** Schedules the next time of one that fired, unless it was cancelled; missed times are passed over. */
  again(scheduled: ScheduledPunctuation, nowMs: number): void {
    if (scheduled.isCancelled) return;
    scheduled.dueMs = nextDueAfter(scheduled.dueMs, scheduled.intervalMs, nowMs);
    this.#insert(scheduled);
  }

  clear(): void {
    this.#schedules.length = 0;
  }

  #insert(scheduled: ScheduledPunctuation): void {
    let at = this.#schedules.length;
    while (at > 0 && this.#schedules[at - 1]!.dueMs > scheduled.dueMs) at -= 1;
    this.#schedules.splice(at, 0, scheduled);
  }
}

/** The first multiple of the interval after `dueMs` that is later than `nowMs`. */
export function nextDueAfter(dueMs: number, intervalMs: number, nowMs: number): number {
  const missed = nowMs >= dueMs + intervalMs ? Math.floor((nowMs - dueMs) / intervalMs) : 0;
  return dueMs + (missed + 1) * intervalMs;
}
