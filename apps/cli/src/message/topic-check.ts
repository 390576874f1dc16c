// Is the topic there? Asked before sending, because a producer would wait and hope, and the broker might create a topic
// with a name that was mistyped.
import type { Admin } from '@ottla/client';
import { CliError } from '../cli-error.ts';
import { unknownTopic } from '../topic/unknown-topic.ts';
import type { DeliveryWatch } from './delivery-watch.ts';

/** Remembers what it has seen. */
export class TopicCheck {
  readonly #admin: Admin;
  readonly #watch: DeliveryWatch;
  readonly #mayBeCreated: boolean;
  readonly #partitionCounts = new Map<string, number>();

  /** @param watch tells when nobody answers */
  constructor(admin: Admin, mayBeCreated: boolean, watch: DeliveryWatch) {
    this.#watch = watch;
    this.#admin = admin;
    this.#mayBeCreated = mayBeCreated;
  }

  /** Whether `exists` need not be called. */
  knows(topic: string, partition: number | undefined): boolean {
    const count = this.#partitionCounts.get(topic);
    return count !== undefined && (partition ?? 0) < count;
  }

  /** @throws CliError when the topic or the partition is not there */
  async exists(topic: string, partition: number | undefined): Promise<void> {
    const asked = this.#admin.describeTopics(undefined);
    for (const { name, partitions } of await this.#watch.asked(asked))
      this.#partitionCounts.set(name, partitions.length);
    const count = this.#partitionCounts.get(topic);
    if (count === undefined) {
      if (!this.#mayBeCreated) throw unknownTopic(topic, this.#partitionCounts.keys());
      // The broker decides how many there are; a wrong one is then the producer's to refuse.
      this.#partitionCounts.set(topic, Infinity);
    } else if ((partition ?? 0) >= count)
      throw new CliError(
        `topic ${topic} has no partition ${partition}`,
        `See what it has with \`ottla topic describe ${topic}\`.`,
      );
  }
}
