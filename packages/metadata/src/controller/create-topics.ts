// CreateTopics. Kafka: ReplicationControlManager.createTopics and ControllerApis.createTopics.
import { ErrorCode, type Uuid, ZERO_UUID } from '@ottla/protocol';
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import { ConfigResourceType } from '../image/metadata-image.ts';
import { DirectoryId } from '../image/partition-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { alteredConfigRecords, type ConfigOperation } from './alter-config.ts';
import { ApiError, errorFieldsOf, NO_ERROR } from './api-error.ts';
import type { ControllerRandom } from './controller-options.ts';
import {
  type DecisionScope,
  metadataVersionOf,
  OperationBound,
  topicConfigLayers,
} from './decision-scope.ts';
import {
  activeReplicas,
  checkManualAssignment,
  newPartitionRecord,
  placedReplicas,
  refuseInactiveAssignment,
  refuseInactivePlacement,
} from './new-partitions.ts';
import type { ControllerResult } from './operations.ts';
import { inSlices, stepsOf } from './slices.ts';
import {
  CLUSTER_METADATA_TOPIC,
  hasCollisionCharacters,
  invalidTopicName,
  unifiedTopicName,
} from './topic-names.ts';

type CreatableTopic = CreateTopicsRequest['topics'][number];
type TopicResult = CreateTopicsResponse['topics'][number];

/** Partitions that one request may create; Kafka's limit, against running out of memory. */
export const NEW_PARTITIONS_MAX = 10_000;

/** Decides on a CreateTopics request; each topic succeeds or fails for itself, and all of it is in one batch. */
export function createTopics(
  scope: DecisionScope,
  request: CreateTopicsRequest,
): ControllerResult<CreateTopicsResponse> {
  const bound = new OperationBound();
  const tooMany = errorFieldsOf(() => checkTotalPartitions(scope, request));
  const duplicates = duplicateNames(request);
  const topics: TopicResult[] = [];
  const steps = stepsOf(
    request.topics.filter(({ name }) => !duplicates.has(name)),
    (now, topic) => {
      let created: CreatedTopic | undefined;
      const error =
        tooMany === NO_ERROR
          ? errorFieldsOf(() => (created = createTopic(now, topic, bound)))
          : tooMany;
      topics.push(created?.result ?? { ...emptyResult(topic.name), ...error });
      return created === undefined || request.validateOnly ? [] : created.records;
    },
  );
  return inSlices(scope, {
    steps,
    response: () => ({ throttleTimeMs: 0, topics: [...topics, ...duplicateResults(duplicates)] }),
  });
}

interface CreatedTopic {
  readonly result: TopicResult;
  readonly records: readonly MetadataRecord[];
}

function createTopic(
  scope: DecisionScope,
  topic: CreatableTopic,
  bound: OperationBound,
): CreatedTopic {
  checkName(scope, topic.name);
  const configs = creationConfigs(topic);
  const topicId = randomTopicId(scope.options.random);
  const configRecords = topicConfigRecords(scope, topic.name, configs);
  const assignments = replicasOf(scope, topic);
  const records = bound.take(scope, [
    metadataRecord('TopicRecord', { name: topic.name, topicId }, metadataVersionOf(scope)),
    ...configRecords,
    ...assignments.map((replicas, id) => newPartitionRecord(scope, topicId, id, replicas)),
  ]);
  const result = {
    ...emptyResult(topic.name),
    topicId,
    numPartitions: assignments.length,
    replicationFactor: assignments[0]?.length ?? -1,
    configs: effectiveConfigs(scope, topic.name, configs),
  };
  return { result, records };
}

function duplicateResults(names: ReadonlySet<string>): TopicResult[] {
  const errorCode = ErrorCode.INVALID_REQUEST;
  return [...names].map((name) => ({
    ...emptyResult(name),
    errorCode,
    errorMessage: 'Duplicate topic name.',
  }));
}

function checkTotalPartitions(scope: DecisionScope, request: CreateTopicsRequest): void {
  let total = 0;
  for (const { assignments, numPartitions } of request.topics) {
    if (assignments.length > 0) total += assignments.length;
    else if (numPartitions === -1) total += scope.options.defaultNumPartitions;
    else total += Math.max(numPartitions, 0);
  }
  if (total > NEW_PARTITIONS_MAX) {
    throw new ApiError(
      ErrorCode.POLICY_VIOLATION,
      'Excessively large number of partitions per request.',
    );
  }
}

function duplicateNames(request: CreateTopicsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const { name } of request.topics) (seen.has(name) ? duplicates : seen).add(name);
  return duplicates;
}

