// Values by topic and partition.
import type { TopicPartition } from '@ottla/client';

export class PartitionMap<V> {
  readonly #entries = new Map<string, readonly [TopicPartition, V]>();

  get(target: TopicPartition): V | undefined {
    return this.#entries.get(keyOf(target))?.[1];
  }

  has(target: TopicPartition): boolean {
    return this.#entries.has(keyOf(target));
  }

  set({ topic, partition }: TopicPartition, value: V): void {
    this.#entries.set(keyOf({ topic, partition }), [{ topic, partition }, value]);
  }

  delete(target: TopicPartition): void {
    this.#entries.delete(keyOf(target));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** In the order of first setting. */
  entries(): (readonly [TopicPartition, V])[] {
    return [...this.#entries.values()];
  }

  partitions(): TopicPartition[] {
    return this.entries().map(([target]) => target);
  }
}

/** Topic names hold no colon. */
function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
