// The consumer's public shape, apart from how it works; `Consumer` implements it.
import type { CommittedOffset } from './committed-offsets.ts';
import type {
  ConsumerBatch,
  ConsumerRecord,
  PartitionToAssign,
  RebalanceListener,
} from './consumer-options.ts';
import type { TopicPartition } from './consumer-protocol.ts';

/** An offset to go on from: the next record to read, that is the last one done plus 1. */
export interface OffsetToResume extends TopicPartition {
  readonly offset: number;
  readonly metadata?: string;
}

/**
 * Reads records, alone (`assign`) or as a member of a group (`subscribe`); one loop at a time:
 * `for await (const record of consumer) { … }`. Asking for the next record says that the one before is done: that is what is
 * committed. Leaving the loop by `break` or an error leaves the current one undone; `seek` past it first if it is not.
 */
export interface ConsumerApi<Key, Value>
  extends AsyncIterable<ConsumerRecord<Key, Value>>, AsyncDisposable {
  /** Joins the group when the loop starts. Replaces what was subscribed before. */
  subscribe(topics: readonly string[], listener?: RebalanceListener): void;
  /** Reads exactly these partitions, without a group's coordination. Replaces what was assigned before. */
  assign(partitions: readonly PartitionToAssign[]): void;
  /** What is read now. */
  readonly assignment: readonly TopicPartition[];
  /** Record by record. Ends when the signal is aborted, by its reason; or quietly when the consumer is closed. */
  records(options?: {
    readonly signal?: AbortSignal;
  }): AsyncGenerator<ConsumerRecord<Key, Value>, void, undefined>;
  /** Batch by batch: less work for each record. */
  batches(options?: {
    readonly signal?: AbortSignal;
  }): AsyncGenerator<ConsumerBatch<Key, Value>, void, undefined>;
  /** The next record of the partition will be this one (offset, inclusive) or the first after it. */
  seek(partition: TopicPartition, offset: number): void;
  /** The offset of the next record; undefined before it is known. */
  position(partition: TopicPartition): number | undefined;
  /** Nothing of these is handed out until `resume`. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Commits the given offsets, or the positions of all partitions. */
  commit(offsets?: readonly OffsetToResume[]): Promise<void>;
  /** What the group has committed for the partitions. */
  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]>;
  /** Ends the loop, commits (with `autoCommit`), leaves the group, disconnects. */
  close(): Promise<void>;
}
