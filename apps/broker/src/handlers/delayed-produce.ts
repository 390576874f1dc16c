// A produce with acks=all that is in the leader's log and waits for the other replicas in sync. Kafka: DelayedProduce.
import { ErrorCode } from '@ottla/protocol';
import type { PartitionProduceResponse } from '@ottla/protocol/messages/produce';
import type { Partition } from '../replica/partition.ts';
import { DelayedPartitions } from './delayed-partitions.ts';

/** One append that waits. */
export interface ProducedPartition {
  readonly partition: Partition;
  /** Its error code is set when the wait ends badly. */
  readonly response: PartitionProduceResponse;
  /** In which it was appended. */
  readonly leaderEpoch: number;
  /** The high watermark (exclusive) that acknowledges it. */
  readonly requiredOffset: number;
}

/** Complete when every partition is acknowledged, or has no chance to be. */
export class DelayedProduce extends DelayedPartitions<ProducedPartition> {
  readonly kind = 'Produce';

  protected isDecided(produced: ProducedPartition): boolean {
    const { partition, response, requiredOffset, leaderEpoch } = produced;
    // Who led in between may have put other records at these offsets.
    const isBroken = partition.isLeader && partition.ledSince > leaderEpoch;
    const code = isBroken ? ErrorCode.NOT_LEADER_OR_FOLLOWER : partition.checkLeader(-1);
    if (code !== ErrorCode.NONE) {
      response.errorCode = code;
      return true;
    }
    if (partition.highWatermark < requiredOffset) return false;
    if (!partition.hasMinInSync) response.errorCode = ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    return true;
  }

  protected timedOut({ response }: ProducedPartition): void {
    response.errorCode = ErrorCode.REQUEST_TIMED_OUT;
  }
}
