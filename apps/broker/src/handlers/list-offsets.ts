// ListOffsets: the offset of a timestamp, or of the log's start and end. Kafka: KafkaApis.handleListOffsetRequest,
// ReplicaManager.fetchOffset, UnifiedLog.fetchOffsetByTimestamp.
import type { PartitionLog } from '@ottla/log';
import { ErrorCode } from '@ottla/protocol';
import {
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponse,
  type ListOffsetsRequest,
  listOffsetsRequest,
  type ListOffsetsResponse,
  listOffsetsResponse,
} from '@ottla/protocol/messages/list-offsets';
import type { ApiHandler } from '../network/api-handler.ts';
import type { Partition } from '../replica/partition.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { errorCodeOf } from './error-code.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** First version that knows each timestamp with a meaning. */
const VERSION_MIN: ReadonlyMap<number, number> = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);
const CONSUMER_REPLICA_ID = -1;
const READ_COMMITTED = 1;
const LEADER_EPOCH_VERSION_MIN = 4;
const OFFSET_NOT_AVAILABLE_VERSION_MIN = 5;
const UNKNOWN = -1;

interface FoundOffset {
  readonly timestamp: number;
  readonly offset: number;
  /** −1 when not known. */
  readonly leaderEpoch: number;
}

/** Nothing of the topic is in a tier below this broker. */
const NOT_TIERED: FoundOffset = { timestamp: UNKNOWN, offset: UNKNOWN, leaderEpoch: UNKNOWN };

/** Serves ListOffsets 1 to 11. */
export const createHandler = ({
  replicas,
}: Pick<BrokerServices, 'replicas'>): ApiHandler<ListOffsetsRequest, ListOffsetsResponse> => ({
  request: listOffsetsRequest,
  response: listOffsetsResponse,
  async handle({ apiVersion }, request) {
    const repeated = repeatedPartitions(request);
    const response = listOffsetsResponse.create();
    for (const { name, partitions } of request.topics) {
      const answered: ListOffsetsPartitionResponse[] = [];
      for (const asked of partitions) {
        const partition = replicas.partition(name, asked.partitionIndex);
        const refusal = repeated.has(`${name}/${asked.partitionIndex}`)
          ? ErrorCode.INVALID_REQUEST
          : refusalOf(asked, apiVersion);
        if (refusal !== ErrorCode.NONE) answered.push(failed(asked, refusal));
        else if (partition === undefined)
          answered.push(failed(asked, replicas.whyMissing(name, asked.partitionIndex)));
        else answered.push(await answer(partition, asked, request, apiVersion));
      }
      response.topics.push({ name, partitions: answered });
    }
    return response;
  },
  errorResponse: ({ topics }, _version, code) =>
    listOffsetsResponse.create({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => failed(asked, code)),
      })),
    }),
});

function failed(
  { partitionIndex }: ListOffsetsPartition,
  errorCode: number,
): ListOffsetsPartitionResponse {
  return { partitionIndex, errorCode, timestamp: UNKNOWN, offset: UNKNOWN, leaderEpoch: UNKNOWN };
}

function refusalOf({ timestamp }: ListOffsetsPartition, version: number): number {
  const versionMin = timestamp >= 0 ? 0 : (VERSION_MIN.get(timestamp) ?? Infinity);
  return version < versionMin ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE;
}

function repeatedPartitions({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
  }
  return repeated;
}

async function answer(
  partition: Partition,
  asked: ListOffsetsPartition,
  { replicaId, isolationLevel }: ListOffsetsRequest,
  version: number,
): Promise<ListOffsetsPartitionResponse> {
  const refusal = partition.checkLeader(asked.currentLeaderEpoch);
  if (refusal !== ErrorCode.NONE) return failed(asked, refusal);
  const isConsumer = replicaId === CONSUMER_REPLICA_ID;
  const isCommitted = isolationLevel === READ_COMMITTED;
  const isolation = !isConsumer ? 'log-end' : isCommitted ? 'committed' : 'high-watermark';
  const end = partition.readEnd(isolation);
  const { timestamp } = asked;
  const isEarliest = timestamp === EARLIEST || timestamp === EARLIEST_LOCAL;
  // A new leader does not know yet how far its predecessor had got (KIP-207).
  const isBehind = isConsumer && partition.epochStartOffset! > partition.highWatermark;
  try {
    const found =
      timestamp === LATEST
        ? { timestamp: UNKNOWN, offset: end, leaderEpoch: partition.leaderEpoch }
        : await find(partition.log!, timestamp);
    const isPastEnd = found === undefined || (timestamp !== LATEST && found.offset >= end);
    if (isBehind && !isEarliest && (timestamp === LATEST || isPastEnd))
      return failed(asked, notAvailable(version));
    if (found === undefined || (isPastEnd && !isEarliest)) return failed(asked, ErrorCode.NONE);
    const leaderEpoch = version >= LEADER_EPOCH_VERSION_MIN ? found.leaderEpoch : UNKNOWN;
    const { partitionIndex } = asked;
    return { partitionIndex, errorCode: ErrorCode.NONE, ...found, leaderEpoch };
  } catch (error) {
    return failed(asked, errorCodeOf(error));
  }
}

function notAvailable(version: number): number {
  return version >= OFFSET_NOT_AVAILABLE_VERSION_MIN
    ? ErrorCode.OFFSET_NOT_AVAILABLE
    : ErrorCode.LEADER_NOT_AVAILABLE;
}

async function find(log: PartitionLog, timestamp: number): Promise<FoundOffset | undefined> {
  switch (timestamp) {
    case EARLIEST:
    case EARLIEST_LOCAL:
      return {
        timestamp: UNKNOWN,
        offset: log.logStartOffset,
        leaderEpoch: epochAt(log, log.logStartOffset),
      };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_TIERED;
    default: {
      const found =
        timestamp === MAX_TIMESTAMP
          ? await log.offsetOfMaxTimestamp()
          : await log.offsetForTimestamp(timestamp);
      return found && { ...found, leaderEpoch: epochAt(log, found.offset) };
    }
  }
}

/** Leader epoch of the record at an offset, −1 when there is none. */
function epochAt(log: PartitionLog, offset: number): number {
  let epoch = UNKNOWN;
  for (const entry of log.epochs.entries) {
    if (entry.startOffset > offset) break;
    epoch = entry.epoch;
  }
  return epoch;
}
