// What a producer tells of a partition whose records are not acknowledged yet: for how long, by whom, and why.
import type { KafkaError } from '../errors.ts';
import type { Leader } from './drain.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** A partition with records that the broker has not acknowledged. */
export interface HeldPartition {
  readonly topic: string;
  readonly partition: number;
  /** Since its last acknowledgement, or since its oldest record was taken if that was later; milliseconds. */
  readonly heldMs: number;
  /** Node id of the leader, as far as known; −1 while there is none. */
  readonly leaderId: number;
  /** Why the last attempt failed; undefined while the first has no answer. */
  readonly error: KafkaError | undefined;
}

/**
 * @param queue with a batch at least
 * @param idFailure why there is no producer id yet, without which nothing begins
 */
export function heldPartition(
  queue: PartitionQueue,
  nowMs: number,
  { leaderId }: Leader,
  idFailure: KafkaError | undefined,
): HeldPartition {
  const { topic, partition, pending, waiting, advancedMs } = queue;
  const first = pending[0] ?? waiting[0]!;
  return {
    topic,
    partition,
    heldMs: nowMs - Math.max(first.createdMs, advancedMs),
    leaderId,
    error: first.failure ?? idFailure,
  };
}
