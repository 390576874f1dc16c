// DescribeTopicPartitions (KIP-966): topics page by page, in the order of their names, with the replicas that could
// become leader. Kafka: DescribeTopicPartitionsRequestHandler, KRaftMetadataCache.describeTopicResponse.

import { invalidTopicName, topicByName } from '@ottla/metadata';
import type { PartitionImage, TopicImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import {
  createDescribeTopicPartitionsResponseTopic,
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '@ottla/protocol/messages/describe-topic-partitions';
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  DescribeTopicPartitionsResponsePartition,
  DescribeTopicPartitionsResponseTopic,
} from '@ottla/protocol/messages/describe-topic-partitions';
import { ApiError } from '../network/api-error.ts';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { TOPIC_OPERATIONS } from './authorized-operations.ts';
import { ClusterView } from './cluster-view.ts';
import { isInternalTopic } from './internal-topics.ts';

const NO_LEADER = -1;

/** Answers from the newest image. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse
> = (services) => ({
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
  handle: ({ connection }, request) => {
    const view = new ClusterView(services.image(), connection.listenerName);
    const limit = services.config.number('max.request.partition.size.limit');
    const partitionsMax = Math.max(Math.min(limit, request.responsePartitionLimit), 1);
    return describePage(view, request, partitionsMax);
  },
  errorResponse: (request, _version, errorCode) =>
    describeTopicPartitionsResponse.create({
      topics: request.topics.map(({ name }) =>
        createDescribeTopicPartitionsResponseTopic({ errorCode, name }),
      ),
    }),
});

function describePage(
  view: ClusterView,
  request: DescribeTopicPartitionsRequest,
  partitionsMax: number,
): DescribeTopicPartitionsResponse {
  const asksAll = request.topics.length === 0;
  const response = describeTopicPartitionsResponse.create();
  let remaining = partitionsMax;
  for (const name of namesFromCursor(view, request)) {
    if (remaining === 0) {
      response.nextCursor = { topicName: name, partitionIndex: 0 };
      break;
    }
    const topic = topicByName(view.image, name);
    if (topic === undefined) {
      if (!asksAll) response.topics.push(missingTopic(name));
      continue;
    }
    const start = name === request.cursor?.topicName ? request.cursor.partitionIndex : 0;
    const described = describeTopic(view, topic, start, remaining);
    response.topics.push(described);
    const next = Math.min(topic.partitions.length, start + remaining);
    if (next < topic.partitions.length) {
      response.nextCursor = { topicName: name, partitionIndex: next };
      break;
    }
    remaining -= described.partitions.length;
  }
  return response;
}

/** In order, from the cursor on. */
function namesFromCursor(view: ClusterView, request: DescribeTopicPartitionsRequest): string[] {
  const { cursor, topics } = request;
  const first = cursor?.topicName ?? '';
  const asked =
    topics.length === 0 ? view.image.topics.byName.keys() : topics.map(({ name }) => name);
  const names = [...new Set(asked)].filter((name) => name >= first).toSorted();
  if (cursor === null) return names;
  if (topics.length > 0 && !names.includes(cursor.topicName))
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `DescribeTopicPartitionsRequest topic list should contain the cursor topic: ${cursor.topicName}`,
    );
  if (cursor.partitionIndex < 0)
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      'DescribeTopicPartitionsRequest cursor partition must be valid',
    );
  return names;
}

function missingTopic(name: string): DescribeTopicPartitionsResponseTopic {
  return createDescribeTopicPartitionsResponseTopic({
    errorCode:
      invalidTopicName(name) === undefined
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  });
}

function describeTopic(
  view: ClusterView,
  topic: TopicImage,
  start: number,
  count: number,
): DescribeTopicPartitionsResponseTopic {
  return createDescribeTopicPartitionsResponseTopic({
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions
      .slice(start, start + count)
      .map((partition, index) => describePartition(view, partition, start + index)),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  });
}

function describePartition(
  view: ClusterView,
  partition: PartitionImage,
  partitionIndex: number,
): DescribeTopicPartitionsResponsePartition {
  return {
    errorCode: ErrorCode.NONE,
    partitionIndex,
    leaderId: view.reachableLeader(partition) ?? NO_LEADER,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    eligibleLeaderReplicas: [...partition.elr],
    lastKnownElr: [...partition.lastKnownElr],
    offlineReplicas: view.offlineReplicas(partition),
  };
}