function checkName(scope: DecisionScope, name: string): void {
  if (name === CLUSTER_METADATA_TOPIC) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`,
    );
  }
  if (scope.image.topics.byName.has(name)) {
    throw new ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const invalid = invalidTopicName(name);
  if (invalid !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid);
  if (!hasCollisionCharacters(name)) return;
  const colliding = scope.state.collidingTopics.get(unifiedTopicName(name))?.[0];
  if (colliding !== undefined) {
    throw new ApiError(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic '${name}' collides with existing topic: ${colliding}`,
    );
  }
}

function creationConfigs(topic: CreatableTopic): ReadonlyMap<string, string> {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) {
    throw new ApiError(
      ErrorCode.INVALID_CONFIG,
      `Null value not supported for topic configs: ${nulls.join(',')}`,
    );
  }
  return new Map(topic.configs.map(({ name, value }) => [name, value ?? '']));
}

function topicConfigRecords(
  scope: DecisionScope,
  name: string,
  configs: ReadonlyMap<string, string>,
): readonly MetadataRecord[] {
  if (configs.size === 0) return [];
  const operations = new Map<string, ConfigOperation>();
  for (const [key, value] of configs) operations.set(key, { type: 'SET', value });
  const resource = { type: ConfigResourceType.TOPIC, name };
  return alteredConfigRecords(scope, resource, operations, { isNewResource: true });
}

/** Replicas by partition. */
function replicasOf(scope: DecisionScope, topic: CreatableTopic): readonly number[][] {
  const { replicationFactor, numPartitions } = topic;
  if (topic.assignments.length > 0) return manualReplicas(scope, topic);
  if (replicationFactor < -1 || replicationFactor === 0) {
    throw new ApiError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    );
  }
  if (numPartitions < -1 || numPartitions === 0) {
    throw new ApiError(
      ErrorCode.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    );
  }
  const { options } = scope;
  const factor =
    replicationFactor === -1
      ? options.defaultReplicationFactor(scope.image.cluster.brokers.size)
      : replicationFactor;
  return automaticReplicas(
    scope,
    numPartitions === -1 ? options.defaultNumPartitions : numPartitions,
    factor,
  );
}

function automaticReplicas(
  scope: DecisionScope,
  partitionCount: number,
  replicationFactor: number,
): number[][] {
  try {
    const placed = placedReplicas(scope, partitionCount, replicationFactor);
    for (const replicas of placed) {
      if (activeReplicas(scope, replicas).length === 0) refuseInactivePlacement(replicationFactor);
    }
    return placed;
  } catch (error) {
    const prefix = `Unable to replicate the partition ${replicationFactor} time(s): `;
    if (!(error instanceof ApiError) || error.message.startsWith(prefix)) throw error;
    throw new ApiError(error.errorCode, prefix + error.message);
  }
}

function manualReplicas(scope: DecisionScope, topic: CreatableTopic): number[][] {
  checkNothingBesidesAssignment(topic);
  const byPartition = new Map<number, number[]>();
  let replicationFactor: number | undefined;
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byPartition.has(partitionIndex)) {
      refuseAssignment(
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      );
    }
    checkManualAssignment(scope, brokerIds, replicationFactor);
    replicationFactor = brokerIds.length;
    if (activeReplicas(scope, brokerIds).length === 0) refuseInactiveAssignment(partitionIndex);
    byPartition.set(partitionIndex, [...brokerIds]);
  }
  return Array.from({ length: byPartition.size }, (_, partitionId) => {
    const replicas = byPartition.get(partitionId);
    if (replicas === undefined) {
      refuseAssignment('partitions should be a consecutive 0-based integer sequence');
    }
    return replicas;
  });
}

function checkNothingBesidesAssignment(topic: CreatableTopic): void {
  if (topic.replicationFactor !== -1) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    );
  }
  if (topic.numPartitions !== -1) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    );
  }
}

function effectiveConfigs(
  scope: DecisionScope,
  topicName: string,
  configs: ReadonlyMap<string, string>,
): TopicResult['configs'] {
  const layers = topicConfigLayers(scope, topicName, configs);
  return scope.options.configs.effectiveTopicConfigs(layers).map((config) => ({
    name: config.name,
    value: config.isSensitive ? null : config.value,
    readOnly: config.readOnly,
    configSource: config.configSource,
    isSensitive: config.isSensitive,
  }));
}

function emptyResult(name: string): TopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

/** A version 4 UUID that has no meaning of its own and, as Kafka's, does not look like an option (`-…`). */
function randomTopicId(random: ControllerRandom): Uuid {
  for (;;) {
    const bytes = Buffer.from(random.bytes(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const id = bytes.toString('base64url');
    if (!id.startsWith('-') && id !== DirectoryId.UNASSIGNED) return id;
  }
}

function refuseAssignment(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}
