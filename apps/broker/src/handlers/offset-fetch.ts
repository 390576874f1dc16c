// OffsetFetch: how far groups have come. Kafka: KafkaApis.handleOffsetFetchRequest.
import type { CreateApiHandler } from '../network/api-handler.ts';
import {
  type OffsetFetchRequest,
  type OffsetFetchRequestTopic,
  type OffsetFetchResponseTopic,
  offsetFetchRequest,
  type OffsetFetchResponse,
  offsetFetchResponse,
} from '@ottla/protocol/messages/offset-fetch';
import { groupHandler, type GroupServices } from './group-handler.ts';

const GROUPS_VERSION_MIN = 8;
const TOP_LEVEL_ERROR_VERSION_MIN = 2;

export const createHandler: CreateApiHandler<
  GroupServices,
  OffsetFetchRequest,
  OffsetFetchResponse
> = groupHandler({
  request: offsetFetchRequest,
  response: offsetFetchResponse,
  answer: (groups, context, request) => groups.offsetFetch(context, request),
  fail: ({ groups, topics }, errorCode, version) =>
    offsetFetchResponse.create(
      version >= GROUPS_VERSION_MIN
        ? { groups: groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })) }
        : {
            errorCode,
            topics:
              version < TOP_LEVEL_ERROR_VERSION_MIN ? failedTopics(topics ?? [], errorCode) : [],
          },
    ),
});

function failedTopics(
  topics: readonly OffsetFetchRequestTopic[],
  errorCode: number,
): OffsetFetchResponseTopic[] {
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode,
    })),
  }));
}
