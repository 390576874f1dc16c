// Metadata: which topics there are, who leads their partitions, how the brokers are reached. The request that clients
// start with and come back to, and the one that creates topics by asking for them. Kafka:
// KafkaApis.handleTopicMetadataRequest, KRaftMetadataCache.getTopicMetadata.

import { invalidTopicName, topicById, topicByName } from '@ottla/metadata';
import type { PartitionImage, TopicImage } from '@ottla/metadata';
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { createMetadataResponseTopic, metadataRequest } from '@ottla/protocol/messages/metadata';
import type {
  MetadataRequest,
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
import { encodeTopics, type MetadataAnswer, metadataAnswer } from './metadata-answer.ts';
import { CHUNK_PARTITIONS, type EncodeChunk, TopicChunks } from './topic-chunks.ts';

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
  readonly view: ClusterView;
  readonly version: number;
  readonly request: MetadataRequest;
}

/** Topics of an answer; many come encoded. */
type Topics = Pick<MetadataAnswer, 'topics' | 'encodedTopics'>;

/** Answers from the newest image. */
export const createHandler: CreateApiHandler<BrokerServices, MetadataRequest, MetadataAnswer> = (
  services,
) => {
  const chunks = new TopicChunks(services.platform.timers);
  const answer = async (
    context: RequestContext,
    request: MetadataRequest,
  ): Promise<MetadataAnswer> => {
    await createMissing(services, request);
    const { listenerName } = context.connection;
    const view = new ClusterView(services.image(), listenerName);
    const question = { view, version: context.apiVersion, request };
    return describe(services, question, await describeTopics(question, listenerName, chunks));
  };
  return {
    request: metadataRequest,
    response: metadataAnswer,
    handle: answer,
    errorResponse: (request, _version, errorCode) =>
      metadataAnswer.create({
        errorCode,
        topics: (request.topics ?? []).map(({ name, topicId }) =>
          createMetadataResponseTopic({ errorCode, name: name ?? '', topicId }),
        ),
      }),
  };
};

function describe(
  services: BrokerServices,
  { view, version, request }: Question,
  topics: Topics,
): MetadataAnswer {
  const asksCluster =
    request.includeClusterAuthorizedOperations && version <= CLUSTER_OPERATIONS_VERSION_MAX;
  return {
    ...metadataAnswer.create({
      brokers: view
        .nodes()
        .filter(({ isFenced }) => !isFenced)
        .map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
      clusterId: services.clusterId,
      controllerId: view.controllerId(services.platform.random),
      clusterAuthorizedOperations: asksCluster ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
    }),
    ...topics,
  };
}

async function describeTopics(
  question: Question,
  listenerName: string,
  chunks: TopicChunks,
): Promise<Topics> {
  const { request, version, view } = question;
  const asked = request.topics;
  const encode: EncodeChunk = (topics) =>
    encodeTopics(
      topics.map((topic) => describeTopic(question, topic)),
      version,
    );
  if (asked === null || (asked.length === 0 && version < NULL_TOPICS_VERSION_MIN)) {
    const kind = `${version} ${topicOperations(request)} ${listenerName}`;
    return { topics: [], encodedTopics: await chunks.all(kind, view.image, encode) };
  }
  refuseMisfits(request, version);
  const { found, missing } = findTopics(question);
  const partitions = found.reduce((count, topic) => count + topic.partitions.length, 0);
  if (partitions <= CHUNK_PARTITIONS)
    return { topics: [...found.map((topic) => describeTopic(question, topic)), ...missing] };
  const encoded = await chunks.these(found, encode);
  return {
    topics: [],
    encodedTopics: {
      count: encoded.count + missing.length,
      chunks: [...encoded.chunks, encodeTopics(missing, version)],
    },
  };
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

/** Topics that were asked for, and the answers for those that are not there. */
function findTopics({ view, request }: Question): {
  readonly found: readonly TopicImage[];
  readonly missing: readonly MetadataResponseTopic[];
} {
  const asked = request.topics ?? [];
  const ids = new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID));
  // One request asks by id or by name; where both are given, ids are what counts.
  const [keys, topicOf, missingTopic] =
    ids.size > 0
      ? ([ids, topicById, missingId] as const)
      : ([new Set(asked.map(({ name }) => name ?? '')), topicByName, missingName] as const);
  const found: TopicImage[] = [];
  const missing: MetadataResponseTopic[] = [];
  for (const key of keys) {
    const topic = topicOf(view.image, key);
    if (topic === undefined) missing.push(missingTopic(key, request));
    else found.push(topic);
  }
  return { found, missing };
}

function missingId(topicId: string): MetadataResponseTopic {
  return createMetadataResponseTopic({
    errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
    name: null,
    topicId,
    topicAuthorizedOperations: OPERATIONS_NOT_ASKED,
  });
}

function missingName(name: string, request: MetadataRequest): MetadataResponseTopic {
  return createMetadataResponseTopic({
    errorCode: missingTopicError(name),
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: topicOperations(request),
  });
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
