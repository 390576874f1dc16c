// Metadata: which topics there are, who leads their partitions, how the brokers are reached. The request that clients
// start with and come back to, and the one that creates topics by asking for them. Kafka:
// KafkaApis.handleTopicMetadataRequest, KRaftMetadataCache.getTopicMetadata.

import { invalidTopicName, topicById, topicByName } from '@ottla/metadata';
import type { PartitionImage, TopicImage } from '@ottla/metadata';
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import {
  createMetadataResponseTopic,
  metadataRequest,
  metadataResponse,
} from '@ottla/protocol/messages/metadata';
import type {
  MetadataRequest,
  MetadataResponse,
  MetadataResponsePartition,
  MetadataResponseTopic,
} from '@ottla/protocol/messages/metadata';
import { ApiError } from '../network/api-error.ts';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { RequestContext } from '../network/request-context.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import {
  CLUSTER_OPERATIONS,
  OPERATIONS_NOT_ASKED,
  TOPIC_OPERATIONS,
} from './authorized-operations.ts';
import { ClusterView } from './cluster-view.ts';
import { isInternalTopic } from './internal-topics.ts';

const NO_LEADER = -1;
/** Most that a client waits for topics that it creates by asking; the pause of most clients is 100 ms and more. */
const AUTO_CREATION_WAIT_MS = 250;
/** From here on "all topics" is null and an empty list is none. */
const NULL_TOPICS_VERSION_MIN = 1;
/** From here on a leader without the listener is LISTENER_NOT_FOUND. */
const LISTENER_NOT_FOUND_VERSION_MIN = 6;
/** What the cluster's authorized operations may be asked in; later DescribeCluster tells them. */
const CLUSTER_OPERATIONS_VERSION_MAX = 10;
/** From here on topics may be asked for by id. */
const TOPIC_ID_VERSION_MIN = 12;

/** One request's question, for the functions below. */
interface Question {
  readonly services: BrokerServices;
  readonly view: ClusterView;
  readonly version: number;
  readonly request: MetadataRequest;
}

/** Answers from the newest image. */
export const createHandler: CreateApiHandler<BrokerServices, MetadataRequest, MetadataResponse> = (
  services,
) => ({
  request: metadataRequest,
  response: metadataResponse,
  handle: (context, request) => {
    const creating = createMissing(services, request);
    return creating === undefined
      ? describe(services, context, request)
      : creating.then(() => describe(services, context, request));
  },
  errorResponse: (request, _version, errorCode) =>
    metadataResponse.create({
      errorCode,
      topics: (request.topics ?? []).map(({ name, topicId }) =>
        createMetadataResponseTopic({ errorCode, name: name ?? '', topicId }),
      ),
    }),
});

function describe(
  services: BrokerServices,
  context: RequestContext,
  request: MetadataRequest,
): MetadataResponse {
  const version = context.apiVersion;
  const view = new ClusterView(services.image(), context.connection.listenerName);
  const topics = describeTopics({ services, view, version, request });
  const asksCluster =
    request.includeClusterAuthorizedOperations && version <= CLUSTER_OPERATIONS_VERSION_MAX;
  return metadataResponse.create({
    brokers: view
      .nodes()
      .filter(({ isFenced }) => !isFenced)
      .map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
    clusterId: services.clusterId,
    controllerId: view.controllerId(services.platform.random),
    topics,
    clusterAuthorizedOperations: asksCluster ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
  });
}

function describeTopics(question: Question): MetadataResponseTopic[] {
  const { request, version, view } = question;
  const asked = request.topics;
  if (asked === null || (asked.length === 0 && version < NULL_TOPICS_VERSION_MIN))
    return [...view.image.topics.byName.values()].map((topic) => describeTopic(question, topic));
  refuseMisfits(request, version);
  const ids = new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID));
  // One request asks by id or by name; where both are given, ids are what counts.
  if (ids.size > 0) return [...ids].map((id) => describeTopicById(question, id));
  return describeByNames(question, new Set(asked.map(({ name }) => name ?? '')));
}

