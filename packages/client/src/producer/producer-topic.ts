// What a producer keeps for one topic: the queues of its partitions, the choice of a partition, the line of those who wait.
import type { ClusterMetadata, TopicMetadata } from '../metadata/cluster-metadata.ts';
import type { AdmissionLine } from './admission.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { PartitionLoad, StickyPartitioner } from './partitioner.ts';

export class ProducerTopic<Waiting> {
  readonly name: string;
  readonly sticky: StickyPartitioner;
  readonly line: AdmissionLine<Waiting, TopicMetadata>;
  readonly #queues: PartitionQueue[] = [];
  #seen: ClusterMetadata | undefined;
  #metadata: TopicMetadata | undefined;

  constructor(
    name: string,
    sticky: StickyPartitioner,
    line: AdmissionLine<Waiting, TopicMetadata>,
  ) {
    this.name = name;
    this.sticky = sticky;
    this.line = line;
  }

  /** How many partitions it has; 0 while that is not known. */
  partitionCount(metadata: ClusterMetadata): number {
    if (this.#seen !== metadata) {
      this.#seen = metadata;
      const topic = metadata.topics.get(this.name);
      this.#metadata = topic?.errorCode === 0 ? topic : undefined;
    }
    return this.#metadata === undefined ? 0 : this.#metadata.partitions.length;
  }

  queue(partition: number): PartitionQueue {
    return (this.#queues[partition] ??= new PartitionQueue(this.name, partition));
  }

  /** For the choice of a partition, after `partitionCount`. */
  readonly loadOf = (partition: number): PartitionLoad => ({
    hasLeader: (this.#metadata?.partitions[partition]?.leaderId ?? -1) >= 0,
    queuedBatches: this.#queues[partition]?.waiting.length ?? 0,
  });
}
