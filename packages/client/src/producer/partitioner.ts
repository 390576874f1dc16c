// Which partition a record goes to: by key like Java's client (murmur2); without a key to one partition until it got a
// batch's worth of bytes, then to another, with slow ones less often (KIP-480, KIP-794). Kafka: BuiltInPartitioner.

/** What the choice looks at. */
export interface PartitionLoad {
  readonly hasLeader: boolean;
  /** Batches that wait to be sent. */
  readonly queuedBatches: number;
}

/** The choice for one topic's records without a key. */
export class StickyPartitioner {
  readonly #stickyBytes: number;
  readonly #random: (boundExclusive: number) => number;
  #current = -1;
  #producedBytes = 0;

  /** @param stickyBytes after which another partition is chosen */
  constructor(stickyBytes: number, random: (boundExclusive: number) => number) {
    this.#stickyBytes = stickyBytes;
    this.#random = random;
  }

  /** The partition for the next record. */
  choose(partitionCount: number, loadOf: (partition: number) => PartitionLoad): number {
    if (this.#current < 0 || this.#current >= partitionCount)
      this.#current = choosePartition(partitionCount, loadOf, this.#random);
    return this.#current;
  }

  /**
   * A record without a key was appended.
   *
   * @param wouldSplitBatch whether the partition's batch still fills: changing now would leave it a fraction
   */
  produced(bytes: number, wouldSplitBatch: boolean): void {
    this.#producedBytes += bytes;
    const limit = wouldSplitBatch ? 2 * this.#stickyBytes : this.#stickyBytes;
    if (this.#producedBytes < limit) return;
    this.#producedBytes = 0;
    this.#current = -1;
  }
}

/** A partition with a leader, the likelier the shorter its queue; any one when there is no leader at all. */
export function choosePartition(
  partitionCount: number,
  loadOf: (partition: number) => PartitionLoad,
  random: (boundExclusive: number) => number,
): number {
  let longest = 0;
  let available = 0;
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const { hasLeader, queuedBatches } = loadOf(partition);
    if (!hasLeader) continue;
    available += 1;
    longest = Math.max(longest, queuedBatches);
  }
  if (available === 0) return random(partitionCount);
  const weightOf = ({ hasLeader, queuedBatches }: PartitionLoad): number =>
    hasLeader ? longest + 1 - queuedBatches : 0;
  let total = 0;
  for (let partition = 0; partition < partitionCount; partition += 1)
    total += weightOf(loadOf(partition));
  let drawn = random(total);
  let chosen = 0;
  for (; chosen < partitionCount; chosen += 1) {
    drawn -= weightOf(loadOf(chosen));
    if (drawn < 0) break;
  }
  return chosen;
}
