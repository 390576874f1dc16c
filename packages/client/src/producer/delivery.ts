// Who is told what became of a record.
import type { KafkaError } from '../errors.ts';

/** Where a record ended up. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** −1 with acks=0. */
  readonly offset: number;
  /** Milliseconds: the record's, or the broker's append time. */
  readonly timestamp: number;
}

/** Told once for each record: an error, or where it is. Must not throw. */
export type OnDelivery = (
  error: KafkaError | undefined,
  metadata: RecordMetadata | undefined,
) => void;

/** Waits for many records at once, without an object for each of them. */
export class DeliveryGroup {
  #left = 0;
  #isComplete = false;
  #failure: KafkaError | undefined;
  #resolve: (() => void) | undefined;

  /** One more record to wait for. */
  expect(): void {
    this.#left += 1;
  }

  /** One of the records was written, or was not. */
  settle(error: KafkaError | undefined): void {
    this.#left -= 1;
    this.#failure ??= error;
    if (this.#isComplete && this.#left === 0) this.#resolve?.();
  }

  /** Nothing more is expected. Resolves when all were settled. @throws the first error */
  async done(): Promise<void> {
    this.#isComplete = true;
    if (this.#left > 0)
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** How a record's end is told; undefined when nobody asks. */
export type Delivery = OnDelivery | DeliveryGroup | undefined;

/** Calls back. What the caller's function throws is the caller's: it must not keep others from being told. */
export function tell(
  delivery: OnDelivery,
  error: KafkaError | undefined,
  metadata: RecordMetadata | undefined,
): void {
  try {
    delivery(error, metadata);
  } catch (thrown) {
    // Left unhandled on purpose: the process hears of it as of any other error that its owner did not catch.
    void Promise.reject(thrown);
  }
}
