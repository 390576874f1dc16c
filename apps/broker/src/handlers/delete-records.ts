// DeleteRecords: moves the start of logs up (KIP-107). Kafka: ReplicaManager.deleteRecords.
import { ErrorCode } from '@ottla/protocol';
import {
  type DeleteRecordsPartition,
  type DeleteRecordsPartitionResult,
  type DeleteRecordsRequest,
  deleteRecordsRequest,
  type DeleteRecordsResponse,
  deleteRecordsResponse,
} from '@ottla/protocol/messages/delete-records';
import { ApiError } from '../network/api-error.ts';
import type { ApiHandler } from '../network/api-handler.ts';
import type { Partition } from '../replica/partition.ts';
import type { Replicas } from '../replica/replicas.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { DelayedDeleteRecords, type DeletedFrom } from './delayed-delete-records.ts';
import { errorCodeOf } from './error-code.ts';
import { isOutOfBounds } from './internal-topics.ts';

/** In a request: everything that is committed. */
const HIGH_WATERMARK = -1;
const UNKNOWN_LOW_WATERMARK = -1;

/** What deleting needs of the broker. */
export type DeleteRecordsServices = Pick<BrokerServices, 'replicas' | 'purgatory'>;

/** Serves DeleteRecords 0 to 2. */
export const createHandler = (
  services: DeleteRecordsServices,
): ApiHandler<DeleteRecordsRequest, DeleteRecordsResponse> => ({
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
  async handle({ clientId }, { topics, timeoutMs }) {
    const deleted: DeletedFrom[] = [];
    const results = topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map((asked) => answer(services.replicas, name, asked, clientId, deleted)),
      ),
    }));
    const response = deleteRecordsResponse.create({ topics: await Promise.all(results) });
    await allReplicas(services, deleted, timeoutMs);
    return response;
  },
  errorResponse: ({ topics }, _version, code) =>
    deleteRecordsResponse.create({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, code)),
      })),
    }),
});

/** Waits for the other replicas; the results say how it ended. */
function allReplicas(
  { purgatory }: DeleteRecordsServices,
  deleted: readonly DeletedFrom[],
  timeoutMs: number,
): Promise<void> {
  if (deleted.length === 0) return Promise.resolve();
  const keys = deleted.map(({ partition }) => partition);
  return new Promise((resolve) => {
    purgatory.tryCompleteElseWatch(new DelayedDeleteRecords(deleted, resolve), timeoutMs, keys);
  });
}

function failed(partitionIndex: number, errorCode: number): DeleteRecordsPartitionResult {
  return { partitionIndex, lowWatermark: UNKNOWN_LOW_WATERMARK, errorCode };
}

async function answer(
  replicas: Replicas,
  topic: string,
  { partitionIndex, offset }: DeleteRecordsPartition,
  clientId: string | null,
  deleted: DeletedFrom[],
): Promise<DeleteRecordsPartitionResult> {
  const partition = replicas.partition(topic, partitionIndex);
  if (partition === undefined)
    return failed(partitionIndex, replicas.whyMissing(topic, partitionIndex));
  if (isOutOfBounds(topic, clientId))
    return failed(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION);
  try {
    const requiredOffset = await deleteRecords(partition, offset);
    const lowWatermark = UNKNOWN_LOW_WATERMARK;
    const result = { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
    deleted.push({ partition, result, requiredOffset });
    return result;
  } catch (error) {
    return failed(partitionIndex, errorCodeOf(error));
  }
}

/** @returns where every replica's log must start before the records are gone */
async function deleteRecords(partition: Partition, before: number): Promise<number> {
  const refusal = partition.checkLeader(-1);
  if (refusal !== ErrorCode.NONE) throw new ApiError(refusal);
  const { cleanupPolicy } = partition.config;
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete'))
    throw new ApiError(ErrorCode.POLICY_VIOLATION);
  const offset = before === HIGH_WATERMARK ? partition.highWatermark : before;
  if (offset < 0) throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE);
  await partition.log!.advanceLogStart(offset);
  return offset;
}
