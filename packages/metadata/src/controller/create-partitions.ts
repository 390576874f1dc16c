// CreatePartitions. Kafka: ReplicationControlManager.createPartitions and ControllerApis.
import { ErrorCode } from '@ottla/protocol';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import type { TopicImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, OperationBound } from './decision-scope.ts';
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

type TopicToGrow = CreatePartitionsRequest['topics'][number];

/** Decides on a CreatePartitions request; each topic succeeds or fails for itself, and all of it is in one batch. */
export function createPartitions(
  scope: DecisionScope,
  request: CreatePartitionsRequest,
): ControllerResult<CreatePartitionsResponse> {
  const bound = new OperationBound();
  const duplicates = duplicateNames(request);
  const results: CreatePartitionsResponse['results'] = [];
  for (const name of duplicates) {
    const errorCode = ErrorCode.INVALID_REQUEST;
    results.push({ name, errorCode, errorMessage: 'Duplicate topic name.' });
  }
  const steps = stepsOf(
    request.topics.filter(({ name }) => !duplicates.has(name)),
    (now, topic) => {
      let records: readonly MetadataRecord[] = [];
      const error = errorFieldsOf(() => (records = bound.take(now, growthRecords(now, topic))));
      results.push({ name: topic.name, ...error });
      return request.validateOnly ? [] : records;
    },
  );
  return inSlices(scope, { steps, response: () => ({ throttleTimeMs: 0, results }) });
}

function growthRecords(scope: DecisionScope, wanted: TopicToGrow): MetadataRecord[] {
  const topic = scope.image.topics.byName.get(wanted.name);
  if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const additional = additionalPartitions(wanted, topic);
  const replicas =
    wanted.assignments === null
      ? automaticReplicas(scope, topic, additional)
      : manualReplicas(scope, topic, wanted.assignments, additional);
  const first = topic.partitions.length;
  return replicas.map((ids, index) => newPartitionRecord(scope, topic.id, first + index, ids));
}

function additionalPartitions({ count, name }: TopicToGrow, topic: TopicImage): number {
  const current = topic.partitions.length;
  if (count === current) {
    throw new ApiError(ErrorCode.INVALID_PARTITIONS, `Topic already has ${current} partition(s).`);
  }
  if (count < current) {
    throw new ApiError(
      ErrorCode.INVALID_PARTITIONS,
      `The topic ${name} currently has ${current} partition(s); ${count} would not be an increase.`,
    );
  }
  return count - current;
}

function automaticReplicas(
  scope: DecisionScope,
  topic: TopicImage,
  additional: number,
): readonly number[][] {
  const factor = replicationFactorOf(topic);
  if (additional > scope.options.recordsPerOperationMax) {
    throw new ApiError(
      ErrorCode.POLICY_VIOLATION,
      'Unable to perform excessively large batch operation.',
    );
  }
  const placed = placedReplicas(scope, additional, factor);
  for (const replicas of placed) {
    if (activeReplicas(scope, replicas).length === 0) refuseInactivePlacement(factor);
  }
  return placed;
}

function manualReplicas(
  scope: DecisionScope,
  topic: TopicImage,
  assignments: NonNullable<TopicToGrow['assignments']>,
  additional: number,
): readonly number[][] {
  if (assignments.length !== additional) {
    throw new ApiError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} ` +
        'assignment(s) were specified.',
    );
  }
  return assignments.map(({ brokerIds }, index) => {
    checkManualAssignment(scope, brokerIds, replicationFactorOf(topic));
    if (activeReplicas(scope, brokerIds).length === 0) {
      refuseInactiveAssignment(topic.partitions.length + index);
    }
    return [...brokerIds];
  });
}

function replicationFactorOf(topic: TopicImage): number {
  return topic.partitions[0]?.replicas.length ?? 1;
}

function duplicateNames(request: CreatePartitionsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const { name } of request.topics) (seen.has(name) ? duplicates : seen).add(name);
  return duplicates;
}
