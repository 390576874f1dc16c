// The order in which Java's HashMap and HashSet hand out what they hold. The sticky assignors' results depend on it, and
// a group in which both clients may lead needs equal results. Kafka: AbstractStickyAssignor iterates over HashMaps.
import { javaStringHash } from '@ottla/protocol/records';
import type { TopicPartition } from '../consumer-protocol.ts';

const CAPACITY_MIN = 16;
const LOAD_FACTOR = 0.75;

/** `TopicPartition.hashCode()`. */
export function topicPartitionHash({ topic, partition }: TopicPartition): number {
  return (Math.imul(31, 31 + partition) + javaStringHash(topic)) | 0;
}

/** Strings as keys of a HashMap that was filled in this order. */
export function inJavaHashOrder(keys: Iterable<string>): string[] {
  const set = new JavaHashSet<string>(javaStringHash);
  for (const key of keys) set.add(key);
  return set.inOrder();
}

/** As java.util.HashSet, as far as its order goes (buckets never become trees: that takes 8 collisions). */
export class JavaHashSet<T> {
  readonly #hashOf: (value: T) => number;
  /** In the order of insertion, which is the order within a bucket. */
  readonly #values = new Set<T>();
  #capacity = CAPACITY_MIN;

  constructor(hashOf: (value: T) => number) {
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#values.size;
  }

  add(value: T): void {
    this.#values.add(value);
    // Grows and never shrinks.
    if (this.#values.size > this.#capacity * LOAD_FACTOR) this.#capacity *= 2;
  }

  delete(value: T): void {
    this.#values.delete(value);
  }

  inOrder(): T[] {
    return [...this.#values]
      .map((value) => [this.#bucketOf(value), value] as const)
      .sort(([a], [b]) => a - b)
      .map(([, value]) => value);
  }

  #bucketOf(value: T): number {
    const hash = this.#hashOf(value);
    return (hash ^ (hash >>> 16)) & (this.#capacity - 1);
  }
}
