// PartitionImage: what the cluster agrees on about one partition. Made from a PartitionRecord, moved
// on by PartitionChangeRecords. Kafka: org.apache.kafka.metadata.PartitionRegistration.
import type { Uuid } from '@ottla/protocol';
import type { PartitionChangeRecord } from '@ottla/protocol/messages/partition-change-record';
import type { PartitionRecord } from '@ottla/protocol/messages/partition-record';
import { inconsistent } from '../errors.ts';
import { metadataGates } from '../feature-levels.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';

/** Leader id of a partition that has no leader. */
export const NO_LEADER = -1;

/** Value of PartitionChangeRecord.leader that leaves leader and leader epoch as they are. */
export const NO_LEADER_CHANGE = -2;

/** Whether the leader still has to recover from an unclean election (KIP-704). */
export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1, NO_CHANGE: -1 } as const;

/** Ids of log directories with a meaning of their own (KIP-858). */
export const DirectoryId = {
  /** The broker has not said yet in which directory the replica lives. */
  UNASSIGNED: 'AAAAAAAAAAAAAAAAAAAAAA',
  /** The replica's directory is offline. */
  LOST: 'AAAAAAAAAAAAAAAAAAAAAQ',
  /** The record is from before directories were tracked. */
  MIGRATING: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const;

/** One partition, immutable. Arrays of broker ids are in the order of the records. */
export interface PartitionImage {
  /** Assigned brokers; the first is the preferred leader. */
  readonly replicas: readonly number[];
  /** Log directory of each replica, as long as `replicas`. */
  readonly directories: readonly Uuid[];
  /** In-sync replicas, a subset of `replicas`. */
  readonly isr: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly addingReplicas: readonly number[];
  /** Broker id, or NO_LEADER. */
  readonly leader: number;
  /** LeaderRecoveryState.RECOVERED or RECOVERING. */
  readonly leaderRecoveryState: number;
  /** Grows with every election. */
  readonly leaderEpoch: number;
  /** Grows with every change of anything here. */
  readonly partitionEpoch: number;
  /** Eligible leader replicas (KIP-966); empty while that feature is at 0. */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
}

/** The partition that a PartitionRecord describes. */
export function partitionFromRecord(record: PartitionRecord): PartitionImage {
  return {
    replicas: record.replicas,
    directories: directoriesFor(record.directories, record.replicas.length),
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
  };
}

/** `partition` after `change`: fields that are null, or at their "no change" value, stay. */
export function changePartition(
  partition: PartitionImage,
  change: PartitionChangeRecord,
): PartitionImage {
  const replicas = change.replicas ?? partition.replicas;
  const leaderChanges = change.leader !== NO_LEADER_CHANGE;
  const recoveryChanges = change.leaderRecoveryState !== LeaderRecoveryState.NO_CHANGE;
  return {
    replicas,
    directories: directoriesFor(change.directories ?? partition.directories, replicas.length),
    isr: change.isr ?? partition.isr,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    leader: leaderChanges ? change.leader : partition.leader,
    leaderRecoveryState: recoveryChanges
      ? change.leaderRecoveryState
      : partition.leaderRecoveryState,
    leaderEpoch: leaderChanges ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch + 1,
    elr: change.eligibleLeaderReplicas ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
  };
}

/** `partition` without eligible leader replicas (ClearElrRecord); itself when it has none. */
export function clearElr(partition: PartitionImage): PartitionImage {
  if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) return partition;
  return { ...partition, partitionEpoch: partition.partitionEpoch + 1, elr: [], lastKnownElr: [] };
}

/** The record from which `partition` can be made again, in the form that `metadataVersion` allows. */
export function partitionToRecord(
  topicId: Uuid,
  partitionId: number,
  partition: PartitionImage,
  metadataVersion: number,
): MetadataRecord {
  const gates = metadataGates(metadataVersion);
  const hasElr = gates.isElrSupported;
  return metadataRecord(
    'PartitionRecord',
    {
      partitionId,
      topicId,
      replicas: [...partition.replicas],
      isr: [...partition.isr],
      removingReplicas: [...partition.removingReplicas],
      addingReplicas: [...partition.addingReplicas],
      leader: partition.leader,
      leaderRecoveryState: partition.leaderRecoveryState,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      directories: gates.isDirectoryAssignmentSupported ? [...partition.directories] : [],
      eligibleLeaderReplicas: hasElr && partition.elr.length > 0 ? [...partition.elr] : null,
      lastKnownElr:
        hasElr && partition.lastKnownElr.length > 0 ? [...partition.lastKnownElr] : null,
    },
    metadataVersion,
  );
}

/** The log directory of `brokerId`'s replica, or undefined when it has none. */
export function replicaDirectory(partition: PartitionImage, brokerId: number): Uuid | undefined {
  return partition.directories[partition.replicas.indexOf(brokerId)];
}

/** Where no directory was ever recorded there is one that says so for each replica, however many there come to be. */
function directoriesFor(directories: readonly Uuid[], replicaCount: number): readonly Uuid[] {
  if (directories.length === replicaCount) return directories;
  if (directories.every((directory) => directory === DirectoryId.MIGRATING)) {
    return Array.from({ length: replicaCount }, () => DirectoryId.MIGRATING);
  }
  inconsistent(`${directories.length} directories for ${replicaCount} replicas of a partition`);
}
