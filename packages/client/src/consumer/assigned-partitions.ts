// The partitions that a consumer reads now, whether it was given them or chose them.
import { UsageError } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import type { OffsetAndMetadata } from './consumer-options.ts';
import { PartitionReader } from './partition-reader.ts';

export class AssignedPartitions {
  readonly #onRoom: () => void;
  #byName = new Map<string, PartitionReader>();
  #list: readonly PartitionReader[] = [];

  /** @param onRoom called when a reader can take more in */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  get list(): readonly PartitionReader[] {
    return this.#list;
  }

  /** Begins to read them, at `offset` or where a look-up will say (−1). */
  add(
    targets: readonly (TopicPartition & { readonly offset?: number })[],
  ): readonly PartitionReader[] {
    const added = targets.map(
      (target) => new PartitionReader(target, target.offset ?? -1, this.#onRoom),
    );
    this.#set([...this.#list, ...added]);
    return added;
  }

  /** Stops reading them; what was fetched ahead is dropped. */
  remove(targets: readonly TopicPartition[]): void {
    for (const target of targets) {
      const reader = this.#byName.get(nameOf(target));
      if (reader !== undefined) reader.isGone = true;
    }
    this.#set(this.#list.filter(({ isGone }) => !isGone));
  }

  find(target: TopicPartition): PartitionReader | undefined {
    return this.#byName.get(nameOf(target));
  }

  /** @throws UsageError `NOT_ASSIGNED` */
  get(target: TopicPartition): PartitionReader {
    const reader = this.find(target);
    if (reader !== undefined) return reader;
    const { topic, partition } = target;
    throw new UsageError(`this consumer does not read ${nameOf(target)} now`, 'NOT_ASSIGNED', {
      topic,
      partition,
    });
  }

  /** Tells, whenever it is asked, whether all of them are read now and have been ever since. */
  holding(targets: readonly TopicPartition[]): () => boolean {
    const readers = targets.map((target) => this.find(target));
    return () => readers.every((reader) => reader !== undefined && !reader.isGone);
  }

  /** One offset of each, as a commit wants it; where it is known. */
  offsets(offsetOf: (reader: PartitionReader) => number): OffsetAndMetadata[] {
    return this.#list
      .map((reader) => ({
        topic: reader.topic,
        partition: reader.partition,
        offset: offsetOf(reader),
        leaderEpoch: reader.leaderEpoch,
      }))
      .filter(({ offset }) => offset >= 0);
  }

  #set(readers: readonly PartitionReader[]): void {
    this.#list = readers;
    this.#byName = new Map(readers.map((reader) => [reader.name, reader]));
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
