// A DeleteRecords that has moved the leader's start and waits for the logs of the other living replicas. Kafka:
// DelayedDeleteRecords.
import { ErrorCode } from '@ottla/protocol';
import type { DeleteRecordsPartitionResult } from '@ottla/protocol/messages/delete-records';
import type { Partition } from '../replica/partition.ts';
import { DelayedPartitions } from './delayed-partitions.ts';

/** One partition that waits. */
export interface DeletedFrom {
  readonly partition: Partition;
  /** Error and low watermark are set when the wait is over. */
  readonly result: DeleteRecordsPartitionResult;
  /** The start that every living replica's log must have reached. */
  readonly requiredOffset: number;
}

/** Complete when every partition's low watermark is there, or has no chance to be. */
export class DelayedDeleteRecords extends DelayedPartitions<DeletedFrom> {
  readonly kind = 'DeleteRecords';

  protected isDecided({ partition, result, requiredOffset }: DeletedFrom): boolean {
    const code = partition.checkLeader(-1);
    if (code !== ErrorCode.NONE) {
      result.errorCode = code;
      return true;
    }
    const { lowWatermark } = partition;
    if (lowWatermark < requiredOffset) return false;
    result.lowWatermark = lowWatermark;
    return true;
  }

  protected timedOut({ result }: DeletedFrom): void {
    result.errorCode = ErrorCode.REQUEST_TIMED_OUT;
  }
}
