// Files and folders on their way out: already renamed, removed after a delay, so that a reader that opened them just
// before is served. What is still there at a crash goes at the next start. Kafka: LogManager.kafka-delete-logs.
import type { Disk, Logger, Timer, Timers } from '@ottla/platform';

export class DelayedRemovals {
  readonly #disk: Disk;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #waiting = new Map<Timer, readonly string[]>();
  readonly #running = new Set<Promise<void>>();

  constructor(disk: Disk, timers: Timers, logger: Logger) {
    this.#disk = disk;
    this.#timers = timers;
    this.#logger = logger;
  }

  /** Removes the paths `delayMs` from now. */
  add(paths: readonly string[], delayMs: number): void {
    if (paths.length === 0) return;
    const timer = this.#timers.set(delayMs, () => {
      this.#waiting.delete(timer);
      this.#remove(paths);
    });
    this.#waiting.set(timer, paths);
  }

  /** Ends the waiting; what was to be removed is left for the next start. */
  async close(): Promise<void> {
    for (const timer of this.#waiting.keys()) timer.cancel();
    this.#waiting.clear();
    await Promise.all(this.#running);
  }

  #remove(paths: readonly string[]): void {
    const removing = (async () => {
      for (const path of paths)
        await this.#disk
          .remove(path)
          .catch((error: unknown) =>
            this.#logger.warn('cannot remove a deleted file', { path, error: String(error) }),
          );
    })();
    this.#running.add(removing);
    void removing.finally(() => this.#running.delete(removing));
  }
}
