// Partitions that do not exist yet: placed by the controller or by the user, for CreateTopics and
// CreatePartitions.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import { type BrokerRegistration, machineOf } from '../image/cluster-image.ts';
import {
  LeaderRecoveryState,
  NO_LEADER,
  type PartitionImage,
  partitionToRecord,
} from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError } from './api-error.ts';
import {
  type DecisionScope,
  defaultDirectory,
  isActive,
  metadataVersionOf,
} from './decision-scope.ts';
import { placeReplicas, type UsableBroker } from './replica-placer.ts';

/**
 * Replicas chosen by the controller.
 *
 * @throws ApiError INVALID_REPLICATION_FACTOR
 */
export function placedReplicas(
  scope: DecisionScope,
  partitionCount: number,
  replicationFactor: number,
): number[][] {
  return placeReplicas(
    usableBrokers(scope),
    partitionCount,
    replicationFactor,
    scope.options.random,
  );
}

/**
 * Checks one partition's replicas that a user chose.
 *
 * @param replicationFactor of the partitions before it, undefined for the first
 * @throws ApiError INVALID_REPLICA_ASSIGNMENT
 */
export function checkManualAssignment(
  scope: DecisionScope,
  brokerIds: readonly number[],
  replicationFactor: number | undefined,
): void {
  if (brokerIds.length === 0) {
    refuseAssignment('The manual partition assignment includes an empty replica list.');
  }
  const sorted = brokerIds.toSorted((a, b) => a - b);
  for (const [index, brokerId] of sorted.entries()) {
    if (!scope.image.cluster.brokers.has(brokerId)) {
      refuseAssignment(
        `The manual partition assignment includes broker ${brokerId}, but no such broker is registered.`,
      );
    }
    if (index > 0 && sorted[index - 1] === brokerId) {
      refuseAssignment(
        `The manual partition assignment includes the broker ${brokerId} more than once.`,
      );
    }
  }
  if (replicationFactor !== undefined && brokerIds.length !== replicationFactor) {
    refuseAssignment(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), but this ` +
        `is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    );
  }
}

/** Those of the replicas that are in sync from the start. */
export function activeReplicas(scope: DecisionScope, replicas: readonly number[]): number[] {
  return replicas.filter((id) => isActive(scope, id));
}

/** Raises the error for a partition that the user placed on brokers none of which is active. */
export function refuseInactiveAssignment(partitionId: number): never {
  refuseAssignment(
    'All brokers specified in the manual partition assignment for ' +
      `partition ${partitionId} are fenced or in controlled shutdown.`,
  );
}

/** Raises the error for a partition that the controller could place on inactive brokers only. */
export function refuseInactivePlacement(replicationFactor: number): never {
  throw new ApiError(
    ErrorCode.INVALID_REPLICATION_FACTOR,
    `Unable to replicate the partition ${replicationFactor} time(s): ` +
      'All brokers are currently fenced or in controlled shutdown.',
  );
}

/** The record of a new partition. */
export function newPartitionRecord(
  scope: DecisionScope,
  topicId: Uuid,
  partitionId: number,
  replicas: readonly number[],
): MetadataRecord {
  const isr = activeReplicas(scope, replicas);
  const partition: PartitionImage = {
    replicas,
    directories: replicas.map((id) => defaultDirectory(scope, id)),
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader: isr[0] ?? NO_LEADER,
    leaderRecoveryState: LeaderRecoveryState.RECOVERED,
    leaderEpoch: 0,
    partitionEpoch: 0,
    elr: [],
    lastKnownElr: [],
  };
  return partitionToRecord(topicId, partitionId, partition, metadataVersionOf(scope));
}

/**
 * Brokers that take new replicas: not shutting down, and with a log directory that takes some. One that is being taken out
 * of its partitions is as good as fenced: it would not be in sync, and may be nobody's only replica.
 */
export function usableBrokers({ image, sessions }: DecisionScope): UsableBroker[] {
  return [...image.cluster.brokers.values()].filter(isUsable).map((broker) => ({
    brokerId: broker.brokerId,
    rack: broker.rack,
    host: machineOf(broker),
    fenced: broker.fenced || sessions.isDeparting(broker.brokerId),
  }));
}

function isUsable(broker: BrokerRegistration): boolean {
  if (broker.inControlledShutdown && !broker.fenced) return false;
  const { logDirs, cordonedLogDirs } = broker;
  if (logDirs.length === 0 || cordonedLogDirs === null) return true;
  return logDirs.some((directory) => !cordonedLogDirs.includes(directory));
}

function refuseAssignment(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
}
