// How late the event loop is: a timer that should come every so often, and by how much it came later. One event loop is
// the broker, so this is the first thing to look at when latencies grow. (DESIGN §4.4: no task holds it above 5 ms.)

import type { Clock, Timer, Timers } from '@ottla/platform';
import { Histogram } from 'prom-client';
import type { BrokerMetrics } from './broker-metrics.ts';

const INTERVAL_MS = 100;
/** Seconds. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Measures from construction until `close`. */
export class LoopDelay {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #timers: Pick<Timers, 'set'>;
  readonly #delay: Histogram;
  #timer: Timer | undefined;
  #maxMs = 0;

  constructor(
    platform: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly timers: Pick<Timers, 'set'> },
    metrics: BrokerMetrics,
  ) {
    this.#clock = platform.clock;
    this.#timers = platform.timers;
    this.#delay = new Histogram({
      name: 'ottla_event_loop_delay_seconds',
      help: 'How much later than asked a timer came.',
      buckets: BUCKETS,
      registers: [metrics.registry],
    });
    metrics.gauge(
      'ottla_event_loop_delay_max_seconds',
      'The longest delay since the metrics were read last.',
      () => {
        const seconds = this.#maxMs / 1000;
        this.#maxMs = 0;
        return seconds;
      },
    );
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    const dueMs = this.#clock.monotonicMs() + INTERVAL_MS;
    this.#timer = this.#timers.set(INTERVAL_MS, () => {
      // Timers have whole milliseconds, so up to one of them is no delay.
      const lateMs = Math.max(0, this.#clock.monotonicMs() - dueMs - 1);
      this.#maxMs = Math.max(this.#maxMs, lateMs);
      this.#delay.observe(lateMs / 1000);
      this.#arm();
    });
  }
}
