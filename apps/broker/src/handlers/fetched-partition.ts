// What a fetch answers for one partition: records as a region, or an error code. Kafka: LogReadResult.
import type { LogRegion } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import type { PartitionData } from '@ottla/protocol/messages/fetch';
import type { Partition } from '../replica/partition.ts';
import type { WantedPartition } from './fetch-session.ts';

/** One partition's part of a response under construction. */
export interface FetchedPartition {
  readonly wanted: WantedPartition;
  readonly data: PartitionData;
  /** Undefined without records. Owned by whoever has this object. */
  readonly region: LogRegion | undefined;
}

const NO_RECORDS = Buffer.alloc(0);
const UNKNOWN = -1;

/** No records and an error. */
export function failedFetch(wanted: WantedPartition, errorCode: number): FetchedPartition {
  const data = partitionData(wanted.partition);
  data.errorCode = errorCode;
  return { wanted, data, region: undefined };
}

/** What is there of the partition now. A region without bytes is given back. */
export function fetched(
  wanted: WantedPartition,
  partition: Partition,
  region: LogRegion | undefined,
): FetchedPartition {
  const data = partitionData(wanted.partition);
  data.highWatermark = partition.highWatermark;
  data.lastStableOffset = partition.lastStableOffset;
  data.logStartOffset = partition.logStartOffset;
  if (region !== undefined && region.sizeBytes > 0) {
    data.records = region;
    return { wanted, data, region };
  }
  region?.release();
  return { wanted, data, region: undefined };
}

/** Gives back what a response that is not sent holds. */
export function releaseAll(partitions: Iterable<FetchedPartition>): void {
  for (const { region } of partitions) region?.release();
}

function partitionData(partitionIndex: number): PartitionData {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark: UNKNOWN,
    lastStableOffset: UNKNOWN,
    logStartOffset: UNKNOWN,
    abortedTransactions: null,
    preferredReadReplica: UNKNOWN,
    records: NO_RECORDS,
    divergingEpoch: { epoch: UNKNOWN, endOffset: UNKNOWN },
    currentLeader: { leaderId: UNKNOWN, leaderEpoch: UNKNOWN },
    snapshotId: { endOffset: UNKNOWN, epoch: UNKNOWN },
  };
}
