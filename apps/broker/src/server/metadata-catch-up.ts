// Waiting for metadata: a change that the controller has committed is worth telling a client once this broker works with
// it, so that the client's next request (the first produce to a new topic) does not meet a broker that has not heard yet.
// Kafka answers earlier, and lets clients try again.

import type { MetadataImage } from '@ottla/metadata';
import type { Timers } from '@ottla/platform';

export interface MetadataCatchUpOptions {
  readonly timers: Pick<Timers, 'sleep'>;
  /** The newest metadata that this broker has taken in. */
  readonly image: () => MetadataImage;
  /** Settles when the partitions are as the metadata taken in so far says: logs opened, configured, deleted. */
  readonly settled: () => Promise<void>;
}

type Condition = (image: MetadataImage) => boolean;

/** Those who wait for metadata. */
export class MetadataCatchUp {
  readonly #options: MetadataCatchUpOptions;
  readonly #waiting = new Set<() => void>();
  readonly #closing = new AbortController();

  constructor(options: MetadataCatchUpOptions) {
    this.#options = options;
  }

  /** The broker has taken in new metadata. */
  published(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when the metadata that this broker has taken in fulfils the condition, in the same turn if it does already. */
  async reached(holds: Condition, signal?: AbortSignal): Promise<void> {
    if (holds(this.#options.image())) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(look);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const look = (): void => {
        if (holds(this.#options.image())) done();
      };
      this.#waiting.add(look);
      signal?.addEventListener('abort', done);
    });
  }

  /** Resolves when the partitions of this broker are as such metadata says; no later than after `timeoutMs`, or at `close`. */
  applied(holds: Condition, timeoutMs: number): Promise<void> {
    return this.within(timeoutMs, async (signal) => {
      await this.reached(holds, signal);
      await this.#options.settled();
    });
  }

  /** Resolves when the work is done or `timeoutMs` have passed, or at `close`; then the signal says so to the work. */
  async within(timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (timeoutMs <= 0) return;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    const timeUp = this.#options.timers.sleep(timeoutMs, signal).catch(() => undefined);
    try {
      await Promise.race([work(signal), timeUp]);
    } finally {
      over.abort();
    }
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closing.abort();
  }
}
