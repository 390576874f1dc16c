// Where records wait that cannot be taken at once: their topic is not known yet, or memory is used up. Each topic has a line
// of its own, so that its records keep their order and others do not wait for it.
import type { Platform } from '@ottla/platform';

/** A record in the line, and who waits for it to be taken. */
export interface Entry<Item> {
  readonly item: Item;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What takes an item out of the line; it may wait. */
export interface Admit<Item, Known> {
  /** Resolves with what items of the line's topic are judged by, as soon as it is known. @throws for all that wait now */
  open(timeoutMs: number): Promise<Known>;
  /** @throws for this item */
  admit(
    item: Item,
    known: Known,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void>;
}

/** The line of one topic. */
export class AdmissionLine<Item, Known> {
  readonly #platform: Platform;
  readonly #admit: Admit<Item, Known>;
  readonly #entries: Entry<Item>[] = [];
  #isServed = false;

  constructor(platform: Platform, admit: Admit<Item, Known>) {
    this.#platform = platform;
    this.#admit = admit;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Resolves when the item was taken, after those before it. @throws the signal's reason; what `Admit` throws */
  wait(item: Item, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#platform.clock.monotonicMs() + timeoutMs;
      this.#entries.push({ item, deadlineMs, signal, resolve, reject });
      if (!this.#isServed) void this.#serve();
    });
  }

  /** Never rejects: those who wait are told. */
  async #serve(): Promise<void> {
    this.#isServed = true;
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      let known: Known;
      try {
        known = await this.#admit.open(this.#leftMs(entry));
      } catch (error) {
        for (const { reject } of this.#entries.splice(0)) reject(error);
        continue;
      }
      await this.#serveOne(entry, known);
      this.#entries.shift();
    }
    this.#isServed = false;
  }

  async #serveOne(
    { item, signal, resolve, reject, ...entry }: Entry<Item>,
    known: Known,
  ): Promise<void> {
    try {
      signal?.throwIfAborted();
      await this.#admit.admit(item, known, this.#leftMs(entry), signal);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  #leftMs({ deadlineMs }: { readonly deadlineMs: number }): number {
    return Math.max(0, deadlineMs - this.#platform.clock.monotonicMs());
  }
}
