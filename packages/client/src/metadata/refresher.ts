// Keeps metadata coming: gathers the topics that somebody found to be out of date and asks for them together, never more
// often than the retry backoff allows.
import { isRetriable } from '../errors.ts';
import { backoffMs, type RetryPolicy } from '../retry.ts';

export class Refresher {
  readonly #policy: RetryPolicy;
  readonly #refresh: (topics: readonly string[]) => Promise<unknown>;
  readonly #topics = new Set<string>();
  readonly #closing = new AbortController();
  #isRunning = false;
  /** Monotonic milliseconds of the last attempt. */
  #askedMs = -Infinity;
  #failures = 0;

  constructor(policy: RetryPolicy, refresh: (topics: readonly string[]) => Promise<unknown>) {
    this.#policy = policy;
    this.#refresh = refresh;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  request(topics: Iterable<string>): void {
    for (const topic of topics) this.#topics.add(topic);
    if (!this.#isRunning && !this.#closing.signal.aborted) void this.#run();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#closing;
    while (this.#topics.size > 0 && !signal.aborted) {
      await this.#pause(signal);
      if (signal.aborted) break;
      const topics = [...this.#topics];
      this.#topics.clear();
      this.#askedMs = this.#policy.platform.clock.monotonicMs();
      try {
        await this.#refresh(topics);
        this.#failures = 0;
      } catch (error) {
        this.#failures += 1;
        // Whoever needs the metadata has a time limit of its own.
        if (isRetriable(error)) for (const topic of topics) this.#topics.add(topic);
      }
    }
    this.#isRunning = false;
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.#policy.platform;
    const dueMs = this.#askedMs + backoffMs(this.#policy, this.#failures + 1);
    const waitMs = dueMs - clock.monotonicMs();
    // Aborted: the loop ends.
    if (waitMs > 0) await timers.sleep(waitMs, signal).catch(() => undefined);
  }
}
