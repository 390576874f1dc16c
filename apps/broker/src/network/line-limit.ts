// Log lines that a stranger can cause, at most so many a second: an attack must not fill the disk with its own story.

import type { Clock, LogFields, Logger } from '@ottla/platform';

const WINDOW_MS = 1000;

/** Writes warnings; those above the limit are counted, and the count goes with the next one that is written. */
export class LineLimit {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #linesPerSecondMax: number;
  #windowStartMs = -Infinity;
  #lines = 0;
  #dropped = 0;

  constructor(logger: Logger, clock: Pick<Clock, 'monotonicMs'>, linesPerSecondMax = 10) {
    this.#logger = logger;
    this.#clock = clock;
    this.#linesPerSecondMax = linesPerSecondMax;
  }

  warn(message: string, fields: LogFields): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = now;
      this.#lines = 0;
    }
    if (this.#lines >= this.#linesPerSecondMax) {
      this.#dropped += 1;
      return;
    }
    this.#lines += 1;
    const more = this.#dropped > 0 ? { similarLinesDropped: this.#dropped } : {};
    this.#dropped = 0;
    this.#logger.warn(message, { ...fields, ...more });
  }
}
