// OffsetCommit: how far a group has come. Kafka: KafkaApis.handleOffsetCommitRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type OffsetCommitRequest,
  offsetCommitRequest,
  type OffsetCommitResponse,
  offsetCommitResponse,
} from '@ottla/protocol/messages/offset-commit';
import { groupHandler, type GroupServices } from './group-handler.ts';

export const createHandler: CreateApiHandler<
  GroupServices,
  OffsetCommitRequest,
  OffsetCommitResponse
> = groupHandler({
  request: offsetCommitRequest,
  response: offsetCommitResponse,
  answer: (groups, context, request) => groups.offsetCommit(context, request),
  fail: ({ topics }, errorCode) =>
    offsetCommitResponse.create({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }),
});
