// Warnings about what is tried again many times: each once in a while, with how often it was so meanwhile.
import type { Clock, LogFields, Logger } from '@ottla/platform';

/** The same again is told after so long. */
const AGAIN_AFTER_MS = 30_000;

export class RepeatedLines {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #logger: Logger;
  #last: { readonly text: string; readonly saidMs: number; dropped: number } | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Writes it unless it is what was written last, and not long ago. */
  warn(message: string, fields: LogFields = {}): void {
    const text = `${message} ${String(fields['reason'])}`;
    const nowMs = this.#clock.monotonicMs();
    if (this.#last?.text === text && nowMs - this.#last.saidMs < AGAIN_AFTER_MS) {
      this.#last.dropped += 1;
      return;
    }
    const dropped = this.#last?.text === text ? this.#last.dropped : 0;
    this.#last = { text, saidMs: nowMs, dropped: 0 };
    this.#logger.warn(message, dropped === 0 ? fields : { ...fields, timesMeanwhile: dropped });
  }

  /** It worked: whatever fails next is news. */
  forget(): void {
    this.#last = undefined;
  }
}
