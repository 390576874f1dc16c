// Which partitions of a topic moved from whom to whom during one assignment, so that a move back takes one that had moved
// the other way instead of crossing it. Kafka: AbstractStickyAssignor.PartitionMovements.
import type { TopicPartition } from '../consumer-protocol.ts';
import { JavaHashSet, topicPartitionHash } from './java-hash-order.ts';

interface Movement {
  readonly from: string;
  readonly to: string;
}

export class PartitionMovements {
  readonly #names: ReadonlyMap<string, TopicPartition>;
  readonly #movements = new Map<string, Movement>();
  /** Names by topic, source and destination. */
  readonly #moved = new Map<string, JavaHashSet<string>>();

  constructor(names: ReadonlyMap<string, TopicPartition>) {
    this.#names = names;
  }

  /** Notes that a partition goes from one member to another. */
  move(name: string, from: string, to: string): void {
    const before = this.#movements.get(name);
    if (before === undefined) {
      this.#add(name, { from, to });
      return;
    }
    this.#movements.delete(name);
    const key = this.#keyOf(name, before);
    const set = this.#moved.get(key)!;
    set.delete(name);
    if (set.size === 0) this.#moved.delete(key);
    if (before.from !== to) this.#add(name, { from: before.from, to });
  }

  /** The partition to move instead of `name`: one that came the other way, when there is any. */
  actual(name: string, from: string, to: string): string {
    const source = this.#movements.get(name)?.from ?? from;
    return this.#moved.get(this.#keyOf(name, { from: to, to: source }))?.inOrder()[0] ?? name;
  }

  #add(name: string, movement: Movement): void {
    this.#movements.set(name, movement);
    const key = this.#keyOf(name, movement);
    let set = this.#moved.get(key);
    if (set === undefined) {
      set = new JavaHashSet((each) => topicPartitionHash(this.#names.get(each)!));
      this.#moved.set(key, set);
    }
    set.add(name);
  }

  #keyOf(name: string, { from, to }: Movement): string {
    return JSON.stringify([this.#names.get(name)!.topic, from, to]);
  }
}
