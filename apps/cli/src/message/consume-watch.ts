// What can end `consume` between two messages: no message for too long, or the end of the partitions reached through
// records that are not shown (transaction markers, gaps left by compaction).
import type { Consumer } from '@ottla/client';
import type { Platform, Timer } from '@ottla/platform';
import type { StopRule } from './stop-rule.ts';

const LOOK_MS = 50;

/** Joining a group takes its time; the idle time starts after it, or after so long. */
const JOIN_MS_MAX = 30_000;

interface WatchOptions {
  readonly rule: StopRule;
  readonly platform: Platform;
  readonly options: { readonly timeout?: number; readonly group?: string };
}

/** Looks now and then; runs from its construction to `close`. */
export class ConsumeWatch {
  readonly #consumer: Consumer;
  readonly #watch: WatchOptions;
  readonly #controller = new AbortController();
  readonly #startMs: number;
  #lastMs: number;
  #hasJoined: boolean;
  #timer: Timer;

  constructor(consumer: Consumer, watch: WatchOptions) {
    this.#consumer = consumer;
    this.#watch = watch;
    this.#startMs = watch.platform.clock.monotonicMs();
    this.#lastMs = this.#startMs;
    this.#hasJoined = watch.options.group === undefined;
    this.#timer = this.#next();
  }

  /** Aborted when it is time to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The idle time starts again. */
  sawMessages(): void {
    this.#lastMs = this.#watch.platform.clock.monotonicMs();
  }

  /** Ends the looking. */
  close(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#watch.platform.timers.set(LOOK_MS, () => {
      if (this.#isOver()) this.#controller.abort();
      else this.#timer = this.#next();
    });
  }

  #isOver(): boolean {
    const { rule, options, platform } = this.#watch;
    const assignment = this.#consumer.assignment();
    const nowMs = platform.clock.monotonicMs();
    if (!this.#hasJoined) {
      this.#hasJoined = assignment.length > 0 || nowMs - this.#startMs > JOIN_MS_MAX;
      this.#lastMs = nowMs;
    }
    for (const target of assignment)
      rule.reached(target.topic, target.partition, this.#consumer.position(target));
    return (
      rule.isDone || (options.timeout !== undefined && nowMs - this.#lastMs >= options.timeout)
    );
  }
}
