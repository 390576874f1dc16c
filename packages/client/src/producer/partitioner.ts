// Which partition a record goes to: by key like Java's client (murmur2), without a key to one partition at a time, changed
// when a batch is full (sticky, KIP-480/794).
import { partitionForKey } from '@ottla/protocol/records';

export class Partitioner {
  readonly #sticky = new Map<string, number>();
  readonly #random: (boundExclusive: number) => number;

  constructor(random: (boundExclusive: number) => number) {
    this.#random = random;
  }

  choose(topic: string, key: Uint8Array | null, partitionCount: number): number {
    if (key !== null) return partitionForKey(key, partitionCount);
    const known = this.#sticky.get(topic);
    if (known !== undefined && known < partitionCount) return known;
    const chosen = this.#random(partitionCount);
    this.#sticky.set(topic, chosen);
    return chosen;
  }

  /** A batch of this partition was closed: keyless records go elsewhere from here on. */
  batchClosed(topic: string, partition: number): void {
    if (this.#sticky.get(topic) === partition) this.#sticky.delete(topic);
  }
}
