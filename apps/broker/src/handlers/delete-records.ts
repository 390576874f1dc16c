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
import { errorCodeOf } from './error-code.ts';
import { isOutOfBounds } from './internal-topics.ts';

/** In a request: everything that is committed. */
const HIGH_WATERMARK = -1;
const UNKNOWN_LOW_WATERMARK = -1;

/** Serves DeleteRecords 0 to 2. */
export const createHandler = ({
  replicas,
}: Pick<BrokerServices, 'replicas'>): ApiHandler<DeleteRecordsRequest, DeleteRecordsResponse> => ({
  request: deleteRecordsRequest,
  response: deleteRecordsResponse,
  async handle({ clientId }, { topics }) {
    const results = topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map((asked) => answer(replicas, name, asked, clientId)),
      ),
    }));
    return deleteRecordsResponse.create({ topics: await Promise.all(results) });
  },
  errorResponse: ({ topics }, _version, code) =>
    deleteRecordsResponse.create({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, code)),
      })),
    }),
});

function failed(partitionIndex: number, errorCode: number): DeleteRecordsPartitionResult {
  return { partitionIndex, lowWatermark: UNKNOWN_LOW_WATERMARK, errorCode };
}

async function answer(
  replicas: Replicas,
  topic: string,
  { partitionIndex, offset }: DeleteRecordsPartition,
  clientId: string | null,
): Promise<DeleteRecordsPartitionResult> {
  const partition = replicas.partition(topic, partitionIndex);
  if (partition === undefined)
    return failed(partitionIndex, replicas.whyMissing(topic, partitionIndex));
  if (isOutOfBounds(topic, clientId))
    return failed(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION);
  try {
    const lowWatermark = await deleteRecords(partition, offset);
    return { partitionIndex, lowWatermark, errorCode: ErrorCode.NONE };
  } catch (error) {
    return failed(partitionIndex, errorCodeOf(error));
  }
}

/** @returns where the log starts now */
async function deleteRecords(partition: Partition, before: number): Promise<number> {
  const refusal = partition.checkLeader(-1);
  if (refusal !== ErrorCode.NONE) throw new ApiError(refusal);
  const { cleanupPolicy } = partition.config;
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete'))
    throw new ApiError(ErrorCode.POLICY_VIOLATION);
  const offset = before === HIGH_WATERMARK ? partition.highWatermark : before;
  if (offset < 0) throw new ApiError(ErrorCode.OFFSET_OUT_OF_RANGE);
  await partition.log!.advanceLogStart(offset);
  return partition.logStartOffset;
}
