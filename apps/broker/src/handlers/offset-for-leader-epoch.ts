// OffsetForLeaderEpoch: where a leader epoch ends, so that who read from another leader finds where their logs part
// (KIP-101, KIP-320). Kafka: ReplicaManager.lastOffsetForLeaderEpoch.
import { ErrorCode } from '@ottla/protocol';
import {
  type EpochEndOffset,
  type OffsetForLeaderEpochRequest,
  offsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochResponse,
  type OffsetForLeaderPartition,
} from '@ottla/protocol/messages/offset-for-leader-epoch';
import type { ApiHandler } from '../network/api-handler.ts';
import type { Replicas } from '../replica/replicas.ts';
import type { BrokerServices } from '../server/broker-services.ts';

const UNKNOWN = -1;

/** Serves OffsetForLeaderEpoch 2 to 4. */
export const createHandler = ({
  replicas,
}: Pick<BrokerServices, 'replicas'>): ApiHandler<
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse
> => ({
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
  handle: (_context, { topics }) =>
    offsetForLeaderEpochResponse.create({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => answer(replicas, topic, asked)),
      })),
    }),
  errorResponse: ({ topics }, _version, code) =>
    offsetForLeaderEpochResponse.create({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => failed(partition, code)),
      })),
    }),
});

function failed(partition: number, errorCode: number): EpochEndOffset {
  return { partition, errorCode, leaderEpoch: UNKNOWN, endOffset: UNKNOWN };
}

function answer(
  replicas: Replicas,
  topic: string,
  { partition: id, currentLeaderEpoch, leaderEpoch }: OffsetForLeaderPartition,
): EpochEndOffset {
  const partition = replicas.partition(topic, id);
  if (partition === undefined) return failed(id, replicas.whyMissing(topic, id));
  const refusal = partition.checkLeader(currentLeaderEpoch);
  if (refusal !== ErrorCode.NONE) return failed(id, refusal);
  const found = partition.log!.endOffsetForEpoch(leaderEpoch);
  return {
    partition: id,
    errorCode: ErrorCode.NONE,
    leaderEpoch: found.epoch,
    endOffset: found.endOffset,
  };
}
