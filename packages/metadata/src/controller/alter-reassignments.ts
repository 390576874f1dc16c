// AlterPartitionReassignments: replicas move to other brokers, or stop doing so. The leader completes the move by
// AlterPartition, when the new replicas are in sync.
// Kafka: ReplicationControlManager.alterPartitionReassignments; KIP-455, KIP-860.
import { ErrorCode } from '@ottla/protocol';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, isUncleanElectionEnabled } from './decision-scope.ts';
import { checkManualAssignment } from './new-partitions.ts';
import type { ControllerResult } from './operations.ts';
import { decidePartition } from './partition-decision.ts';
import type { PartitionWishes } from './partition-change.ts';
import {
  isReassigning,
  reassignmentTo,
  replicationFactorAfter,
  revertedReassignment,
} from './reassignment.ts';
import { type FoundPartition, inSlices, type Steps } from './slices.ts';

type TopicResult = AlterPartitionReassignmentsResponse['responses'][number];

/** Decides on an AlterPartitionReassignments request; each partition succeeds or fails for itself. */
export function alterPartitionReassignments(
  scope: DecisionScope,
  request: AlterPartitionReassignmentsRequest,
): ControllerResult<AlterPartitionReassignmentsResponse> {
  const { allowReplicationFactorChange } = request;
  const responses: TopicResult[] = [];
  const response = {
    throttleTimeMs: 0,
    allowReplicationFactorChange,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    responses,
  };
  return inSlices(scope, { steps: alterations(request, responses), response: () => response });
}

/** One step a partition, each of which adds its result. */
function* alterations(
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
  responses: TopicResult[],
): Steps {
  for (const { name, partitions } of topics) {
    const results: TopicResult['partitions'] = [];
    responses.push({ name, partitions: results });
    for (const { partitionIndex, replicas } of partitions) {
      yield (scope) => {
        const records: MetadataRecord[] = [];
        const error = errorFieldsOf(() => {
          const found = findPartition(scope, name, partitionIndex);
          const wishes =
            replicas === null
              ? cancelled(scope, found)
              : moved(scope, found, replicas, allowReplicationFactorChange);
          const record = decidePartition(scope, found, wishes);
          if (record !== undefined) records.push(record);
        });
        results.push({ partitionIndex, ...error });
        return records;
      };
    }
  }
}

function findPartition(
  scope: DecisionScope,
  topicName: string,
  partitionId: number,
): FoundPartition {
  const topic = scope.image.topics.byName.get(topicName);
  if (topic === undefined) refuseUnknown(`Unable to find a topic named ${topicName}.`);
  const partition = topic.partitions[partitionId];
  if (partition === undefined)
    refuseUnknown(`Unable to find partition ${topicName}:${partitionId}.`);
  return { topic, partitionId, partition };
}

/**
 * A move to other replicas. It also replaces one that is under way, whatever that was adding and removing. (Kafka
 * keeps the old one's lists where the new one adds or removes nothing, and then may never be through.)
 */
function moved(
  scope: DecisionScope,
  { partition }: FoundPartition,
  replicas: readonly number[],
  allowReplicationFactorChange: boolean,
): PartitionWishes {
  checkManualAssignment(scope, replicas, undefined);
  const factor = replicationFactorAfter(partition);
  if (!allowReplicationFactorChange && factor !== replicas.length) {
    throw new ApiError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `The replication factor is changed from ${factor} to ${replicas.length}`,
    );
  }
  return { election: 'online', ...reassignmentTo(partition, replicas) };
}

function cancelled(
  scope: DecisionScope,
  { topic, partitionId, partition }: FoundPartition,
): PartitionWishes {
  if (!isReassigning(partition)) {
    throw new ApiError(
      ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
      'No partition reassignment is in progress.',
    );
  }
  const reverted = revertedReassignment(partition);
  if (reverted === undefined) {
    refuseAssignment('Invalid replica assignment: addingReplicas contains all replicas.');
  }
  if (reverted.isUnclean && !isUncleanElectionEnabled(scope, topic.name)) {
    refuseAssignment(
      `Unable to revert partition assignment for ${topic.name}:${partitionId} because ` +
        'it would require an unclean leader election.',
    );
  }
  const { replicas, isr } = reverted;
  return { replicas, isr, removingReplicas: [], addingReplicas: [] };
}

function refuseAssignment(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}

function refuseUnknown(message: string): never {
  throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
}