function refuseMisfits(request: MetadataRequest, version: number): void {
  if (version >= TOPIC_ID_VERSION_MIN) {
    if (request.topics?.some(({ name, topicId }) => name === null && topicId === ZERO_UUID))
      throw new ApiError(ErrorCode.INVALID_REQUEST, 'a topic has neither a name nor an id');
    return;
  }
  for (const { name, topicId } of request.topics ?? []) {
    if (name === null)
      throw new ApiError(
        ErrorCode.INVALID_REQUEST,
        `Topic name can not be null for version ${version}`,
      );
    if (topicId !== ZERO_UUID)
      throw new ApiError(
        ErrorCode.INVALID_REQUEST,
        `Topic IDs are not supported in requests for version ${version}`,
      );
  }
}

function describeTopicById(question: Question, topicId: string): MetadataResponseTopic {
  const topic = topicById(question.view.image, topicId);
  if (topic !== undefined) return describeTopic(question, topic);
  return createMetadataResponseTopic({
    errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
    name: null,
    topicId,
    topicAuthorizedOperations: OPERATIONS_NOT_ASKED,
  });
}

function describeByNames(question: Question, names: ReadonlySet<string>): MetadataResponseTopic[] {
  const { view, request } = question;
  const found: MetadataResponseTopic[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const topic = topicByName(view.image, name);
    if (topic === undefined) missing.push(name);
    else found.push(describeTopic(question, topic));
  }
  const absent = missing.map((name) =>
    createMetadataResponseTopic({
      errorCode: missingTopicError(name),
      name,
      isInternal: isInternalTopic(name),
      topicAuthorizedOperations: topicOperations(request),
    }),
  );
  return [...found, ...absent];
}

/**
 * Has topics created that are asked for by name and are not there, and waits a little: a client that is answered with the
 * topic is spared the pause before it asks again. Kafka answers UNKNOWN_TOPIC_OR_PARTITION at once.
 */
function createMissing(
  services: BrokerServices,
  request: MetadataRequest,
): Promise<void> | undefined {
  const { config, autoCreation } = services;
  if (!request.allowAutoTopicCreation || !config.boolean('auto.create.topics.enable'))
    return undefined;
  const image = services.image();
  const missing = (request.topics ?? [])
    .filter(({ name, topicId }) => name !== null && topicId === ZERO_UUID)
    .map(({ name }) => name!) // just seen
    .filter((name) => topicByName(image, name) === undefined);
  if (missing.length === 0) return undefined;
  autoCreation.create(missing);
  return autoCreation.underWay(missing, AUTO_CREATION_WAIT_MS);
}

/** What a client is told of a name that no topic has. */
function missingTopicError(name: string): number {
  return invalidTopicName(name) === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.INVALID_TOPIC_EXCEPTION;
}

function describeTopic(question: Question, topic: TopicImage): MetadataResponseTopic {
  return createMetadataResponseTopic({
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index) =>
      describePartition(question, partition, index),
    ),
    topicAuthorizedOperations: topicOperations(question.request),
  });
}

function topicOperations(request: MetadataRequest): number {
  return request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED;
}

function describePartition(
  { view, version }: Question,
  partition: PartitionImage,
  partitionIndex: number,
): MetadataResponsePartition {
  // Clients of version 0 cannot bear the id of a broker that is not in the list of brokers.
  const listed = (ids: readonly number[]): number[] => (version === 0 ? view.alive(ids) : [...ids]);
  const replicaNodes = listed(partition.replicas);
  const isrNodes = listed(partition.isr);
  const leaderId = view.reachableLeader(partition) ?? NO_LEADER;
  let errorCode: number = ErrorCode.NONE;
  if (leaderId === NO_LEADER)
    errorCode =
      view.isRegistered(partition.leader) && version >= LISTENER_NOT_FOUND_VERSION_MIN
        ? ErrorCode.LISTENER_NOT_FOUND
        : ErrorCode.LEADER_NOT_AVAILABLE;
  else if (
    replicaNodes.length < partition.replicas.length ||
    isrNodes.length < partition.isr.length
  )
    errorCode = ErrorCode.REPLICA_NOT_AVAILABLE;
  return {
    errorCode,
    partitionIndex,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: view.offlineReplicas(partition),
  };
}
