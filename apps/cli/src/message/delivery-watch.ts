// Looks now and then whether messages are delivered, and tells when they are not.
import type { Producer } from '@ottla/client';
import type { Platform, Timer } from '@ottla/platform';
import { DeliveryNotice } from './delivery-notice.ts';

const LOOK_MS = 500;

/** Runs from its construction to `close`. */
export class DeliveryWatch {
  readonly #write: (text: string) => void;
  readonly #platform: Platform;
  readonly #producer: Pick<Producer, 'held'>;
  readonly #notice: DeliveryNotice;
  #askedMs: number | undefined;
  #timer: Timer;

  constructor(
    platform: Platform,
    producer: Pick<Producer, 'held'>,
    deliveryTimeoutMs: number,
    say: (text: string) => void,
  ) {
    this.#write = say;
    this.#platform = platform;
    this.#producer = producer;
    this.#notice = new DeliveryNotice(deliveryTimeoutMs);
    this.#timer = this.#next();
  }

  /** Waits for a question to the cluster. */
  async asked<T>(answer: Promise<T>): Promise<T> {
    this.#askedMs = this.#nowMs();
    try {
      return await answer;
    } finally {
      this.#askedMs = undefined;
    }
  }

  /** Everything is delivered. */
  done(): void {
    this.#say(this.#notice.goesOn(this.#nowMs()));
  }

  close(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#platform.timers.set(LOOK_MS, () => {
      const nowMs = this.#nowMs();
      const askingMs = this.#askedMs === undefined ? undefined : nowMs - this.#askedMs;
      this.#say(this.#notice.look(nowMs, { held: this.#producer.held(), askingMs }));
      this.#timer = this.#next();
    });
  }

  #nowMs(): number {
    return this.#platform.clock.monotonicMs();
  }

  #say(text: string): void {
    if (text !== '') this.#write(text);
  }
}
