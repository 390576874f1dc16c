// Hands records out: chooses the partition whose turn it is, waits where there is nothing, and knows what the user has in
// hand. Iterations and polls stand on it.
import type { Platform } from '@ottla/platform';
import type { PartitionReader } from './partition-reader.ts';
import type { UserTurn } from './user-turn.ts';

export interface RecordSourceHost {
  readers(): readonly PartitionReader[];
  /** The user asks for more: the time to tell the member that it is back. */
  onAsk(): void;
}

export class RecordSource {
  readonly turn: UserTurn;
  readonly #platform: Platform;
  readonly #host: RecordSourceHost;
  readonly #waiting = new Set<() => void>();
  /** Thrown once each, by whoever asks next. */
  readonly #errors: unknown[] = [];
  /** Thrown to everyone from now on. */
  #fatal: unknown;
  #isClosed = false;
  #place = 0;
  #inHand: PartitionReader[] = [];

  constructor(platform: Platform, turn: UserTurn, host: RecordSourceHost) {
    this.#platform = platform;
    this.turn = turn;
    this.#host = host;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a record must not be handed out without looking around first. */
  get isInterrupted(): boolean {
    return (
      this.turn.isInterrupted ||
      this.#isClosed ||
      this.#errors.length > 0 ||
      this.#fatal !== undefined
    );
  }

  /** The user asks for more: all that it had is done. */
  ask(): void {
    for (const reader of this.#inHand) reader.finish();
    this.#inHand = [];
    this.turn.ask();
    this.#host.onAsk();
  }

  /** Something of the reader goes to the user. */
  give(reader: PartitionReader): void {
    this.#inHand.push(reader);
    this.turn.give();
  }

  /** The partition whose turn it is, or undefined when none has anything. */
  nextReady(topic?: string): PartitionReader | undefined {
    const readers = this.#host.readers();
    for (let step = 0; step < readers.length; step += 1) {
      const at = (this.#place + step) % readers.length;
      const reader = readers[at]!;
      if (!reader.isReady || (topic !== undefined && reader.topic !== topic)) continue;
      this.#place = at + 1;
      return reader;
    }
    return undefined;
  }

  /**
   * Waits until nothing holds the user up; `ready` may then take what it finds, or answer undefined to wait on.
   * @param deadlineMs monotonic; does not end a wait while a rebalance works
   * @returns undefined when the consumer was closed or the deadline passed
   * @throws what the group, the fetcher or a listener had to say; the signal's reason
   */
  async waitFor<T>(
    ready: () => T | undefined,
    signal: AbortSignal | undefined,
    deadlineMs: number = Infinity,
  ): Promise<T | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#errors.length > 0) throw this.#errors.shift();
      if (this.#fatal !== undefined) throw this.#fatal;
      if (this.#isClosed) return undefined;
      const { isHeld } = this.turn;
      const found = isHeld ? undefined : ready();
      if (found !== undefined) return found;
      if (!isHeld && this.#platform.clock.monotonicMs() >= deadlineMs) return undefined;
      await this.#changed(signal, isHeld ? Infinity : deadlineMs);
    }
  }

  /** Something is different: who waits looks again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** The next who asks gets it thrown, once. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#errors.push(error);
    this.wake();
  }

  /** Everyone who asks gets it thrown. */
  failForGood(error: unknown): void {
    if (this.#isClosed) return;
    this.#fatal ??= error;
    this.wake();
  }

  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  #changed(signal: AbortSignal | undefined, deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { clock, timers } = this.#platform;
      const timer =
        deadlineMs === Infinity
          ? undefined
          : timers.set(Math.max(0, deadlineMs - clock.monotonicMs()), () => done());
      const done = (): void => {
        this.#waiting.delete(done);
        timer?.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }
}
