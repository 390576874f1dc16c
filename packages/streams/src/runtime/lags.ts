// How much of a partition the broker has that is not here yet. A fetch session names only what changed: of a partition that came
// back with a rebalance, and of which nothing is new, the consumer hears nothing. Then the log's end is asked for.
// Kafka: KafkaConsumer.currentLag, which asks in the same case.
import type { Consumer, TopicPartition } from '@ottla/client';

export class Lags {
  readonly #consumer: Consumer;
  /** Ends of logs by partition; undefined: asked for. */
  readonly #ends = new Map<string, number | undefined>();

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** Undefined while it is not known. */
  of(target: TopicPartition): number | undefined {
    const lag = this.#consumer.currentLag(target);
    if (lag !== undefined) return lag;
    const name = nameOf(target);
    if (!this.#ends.has(name)) this.#ask(name, target);
    const end = this.#ends.get(name);
    const position = this.#consumer.position(target);
    return end === undefined || position < 0 ? undefined : Math.max(0, end - position);
  }

  /** Of partitions that went elsewhere: what was known of them grows old. */
  forget(targets: readonly TopicPartition[]): void {
    for (const target of targets) this.#ends.delete(nameOf(target));
  }

  #ask(name: string, target: TopicPartition): void {
    this.#ends.set(name, undefined);
    this.#consumer.endOffsets([target]).then(
      ([found]) => {
        if (this.#ends.has(name)) this.#ends.set(name, found!.offset);
      },
      // Asked again with the next turn.
      () => this.#ends.delete(name),
    );
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
